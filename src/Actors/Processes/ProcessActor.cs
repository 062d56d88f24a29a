using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Akka.Actor;

namespace Runner.Actors.Processes;

/// <summary>
/// One attempt's process, child of its FlowRunActor: starts or finds it through the flow runner, turns a stop into SIGTERM and, after the
/// grace time, SIGKILL, and reports what happens. It knows nothing of states; the run decides.
/// </summary>
internal sealed class ProcessActor : ReceiveActor, IWithTimers
{
    /// <summary>SIGKILL is sent again this often until the tree is gone: a process in an uninterruptible wait dies only afterwards.</summary>
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(5);

    private readonly ProcessSpec _spec;
    private readonly IFlowRunner _flowRunner;
    private TimeSpan? _stopGrace;

    public ProcessActor(ProcessSpec spec, IFlowRunner flowRunner)
    {
        _spec = spec;
        _flowRunner = flowRunner;
        Receive<StartProcess>(_ => _flowRunner.Start(_spec, new Observer(Self)));
        Receive<RecoverProcess>(m => _flowRunner.Recover(_spec, m.Handle, new Observer(Self)));
        Receive<StopProcess>(m => OnStop(m.Grace));
        Receive<KillNow>(_ => Kill());
        Receive<Started>(m => OnStarted(m.Handle));
        Receive<NotStarted>(m => Report(new ProcessNotStarted(_spec.Key.Attempt, m.Kind, m.Message), last: true));
        Receive<NeverStarted>(_ => Report(new ProcessNeverStarted(_spec.Key.Attempt), last: true));
        Receive<Ended>(m => Report(new ProcessEnded(_spec.Key.Attempt, m.Outcome), last: true));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private void OnStarted(ProcessHandle handle) => Report(new ProcessStarted(_spec.Key.Attempt, handle), last: false);

    private void OnStop(TimeSpan grace)
    {
        // A shorter grace hurries an earlier stop; a longer one does not slow it down.
        if (_stopGrace is { } earlier && earlier <= grace)
        {
            return;
        }

        // Before it has started, too: the flow runner keeps a stop for a start that waits its turn, however long that is.
        _stopGrace = grace;
        Stop(grace);
    }

    private void Stop(TimeSpan grace)
    {
        if (grace <= TimeSpan.Zero)
        {
            Kill();
            return;
        }

        _flowRunner.Stop(_spec.Key, StopSignal.Terminate);
        Timers.StartSingleTimer(typeof(KillNow), KillNow.Instance, grace);
    }

    private void Kill()
    {
        _flowRunner.Stop(_spec.Key, StopSignal.Kill);
        Timers.StartSingleTimer(typeof(KillNow), KillNow.Instance, KillAgain);
    }

    private void Report(object message, bool last)
    {
        Context.Parent.Tell(message, Self);
        if (last)
        {
            Context.Stop(Self);
        }
    }

    private sealed record Started(ProcessHandle Handle) : INoSerializationVerificationNeeded;

    private sealed record NotStarted(StartFailureKind Kind, string Message) : INoSerializationVerificationNeeded;

    private sealed record NeverStarted : INoSerializationVerificationNeeded;

    private sealed record Ended(ProcessOutcome Outcome) : INoSerializationVerificationNeeded;

    private sealed record KillNow : INoSerializationVerificationNeeded
    {
        public static readonly KillNow Instance = new();
    }

    /// <summary>Brings what the flow runner's threads report into the actor.</summary>
    private sealed class Observer(IActorRef actor) : IProcessObserver
    {
        public void Started(ProcessHandle handle) => actor.Tell(new Started(handle));

        public void StartFailed(StartFailureKind kind, string message) => actor.Tell(new NotStarted(kind, message));

        public void NeverStarted() => actor.Tell(new NeverStarted());

        public void Ended(ProcessOutcome outcome) => actor.Tell(new Ended(outcome));
    }
}
