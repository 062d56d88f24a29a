using Runner.Actors.FlowRunners;
using Runner.Engine.Clock;

namespace Runner.Bench;

/// <summary>A flow runner of virtual time without processes: every attempt is alive at once and completes a second later.</summary>
internal sealed class InstantPrograms(ITimerScheduler timers) : IFlowRunner
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Start(ProcessSpec spec, IProcessObserver observer)
    {
        observer.Started(new ProcessHandle(1, 1, ""));
        timers.ScheduleOnce(Length, () => observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0))));
    }

    /// <inheritdoc/>
    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) => observer.NeverStarted();

    /// <inheritdoc/>
    public void Stop(AttemptKey key, StopSignal signal)
    {
        // It ends within a second.
    }
}
