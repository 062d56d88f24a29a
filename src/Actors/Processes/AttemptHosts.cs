using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Processes;

/// <summary>The node that has an attempt's process, as the attempt's ProcessActor speaks to it: its own, or another.</summary>
internal interface IAttemptHost
{
    /// <summary>Whether what is said may not arrive: then it has to be asked again.</summary>
    bool MayLoseMessages { get; }

    /// <summary>Whether the node is a member now.</summary>
    bool IsHere { get; }

    /// <summary>Whether a start may be asked for now; if not it is to be asked for a moment later.</summary>
    bool MayStart { get; }

    void Start(IActorRef run);

    void Recover(ProcessHandle? handle, IActorRef run);

    void Stop(StopSignal signal, TimeSpan grace);
}

/// <summary>This node: its flow runner.</summary>
/// <param name="problem">Why it is not to be started; null if it is. What may have been started already is looked after all the same.</param>
/// <param name="asked">The place in the run's history at which it is asked.</param>
/// <param name="attempts">Those that this node looks after.</param>
/// <param name="holds">Whether this node's leases are in time: if not, the run may be another node's by now.</param>
internal sealed class LocalAttempt(
    ProcessSpec spec, IFlowRunner flowRunner, StartProblem? problem, long asked, ProcessCount attempts, Func<bool> holds) : IAttemptHost
{
    public bool MayLoseMessages => false;

    public bool IsHere => true;

    public bool MayStart => holds();

    public void Start(IActorRef run)
    {
        if (problem is not null)
        {
            run.Tell(new ProcessNotStarted(spec.Key.Attempt, problem.Kind, problem.Message));
        }
        else
        {
            flowRunner.Start(spec, new ToActor(run, spec.Key, asked, attempts));
        }
    }

    public void Recover(ProcessHandle? handle, IActorRef run) => flowRunner.Recover(spec, handle, new ToActor(run, spec.Key, asked, attempts));

    public void Stop(StopSignal signal, TimeSpan grace) => flowRunner.Stop(spec.Key, signal);

    /// <summary>Brings what the flow runner's threads report to the run.</summary>
    private sealed class ToActor(IActorRef run, AttemptKey key, long asked, ProcessCount attempts) : ProcessReports(key, attempts)
    {
        protected override long? Asked => asked;

        protected override void Report(IEntityCommand report) => run.Tell(report);
    }
}

/// <summary>Another node, through its node actor, which tells the run by the run's region: wherever that is by then.</summary>
/// <param name="find">The node's actor, and when it said something last by its own clock; null while the node is not here, and what is said is
/// lost.</param>
/// <param name="asked">The place in the run's history at which it is asked.</param>
internal sealed class RemoteAttempt(AttemptKey key, RunScheduled scheduled, Func<(ICanTell Actor, TimeSpan? SaidAt)?> find, long asked) : IAttemptHost
{
    public bool MayLoseMessages => true;

    public bool IsHere => find() is not null;

    /// <summary>The node itself looks whether it may, when it is told.</summary>
    public bool MayStart => true;

    public void Start(IActorRef run)
    {
        if (find() is { } node)
        {
            node.Actor.Tell(new StartAttempt(key.RunId, key.Attempt, scheduled, asked) { HeardAt = node.SaidAt }, run);
        }
    }

    public void Recover(ProcessHandle? handle, IActorRef run) =>
        find()?.Actor.Tell(new RecoverAttempt(key.RunId, key.Attempt, scheduled, handle, asked), run);

    public void Stop(StopSignal signal, TimeSpan grace) =>
        find()?.Actor.Tell(new StopAttempt(key.RunId, key.Attempt, signal, grace), ActorRefs.NoSender);
}

/// <summary>What a flow runner reports, as the messages that a run is told.</summary>
/// <param name="attempts">Those that this node looks after.</param>
internal abstract class ProcessReports(AttemptKey key, ProcessCount attempts) : IProcessObserver
{
    protected AttemptKey Key => key;

    public void Started(ProcessHandle handle) => Report(new ProcessStarted(key.Attempt, handle));

    public void StartFailed(StartFailureKind kind, string message) => Report(new ProcessNotStarted(key.Attempt, kind, message));

    public void NeverStarted()
    {
        var asked = Asked;
        attempts.NeverStarted(key, asked);
        Report(new ProcessNeverStarted(key.Attempt, asked));
    }

    public void Ended(ProcessOutcome outcome) => Report(new ProcessEnded(key.Attempt, outcome));

    /// <summary>The place in the run's history of what was asked last.</summary>
    protected abstract long? Asked { get; }

    protected abstract void Report(IEntityCommand report);
}

// What a node is told of attempts whose run's actor is on another one.

/// <summary>Start an attempt's process. Told again, it changes nothing.</summary>
/// <param name="Asked">The place in the run's history at which this is asked; null from nodes of before.</param>
internal sealed record StartAttempt(Guid Run, int Attempt, RunScheduled Scheduled, long? Asked = null) : IWireMessage
{
    /// <summary>
    /// When the node had said something last, by its own clock, as it was asked: by that it knows how old this may be. Null from nodes of
    /// before.
    /// </summary>
    public TimeSpan? HeardAt { get; init; }
}

/// <summary>Say what became of an attempt's process, and go on saying it to its run.</summary>
/// <param name="Asked">As in <see cref="StartAttempt"/>.</param>
internal sealed record RecoverAttempt(Guid Run, int Attempt, RunScheduled Scheduled, ProcessHandle? Handle, long? Asked = null) : IWireMessage;

/// <summary>Signal an attempt's process tree.</summary>
/// <param name="Grace">How long it has to end before it is killed.</param>
internal sealed record StopAttempt(Guid Run, int Attempt, StopSignal Signal, TimeSpan Grace) : IWireMessage;

/// <summary>What became of an attempt is durable.</summary>
internal sealed record ForgetAttempt(Guid Run, int Attempt) : IWireMessage;
