using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Entities;
using Runner.Messages;

namespace Runner.Actors.Processes;

// What a run is told about its attempt's process.

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
/// <param name="Asked">
/// The place in the run's history of what was asked last when this was found: what was asked since may have started it. Null from nodes of before.
/// </param>
internal sealed record ProcessNeverStarted(int Attempt, long? Asked = null) : ILastReport;

/// <summary>The attempt's process is gone.</summary>
internal sealed record ProcessEnded(int Attempt, ProcessOutcome Outcome) : ILastReport;

/// <summary>
/// The node of the attempt's process has been no member for so long that the process has ended, with the node or by it. Said again until the run has
/// decided.
/// </summary>
internal sealed record NodeLost(int Attempt) : IWireMessage;

// What a run tells its ProcessActor, decided as an intent.

/// <summary>Start the process of the attempt.</summary>
internal sealed record StartProcess(int Attempt) : IRunIntent, INoSerializationVerificationNeeded;

/// <summary>Find the process that an earlier life of the node may have started.</summary>
internal sealed record RecoverProcess(int Attempt, ProcessHandle? Handle) : IRunIntent, INoSerializationVerificationNeeded;

/// <summary>Which process it is: what was not started by this life of its node is found by that.</summary>
internal sealed record ProcessKnown(ProcessHandle Handle) : INoSerializationVerificationNeeded;

/// <summary>Stop the attempt's process: SIGTERM, then SIGKILL after the grace time; a grace of zero is SIGKILL at once.</summary>
internal sealed record StopProcess(int Attempt, TimeSpan Grace) : IRunIntent, INoSerializationVerificationNeeded;
