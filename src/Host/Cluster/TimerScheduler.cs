using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Runner.Host.Configuration;

namespace Runner.Host.Cluster;

/// <summary>
/// Actors' timers on the runtime's own: to the millisecond, and idle between them. Akka.NET's wheel turns a hundred times a second whether anything
/// is due or not, and may not turn faster, so that whatever is due is up to 10 ms late. Akka.NET makes it by the name that stands in
/// <c>hocon/akka.conf</c>.
/// </summary>
internal sealed class TimerScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private readonly TimeProvider _time = SystemTime.Provider;
    private readonly long _started;
    private volatile bool _isDisposed;

    public TimerScheduler(Config scheduler, ILoggingAdapter log)
        : base(scheduler, log) => _started = _time.GetTimestamp();

    public override TimeSpan MonotonicClock => _time.GetElapsedTime(_started);

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow => _time.GetUtcNow();

    /// <summary>What is not due yet is dropped when it is.</summary>
    public void Dispose() => _isDisposed = true;

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Schedule(delay, null, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Schedule(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Schedule(delay, null, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Schedule(delay, null, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Schedule(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Schedule(initialDelay, interval, action.Run, cancelable);

    private void Schedule(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        if (_isDisposed || cancelable is { IsCancellationRequested: true })
        {
            return;
        }

        // What is scheduled is not part of what schedules it: no trace goes along, and nothing is kept for it.
        var isFlowing = !ExecutionContext.IsFlowSuppressed();
        using var flow = isFlowing ? ExecutionContext.SuppressFlow() : default;
        new Work(this, action, cancelable).Begin(delay, interval);
    }

    /// <summary>The runtime counts in whole ones, and cuts off the rest.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan delay) =>
        delay <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));

    private sealed class Work(TimerScheduler scheduler, Action action, ICancelable? cancelable)
    {
        private ITimer? _timer;
        private CancellationTokenRegistration _cancelled;
        private bool _isRepeated;
        private TimeSpan _due;

        public void Begin(TimeSpan delay, TimeSpan? interval)
        {
            _isRepeated = interval is not null;
            _due = scheduler.MonotonicClock + delay;
            // Begun only once it is known how to end it.
            _timer = scheduler._time.CreateTimer(static work => ((Work)work!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _cancelled = cancelable?.Token.UnsafeRegister(static work => ((Work)work!)._timer!.Dispose(), this) ?? default;
            _timer.Change(WholeMilliseconds(delay), interval ?? Timeout.InfiniteTimeSpan);
        }

        private void Run()
        {
            var isOver = scheduler._isDisposed || cancelable is { IsCancellationRequested: true };
            var early = _due - scheduler.MonotonicClock;
            if (!isOver && !_isRepeated && early > TimeSpan.Zero)
            {
                // The clock of the runtime's timers is a coarse one; nothing here is ever early.
                _timer!.Change(WholeMilliseconds(early), Timeout.InfiniteTimeSpan);
                return;
            }

            if (isOver || !_isRepeated)
            {
                _timer!.Dispose();
                _cancelled.Unregister();
            }

            if (isOver)
            {
                return;
            }

            try
            {
                action();
            }
            catch (SchedulerException)
            {
                // The actor has ended meanwhile.
            }
            catch (Exception e)
            {
                scheduler.Log.Error(e, "What was scheduled has failed");
            }
        }
    }
}
