using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

/// <summary>One timer; the object itself is its generation, since a replaced one is not in the table any more.</summary>
internal sealed class TimerEntry(object key, object message, TimeSpan? interval) : AutoReceivedMessage
{
    public object Key { get; } = key;

    public object Message { get; } = message;

    /// <summary>Null: a single timer.</summary>
    public TimeSpan? Interval { get; } = interval;

    public long Due { get; set; }

    public ICancelable? Pending { get; set; }
}

internal sealed class ActorTimers(ActorCell cell) : ITimers
{
    private readonly Dictionary<object, TimerEntry> _entries = [];

    private EngineRuntime Runtime => cell.ActorSystem.Runtime;

    public void StartSingleTimer(object key, object message, TimeSpan delay) => Start(new TimerEntry(key, message, null), delay);

    public void StartPeriodicTimer(object key, object message, TimeSpan interval, TimeSpan? initialDelay = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        Start(new TimerEntry(key, message, interval), initialDelay ?? interval);
    }

    public void Cancel(object key)
    {
        if (_entries.Remove(key, out var entry))
        {
            entry.Pending?.Cancel();
        }
    }

    public void CancelAll()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Pending?.Cancel();
        }

        _entries.Clear();
    }

    public bool IsTimerActive(object key) => _entries.ContainsKey(key);

    /// <summary>Whether the fired timer still counts; a periodic one is set again.</summary>
    public bool Accept(TimerEntry entry)
    {
        if (!_entries.TryGetValue(entry.Key, out var current) || current != entry)
        {
            return false;
        }

        if (entry.Interval is not { } interval)
        {
            _entries.Remove(entry.Key);
            return true;
        }

        long late = Runtime.Clock.Timestamp - entry.Due;
        entry.Due += interval.Ticks * (1 + Math.Max(0, late / interval.Ticks));
        Arm(entry);
        return true;
    }

    private void Start(TimerEntry entry, TimeSpan delay)
    {
        ArgumentNullException.ThrowIfNull(entry.Message);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        Cancel(entry.Key);
        _entries[entry.Key] = entry;
        long now = Runtime.Clock.Timestamp;
        entry.Due = delay.Ticks > long.MaxValue - now ? long.MaxValue : now + delay.Ticks;
        Arm(entry);
    }

    private void Arm(TimerEntry entry)
    {
        long left = Math.Max(0, entry.Due - Runtime.Clock.Timestamp);
        entry.Pending = Runtime.Timers.ScheduleOnce(TimeSpan.FromTicks(left), () => cell.Tell(entry));
    }
}
