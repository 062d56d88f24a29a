using Runner.Actors.FlowRunners;

namespace Runner.Bench;

/// <summary>A flow runner without processes: every attempt is alive at once and completes a second later.</summary>
/// <param name="after">Does something after a time, which may be virtual.</param>
internal sealed class InstantPrograms(Action<TimeSpan, Action> after) : IFlowRunner
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Start(ProcessSpec spec, IProcessObserver observer)
    {
        observer.Started(new ProcessHandle(1, 1, ""));
        after(Length, () => observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0))));
    }

    /// <inheritdoc/>
    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) => observer.NeverStarted();

    /// <inheritdoc/>
    public void Stop(AttemptKey key, StopSignal signal)
    {
        // It ends within a second.
    }

    /// <inheritdoc/>
    public void Forget(AttemptKey key)
    {
        // Nothing is remembered.
    }
}
