using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

// What a FlowRunActor is told by the rest of the node, beside the commands in Messages.

/// <summary>Make this run. Answered with <see cref="RunSubmitted"/>; a run that exists answers as it did the first time.</summary>
internal sealed record CreateRun(Guid Run, RunScheduled Scheduled) : IRunMessage, IRequest<RunSubmitted>;

/// <summary>Run an ended run's recipe once more, as a new run: with this id if the command has no idempotency key.</summary>
internal sealed record RepeatRun(RetryRun Command, Guid FreshId) : IRunMessage, IRequest<RunSubmitted>
{
    /// <inheritdoc/>
    public Guid Run => Command.Run;
}

/// <summary>What is said last about an attempt's process: nothing of it is left to look after.</summary>
internal interface ILastReport : IEntityCommand
{
    int Attempt { get; }
}

/// <summary>The attempt's process is alive.</summary>
internal sealed record ProcessStarted(int Attempt, ProcessHandle Handle) : IEntityCommand;

/// <summary>The attempt's process could not be started.</summary>
internal sealed record ProcessNotStarted(int Attempt, StartFailureKind Kind, string Message) : ILastReport;

/// <summary>There is proof that the attempt's process was never spawned.</summary>
internal sealed record ProcessNeverStarted(int Attempt) : ILastReport;

/// <summary>The attempt's process is gone.</summary>
internal sealed record ProcessEnded(int Attempt, ProcessOutcome Outcome) : ILastReport;

/// <summary>The node is being stopped: end the process, or never mind if there is none.</summary>
internal sealed record StopForShutdown(StopMode Mode) : IEntityCommand;

/// <summary>
/// The attempt's process has been alive for as long as it may. Measured by the clock that never steps: a wall clock that is set
/// forward ends no program.
/// </summary>
internal sealed record TimeoutReached(int Attempt) : IWireMessage;

// What a FlowRunActor is to do after a decision, beside what it is to tell the limiter.

/// <summary>Start the process of the attempt.</summary>
internal sealed record StartProcess(int Attempt) : IRunIntent, INoSerializationVerificationNeeded;

/// <summary>Find the process that an earlier life of the node may have started.</summary>
internal sealed record RecoverProcess(int Attempt, ProcessHandle? Handle) : IRunIntent, INoSerializationVerificationNeeded;

/// <summary>Stop the attempt's process: SIGTERM, then SIGKILL after the grace time; a grace of zero is SIGKILL at once.</summary>
internal sealed record StopProcess(int Attempt, TimeSpan Grace) : IRunIntent, INoSerializationVerificationNeeded;

/// <summary>Say <see cref="TimeoutReached"/> of the attempt after this time.</summary>
internal sealed record WatchTimeout(int Attempt, TimeSpan After) : IRunIntent;
