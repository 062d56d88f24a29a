using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Runner.Messages.Deployments;

/// <summary>An event of a deployment. Journal names stand in <see cref="Serialization.EventCatalog"/>.</summary>
public interface IDeploymentEvent;

/// <summary>Registered, or registered anew with another recipe.</summary>
/// <param name="Spec">With every schedule's id filled in.</param>
/// <param name="Cursors">For each schedule, what is remembered of it.</param>
public sealed record DeploymentDeclared(DeploymentSpec Spec, ImmutableArray<ScheduleCursor> Cursors, bool Paused) : IDeploymentEvent;

/// <summary>What is remembered of a schedule.</summary>
/// <param name="At">The instant up to which everything it is due for has been decided.</param>
/// <param name="Runs">How many runs it has made.</param>
/// <param name="CatchUpTo">Which occurrences up to this instant run has been decided by the catch-up limit, and not all of them are made yet; null if
/// none is left.</param>
/// <param name="Active">What somebody has switched it to; null if it is as declared.</param>
public sealed record ScheduleCursor(
    string Schedule,
    DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Runs = 0,
    DateTimeOffset? CatchUpTo = null,
    bool? Active = null);

/// <summary>Somebody has switched a schedule on or off.</summary>
/// <param name="At">Since when; a schedule that is switched on goes on from there, so that what came due meanwhile stays undone.</param>
public sealed record ScheduleSwitched(string Schedule, bool Active, DateTimeOffset At) : IDeploymentEvent;

public sealed record DeploymentPaused(PauseReason Reason) : IDeploymentEvent;

/// <summary>Resumed; the cursors move to the present so that what came due meanwhile stays undone.</summary>
public sealed record DeploymentResumed(DateTimeOffset At) : IDeploymentEvent;

/// <summary>Occurrences were emitted as runs (created in the same commit) or skipped, and cursors moved.</summary>
public sealed record OccurrencesEmitted(ImmutableArray<Occurrence> Occurrences, ImmutableArray<ScheduleCursor> Cursors) : IDeploymentEvent;

/// <summary>One occurrence of a schedule and the run it became.</summary>
public sealed record Occurrence(string Schedule, DateTimeOffset Due, Guid Run);

public sealed record DeploymentDeleted(RunsOnDelete Runs) : IDeploymentEvent;

/// <summary>Every run that a deletion had to cancel has been told.</summary>
public sealed record DeletedRunsCancelled : IDeploymentEvent;

/// <summary>A deployment's state as its snapshots keep it.</summary>
public sealed record DeploymentSnapshot(
    DeploymentSpec Spec,
    ImmutableArray<ScheduleCursor> Cursors,
    PauseReason? PausedBy,
    DateTimeOffset RegisteredAt,
    DateTimeOffset UpdatedAt,
    bool Deleted,
    bool CancelsRuns);
