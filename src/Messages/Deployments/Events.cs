using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Runner.Messages.Deployments;

/// <summary>An event of a deployment. Journal names stand in <see cref="Serialization.EventCatalog"/>.</summary>
public interface IDeploymentEvent;

/// <summary>Registered, or registered anew with another recipe.</summary>
/// <param name="Spec">With every schedule's id filled in.</param>
/// <param name="Cursors">For each schedule, the instant up to which its occurrences are decided.</param>
public sealed record DeploymentDeclared(DeploymentSpec Spec, ImmutableArray<ScheduleCursor> Cursors, bool Paused) : IDeploymentEvent;

/// <summary>The instant up to which everything a schedule is due for has been decided.</summary>
/// <param name="Runs">How many runs the schedule has made.</param>
public sealed record ScheduleCursor(string Schedule, DateTimeOffset At, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Runs = 0);

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
