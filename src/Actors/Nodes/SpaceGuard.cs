using System.Globalization;
using Runner.Messages;
using Runner.Messages.Nodes;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>How much of the disk a node leaves free.</summary>
/// <param name="Folder">What is on that disk; for messages.</param>
/// <param name="Least">In bytes, from 1.</param>
/// <param name="Available">How many bytes there are for this user; null if that cannot be known now. Called every two seconds.</param>
public sealed record FreeSpaceRule(string Folder, long Least, Func<long?> Available);

/// <summary>
/// Looks at the disk now and then. With less room than the rule wants no program is started and nothing new is taken, so that what is
/// under way can be written to its end; with an eighth more than that again, everything goes on. Thread-safe.
/// </summary>
internal sealed class SpaceGuard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly FreeSpaceRule? _rule;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private Action<bool>? _changed;
    private ITimer? _timer;
    private long _available;
    private bool _ended;
    private volatile bool _low;

    /// <param name="rule">Null for none.</param>
    public SpaceGuard(TimeProvider time, FreeSpaceRule? rule, ILogger log)
    {
        (_time, _rule, _log) = (time, rule, log);
        Look();
    }

    /// <summary>What new work is refused with; null while there is room.</summary>
    public DiskLow? Refusal => _low ? new DiskLow(Sentence) : null;

    public bool IsLow => _low;

    private string Sentence =>
        $"{Mebibytes(Volatile.Read(ref _available))} are free on the disk of {_rule!.Folder}, "
        + $"and the node keeps {Mebibytes(_rule.Least)} (min-free-space): it starts no program and takes nothing new. "
        + "Programs that run go on, what is due waits. Make room; it goes on by itself.";

    /// <summary>Looks from now on.</summary>
    /// <param name="changed">Told whether there is too little room whenever that changes.</param>
    public void Begin(Action<bool> changed)
    {
        _changed = changed;
        if (_rule is not null)
        {
            Again();
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _timer?.Dispose();
        }
    }

    /// <summary>Looks now.</summary>
    /// <returns>Null if there is no rule.</returns>
    public HealthCheck? Check()
    {
        Look();
        return _rule is null ? null
            : _low ? new HealthCheck("disk", false, Sentence)
            : new HealthCheck("disk", true, $"{Mebibytes(Volatile.Read(ref _available))} are free for the data folder.");
    }

    private void Again()
    {
        lock (_gate)
        {
            _timer = _ended ? null : _time.CreateTimer(_ => Look(), null, Interval, Interval);
        }
    }

    private void Look()
    {
        if (_rule?.Available() is not { } available)
        {
            // Nothing is known; what was known last goes on.
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref _available, available);
            var low = available < (_low ? _rule.Least + (_rule.Least / 8) : _rule.Least);
            if (low == _low)
            {
                return;
            }

            _low = low;
            if (low)
            {
                _log.Warning("The disk is nearly full: {Detail}", Sentence);
            }
            else
            {
                _log.Warning("There is room on the disk again: programs are started and new work is taken");
            }

            _changed?.Invoke(low);
        }
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024:0.#} MiB");
}
