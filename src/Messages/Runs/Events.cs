using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runner.Messages.Runs;

/// <summary>An event of a run. Journal names stand in <see cref="Serialization.EventCatalog"/>.</summary>
public interface IRunEvent;

/// <summary>The run exists. Its first event.</summary>
/// <param name="Schedule">The id of the schedule it is an occurrence of; null if somebody asked for it.</param>
/// <param name="Due">When it is for. Of an occurrence, when the schedule is due: what tells it from the schedule's others.</param>
/// <param name="RetryOf">The run it repeats; null if none.</param>
/// <param name="StartAt">When it starts, if its schedule's jitter puts that after <paramref name="Due"/>; null is when it is due.</param>
/// <param name="Asked">What the submission asked for itself, to compare with one of the same key; null without a key, and in journals of
/// before.</param>
/// <param name="Name">What people call it; null if it has no name.</param>
public sealed record RunScheduled(
    string Deployment,
    RunRecipe Recipe,
    ImmutableSortedDictionary<string, JsonElement> Parameters,
    DateTimeOffset Due,
    int Priority,
    ImmutableArray<string> Tags,
    string? Schedule = null,
    Guid? RetryOf = null,
    string? IdempotencyKey = null,
    DateTimeOffset? StartAt = null,
    AskedOfRun? Asked = null,
    string? Name = null) : IRunEvent;

/// <summary>Which of a run's values were asked for, and are not its deployment's.</summary>
/// <param name="Parameters">The names of those that were given.</param>
/// <param name="At">Whether its due time was.</param>
/// <param name="Priority">Whether its priority was.</param>
/// <param name="Tags">Those that were given, each once, in order.</param>
public sealed record AskedOfRun(
    ImmutableArray<string> Parameters,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Priority,
    ImmutableArray<string> Tags);

/// <summary>It should have started by now and has not.</summary>
public sealed record RunLate : IRunEvent;

/// <summary>It is due and <paramref name="Limit"/> is full.</summary>
/// <param name="Slots">Taken in the same commit and held while it waits: its place in its deployment's limit, if that does not queue; null for
/// none.</param>
/// <param name="Why">Why, as a sentence; null where the limit's name says it.</param>
public sealed record RunAwaitingSlot(string Limit, ImmutableArray<Slot>? Slots = null, string? Why = null) : IRunEvent;

/// <summary>A slot that a run holds until it ends or awaits a retry.</summary>
public sealed record Slot(string Limit, int Number);

/// <summary>Its slots are taken (in the same commit) and its process may be started from now on: nothing is spawned before this is durable.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Node">The node that starts the process.</param>
public sealed record AttemptStarting(int Attempt, ImmutableArray<Slot> Slots, string Node) : IRunEvent;

/// <summary>The process of the attempt is alive under this handle.</summary>
/// <param name="Pid">The process id on the node.</param>
/// <param name="StartTime">What tells it from a later process of the same id, in the flow runner's own unit.</param>
/// <param name="BootId">The boot of the machine it belongs to.</param>
public sealed record AttemptRunning(int Attempt, int Pid, long StartTime, string BootId) : IRunEvent;

/// <summary>Why a process is being stopped.</summary>
public enum StopReason
{
    Cancel,
    Timeout,
    Shutdown,
}

/// <summary>The process is to be stopped: SIGTERM now, SIGKILL after the grace time.</summary>
public sealed record AttemptStopping(int Attempt, StopReason Reason, string? Message) : IRunEvent;

/// <summary>How an attempt ended.</summary>
/// <param name="Type">Completed, Failed, Crashed or Cancelled.</param>
/// <param name="Name">One of <see cref="StateNames"/>.</param>
/// <param name="ExitCode">Null if it did not exit by itself.</param>
/// <param name="Signal">The signal that ended it; null if none.</param>
public sealed record AttemptOutcome(StateType Type, string Name, int? ExitCode, int? Signal, string? Message);

/// <summary>The attempt did not complete; its slots are given back (in the same commit) and the run goes on at <paramref name="RetryAt"/>.</summary>
public sealed record AttemptRetrying(int Attempt, AttemptOutcome Outcome, DateTimeOffset RetryAt) : IRunEvent;

/// <summary>The run has ended; its slots are given back in the same commit. Its last event.</summary>
/// <param name="Attempt">The attempt that ended it; 0 if none was made.</param>
/// <param name="Result">What the program left in its result file; null if nothing.</param>
public sealed record RunFinished(int Attempt, AttemptOutcome Outcome, JsonElement? Result = null) : IRunEvent;
