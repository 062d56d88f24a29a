namespace Runner.Simulation.Runtime;

/// <summary>A node's clocks: the wall clock, which may step, and the monotonic one, by which timers go.</summary>
internal sealed class SimulatedTime(SimulatedNode node) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        node.World.Guard();
        return node.World.Wall + (node.WallOffset?.Invoke() ?? TimeSpan.Zero);
    }

    public override long GetTimestamp()
    {
        node.World.Guard();
        return node.World.Elapsed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(node, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedNode node, TimerCallback callback, object? state) : ITimer
    {
        private Tick? _next;
        private TimeSpan _period;
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            node.World.Guard();
            if (_disposed)
            {
                return false;
            }

            _period = period;
            Start(dueTime);
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Start(Timeout.InfiniteTimeSpan);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Start(TimeSpan dueTime)
        {
            _next?.Cancel();
            _next = null;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _next = new Tick(this, node);
                node.World.Add(_next, dueTime);
            }
        }

        private void Fire()
        {
            Start(_period <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : _period);
            callback(state);
        }

        private sealed class Tick(Timer timer, SimulatedNode node) : SimulatedTimer(node)
        {
            private bool _cancelled;

            public override bool IsCancelled => _cancelled;

            public void Cancel() => _cancelled = true;

            public override void Fire() => timer.Fire();
        }
    }
}
