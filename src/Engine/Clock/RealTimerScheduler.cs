namespace Runner.Engine.Clock;

#pragma warning disable RS0030 // This class is where the machine's timers come in.
internal sealed class RealTimerScheduler : ITimerScheduler
{
    public ICancelable ScheduleOnce(TimeSpan delay, Action callback)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new RealTimer(delay, callback);
        timer.Arm();
        return timer;
    }

    private sealed class RealTimer : ICancelable, IDisposable
    {
        // A Timer takes at most 2^32 - 2 ms (49 days); longer waits are made of legs.
        private static readonly TimeSpan LongestLeg = TimeSpan.FromDays(30);

        private readonly Action _callback;
        private readonly Timer _timer;
        private readonly long _due;
        private int _done;

        public RealTimer(TimeSpan delay, Action callback)
        {
            _callback = callback;
            long now = System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks;
            _due = delay.Ticks > long.MaxValue - now ? long.MaxValue : now + delay.Ticks;
            _timer = new Timer(static state => ((RealTimer)state!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
        }

        public void Arm()
        {
            var left = Left();
            var leg = left > LongestLeg ? LongestLeg : left;
            // Whole milliseconds, rounded up: a timer that fires early would break the contract.
            _timer.Change(Math.Max(0, (long)Math.Ceiling(leg.TotalMilliseconds)), Timeout.Infinite);
        }

        public void Cancel()
        {
            Volatile.Write(ref _done, 1);
            _timer.Dispose();
        }

        public void Dispose() => Cancel();

        private TimeSpan Left() => TimeSpan.FromTicks(_due - System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks);

        private void OnTick()
        {
            if (Volatile.Read(ref _done) != 0)
            {
                return;
            }

            if (Left() > TimeSpan.Zero)
            {
                Rearm();
                return;
            }

            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                _timer.Dispose();
                _callback();
            }
        }

        private void Rearm()
        {
            try
            {
                Arm();
            }
            catch (ObjectDisposedException)
            {
                // Cancelled between the check above and here: nothing is to fire.
            }
        }
    }
}
