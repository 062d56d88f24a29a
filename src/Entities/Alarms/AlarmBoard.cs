using Akka.Actor;
using Serilog;
using Serilog.Events;

namespace Runner.Entities.Alarms;

/// <summary>
/// How far the alarm workers of this node see, and what the machine's clock did: looks at it now and then, once for all workers, and tells
/// them of a step. Thread-safe.
/// </summary>
public sealed class AlarmBoard(TimeProvider time, ILogger log)
{
    /// <summary>So soon a step of the wall clock is noticed.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Workers are told of smaller steps, too: more than a clock that is being slewed does meanwhile.</summary>
    private static readonly TimeSpan AnyStep = TimeSpan.FromMilliseconds(50);

    /// <summary>What the wall clock and the monotonic one may differ by without a word.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, DateTimeOffset?> _readUntil = [];
    private readonly IActorRef?[] _workers = new IActorRef?[EntitySlices.Count];
    private ITimer? _timer;
    private int _unreadable;
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

    /// <summary>The worker of a slice, if it is on this node.</summary>
    public IActorRef? Worker(int slice) => Volatile.Read(ref _workers[slice]);

    /// <summary>
    /// Says that wake-ups cannot be read, for all workers of this node once until one of them has read some again: the store is one for all of them.
    /// </summary>
    internal void CannotBeRead(string reason) => log.Write(
        Interlocked.Exchange(ref _unreadable, 1) == 0 ? LogEventLevel.Warning : LogEventLevel.Debug,
        "Wake-ups cannot be read; trying again: {Reason}",
        reason);

    internal void ReadUntil(int slice, DateTimeOffset until)
    {
        Volatile.Write(ref _unreadable, 0);
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

    /// <summary>A worker of this node looks after the slice from now on, and has not read it yet.</summary>
    internal void Came(int slice, IActorRef worker)
    {
        lock (_lock)
        {
            _workers[slice] = worker;
            _readUntil[slice] = null;
            _latest ??= (time.GetUtcNow(), time.GetElapsedTime(0));
            _timer ??= time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
        }
    }

    /// <summary>Another worker looks after the slice from now on, perhaps another node's.</summary>
    internal void Left(int slice, IActorRef worker)
    {
        lock (_lock)
        {
            if (worker.Equals(_workers[slice]))
            {
                _workers[slice] = null;
                _readUntil.Remove(slice);
            }

            if (_readUntil.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
                _latest = null;
            }
        }
    }

    /// <summary>Another node is gone, and with it what was in its memory: the workers of this one wake all that has to be in memory.</summary>
    public void NodeIsGone()
    {
        lock (_lock)
        {
            foreach (var worker in _workers.OfType<IActorRef>())
            {
                worker.Tell(NodeGone.Instance, ActorRefs.NoSender);
            }
        }
    }

    /// <summary>Tells the workers of each step of the wall clock, and the log of those that people notice.</summary>
    private void Look()
    {
        TimeSpan by;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var elapsed = time.GetElapsedTime(0);
            by = _latest is var (wall, at) ? now - wall - (elapsed - at) : TimeSpan.Zero;
            _latest = (now, elapsed);
            if (by.Duration() < AnyStep)
            {
                return;
            }

            foreach (var worker in _workers.OfType<IActorRef>())
            {
                worker.Tell(ClockStepped.Instance, ActorRefs.NoSender);
            }

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

/// <summary>To an alarm worker: entities have left memory without a word, with their node.</summary>
internal sealed record NodeGone : INoSerializationVerificationNeeded
{
    public static readonly NodeGone Instance = new();
}

/// <summary>To an alarm worker: waits that were reckoned by the wall clock are wrong now.</summary>
internal sealed record ClockStepped : INoSerializationVerificationNeeded
{
    public static readonly ClockStepped Instance = new();
}
