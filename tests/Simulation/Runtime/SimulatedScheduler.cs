using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Runner.Simulation.Runtime;

/// <summary>Akka.NET's scheduler on the world's time; made by the system through <c>akka.scheduler.implementation</c>.</summary>
internal sealed class SimulatedScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    public SimulatedNode Node { get; } = SimulatedNode.Starting;

    public override TimeSpan MonotonicClock => Node.World.Elapsed;

    public override TimeSpan HighResMonotonicClock => Node.World.Elapsed;

    protected override DateTimeOffset TimeNow => Node.Time.GetUtcNow();

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Node.World.Add(new Telling(this, receiver, message, sender, null, cancelable), delay);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Node.World.Add(new Telling(this, receiver, message, sender, interval, cancelable), initialDelay);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Node.World.Add(new Doing(this, action, null, cancelable), delay);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) =>
        Node.World.Add(new Doing(this, action.Run, null, cancelable), delay);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Node.World.Add(new Doing(this, action, interval, cancelable), initialDelay);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Node.World.Add(new Doing(this, action.Run, interval, cancelable), initialDelay);

    private abstract class Scheduled(SimulatedScheduler scheduler, TimeSpan? interval, ICancelable? cancelable) : SimulatedTimer(scheduler.Node)
    {
        public override bool IsCancelled => cancelable is { IsCancellationRequested: true };

        public override void Fire()
        {
            Do();
            if (interval is { } again && !IsCancelled)
            {
                scheduler.Node.World.Add(this, again);
            }
        }

        protected abstract void Do();
    }

    private sealed class Telling(
        SimulatedScheduler scheduler, ICanTell receiver, object message, IActorRef sender, TimeSpan? interval, ICancelable? cancelable)
        : Scheduled(scheduler, interval, cancelable)
    {
        protected override void Do() => receiver.Tell(message, sender);
    }

    private sealed class Doing(SimulatedScheduler scheduler, Action action, TimeSpan? interval, ICancelable? cancelable)
        : Scheduled(scheduler, interval, cancelable)
    {
        protected override void Do() => action();
    }
}
