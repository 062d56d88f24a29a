using Akka.Actor;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>
/// One attempt's process, child of its FlowRunActor: starts or finds it through the flow runner, turns a stop into SIGTERM and, after the
/// grace time, SIGKILL. What happens the flow runner reports to the run, which decides, and stops this actor once nothing is left to look after.
/// </summary>
internal sealed class ProcessActor : UntypedActor, IWithTimers
{
    /// <summary>SIGKILL is sent again this often until the tree is gone: a process in an uninterruptible wait dies only afterwards.</summary>
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(5);

    private readonly ProcessSpec _spec;
    private readonly IFlowRunner _flowRunner;
    private readonly Observer _observer;
    private readonly StartProblem? _problem;
    private TimeSpan? _stopGrace;

    /// <param name="problem">Why it is not to be started; null if it is. What may have been started already is looked after all the same.</param>
    public ProcessActor(ProcessSpec spec, IFlowRunner flowRunner, StartProblem? problem = null)
    {
        _problem = problem;
        _spec = spec;
        _flowRunner = flowRunner;
        _observer = new Observer(Context.Parent, spec.Key.Attempt);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    // One of these is made for each attempt; a ReceiveActor would put its handlers together anew each time.
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartProcess when _problem is { } problem:
                _observer.StartFailed(problem.Kind, problem.Message);
                break;
            case StartProcess:
                _flowRunner.Start(_spec, _observer);
                break;
            case RecoverProcess recover:
                _flowRunner.Recover(_spec, recover.Handle, _observer);
                break;
            case StopProcess stop:
                OnStop(stop.Grace);
                break;
            case KillNow:
                Kill();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

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

    private sealed record KillNow : INoSerializationVerificationNeeded
    {
        public static readonly KillNow Instance = new();
    }

    /// <summary>Brings what the flow runner's threads report to the run.</summary>
    private sealed class Observer(IActorRef run, int attempt) : IProcessObserver
    {
        public void Started(ProcessHandle handle) => run.Tell(new ProcessStarted(attempt, handle));

        public void StartFailed(StartFailureKind kind, string message) => run.Tell(new ProcessNotStarted(attempt, kind, message));

        public void NeverStarted() => run.Tell(new ProcessNeverStarted(attempt));

        public void Ended(ProcessOutcome outcome) => run.Tell(new ProcessEnded(attempt, outcome));
    }
}
