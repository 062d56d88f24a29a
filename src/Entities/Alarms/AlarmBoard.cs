using Serilog;

namespace Runner.Entities.Alarms;

/// <summary>How far the alarm workers of this node see, and what the machine's clock did. Thread-safe.</summary>
public sealed class AlarmBoard(TimeProvider time, ILogger log)
{
    /// <summary>What the wall clock and the monotonic one may differ by without a word: more than a clock that is being slewed does.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, DateTimeOffset?> _readUntil = [];
    private readonly TaskCompletionSource _allRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (DateTimeOffset Wall, TimeSpan Elapsed)? _latest;
    private (TimeSpan By, TimeSpan At)? _step;

    /// <summary>Every wake-up of this node's slices due up to here is in memory; null while some slice has not been read.</summary>
    public DateTimeOffset? Until
    {
        get
        {
            lock (_lock)
            {
                return _readUntil.Count == 0 || _readUntil.ContainsValue(null) ? null : _readUntil.Values.Min();
            }
        }
    }

    /// <summary>Completes when every slice has been read here once: on a node alone, when it acts on all that is due.</summary>
    public Task AllRead => _allRead.Task;

    /// <summary>How much longer than now wake-ups have not been read; null while it is not known.</summary>
    public TimeSpan? Behind => Until is { } until ? time.GetUtcNow() - until : null;

    /// <summary>The last step of the wall clock that was noticed; null for none since the start.</summary>
    public ClockStep? LastStep
    {
        get
        {
            lock (_lock)
            {
                return _step is var (by, at) ? new ClockStep(by, time.GetElapsedTime(0) - at) : null;
            }
        }
    }

    /// <summary>This node looks after the slice from now on, and has not read it yet.</summary>
    internal void Took(int slice)
    {
        lock (_lock)
        {
            _readUntil[slice] = null;
        }
    }

    internal void ReadUntil(int slice, DateTimeOffset until)
    {
        lock (_lock)
        {
            _readUntil[slice] = until;
            if (_readUntil.Count < EntitySlices.Count || _readUntil.ContainsValue(null))
            {
                return;
            }
        }

        _allRead.TrySetResult();
    }

    /// <summary>Another node looks after the slice from now on.</summary>
    internal void Left(int slice)
    {
        lock (_lock)
        {
            _readUntil.Remove(slice);
        }
    }

    /// <summary>Says once of each step of the wall clock how far it was.</summary>
    internal void Notice()
    {
        TimeSpan by;
        lock (_lock)
        {
            // Read in here: of two workers one may have read the time before the other and come after it.
            var (now, elapsed) = (time.GetUtcNow(), time.GetElapsedTime(0));
            by = _latest is var (wall, at) ? now - wall - (elapsed - at) : TimeSpan.Zero;
            _latest = (now, elapsed);
            if (by.Duration() < SmallestStep)
            {
                return;
            }

            _step = (by, elapsed);
        }

        log.Warning(
            "The machine's clock went {Direction:l} by {By}: schedules go by the new time, timeouts and delays by none",
            by < TimeSpan.Zero ? "back" : "forward", by.Duration());
    }
}

/// <summary>The wall clock went another way than the monotonic one: somebody set it, or the machine slept.</summary>
/// <param name="By">How far; negative for a step back.</param>
/// <param name="Ago">How long since, by the monotonic clock.</param>
public sealed record ClockStep(TimeSpan By, TimeSpan Ago);
