using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>Where a deployment stands.</summary>
internal enum DeploymentPhase
{
    /// <summary>Never registered.</summary>
    None,

    /// <summary>Its schedules make runs.</summary>
    Active,

    /// <summary>Its schedules rest.</summary>
    Paused,

    /// <summary>Deleted, and has runs to cancel.</summary>
    Cancelling,

    /// <summary>Deleted, and nothing is left to do.</summary>
    Deleted,
}

/// <summary>The state of a deployment: a fold over its events.</summary>
internal sealed record DeploymentState(string Name)
{
    /// <summary>The recipe, with every schedule's id filled in; null before the first registration.</summary>
    public DeploymentSpec? Spec { get; init; }

    public ImmutableArray<CompiledSchedule> Schedules { get; init; } = [];

    /// <summary>What its parameters have to be like; null for anything.</summary>
    public DeclaredSchema? Schema { get; init; }

    /// <summary>For each schedule, what is remembered of it.</summary>
    public ImmutableDictionary<string, ScheduleCursor> Cursors { get; init; } =
        ImmutableDictionary<string, ScheduleCursor>.Empty.WithComparers(StringComparer.Ordinal);

    public PauseReason? PausedBy { get; init; }

    public DateTimeOffset RegisteredAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public bool Deleted { get; init; }

    /// <summary>Whether what first declared it could not be read and was skipped: there is no such deployment until it is declared again.</summary>
    public bool Lost { get; init; }

    /// <summary>A deletion has runs to cancel and has not told all of them.</summary>
    public bool CancelsRuns { get; init; }

    /// <summary>When a schedule is due next, computed from schedules and cursors; null if none ever is.</summary>
    public DateTimeOffset? NextDue { get; init; }

    public DeploymentPhase Phase => Spec is null ? DeploymentPhase.None
        : CancelsRuns ? DeploymentPhase.Cancelling
        : Deleted ? DeploymentPhase.Deleted
        : Paused ? DeploymentPhase.Paused : DeploymentPhase.Active;

    public bool Exists => Phase switch
    {
        DeploymentPhase.Active or DeploymentPhase.Paused => true,
        DeploymentPhase.None or DeploymentPhase.Cancelling or DeploymentPhase.Deleted => false,
    };

    public bool Paused => PausedBy is not null;

    /// <summary>When the next run is due as things stand.</summary>
    public DateTimeOffset? NextRun => Phase == DeploymentPhase.Active ? NextDue : null;

    /// <summary>
    /// The size of its own limit, which outlives a deletion until every run that it cancels is told: none of them is to start for it.
    /// </summary>
    public int? Limit => Exists || CancelsRuns ? Spec!.Concurrency?.Limit : null;

    /// <summary>Its own rule about ended runs; gone with it, so that the node's applies to what it leaves.</summary>
    public RetentionSpec? Retention => Exists ? Spec!.Retention : null;

    public ScheduleCursor PlaceOf(CompiledSchedule schedule) => Cursors.GetValueOrDefault(schedule.Id) ?? new ScheduleCursor(schedule.Id, UpdatedAt);

    /// <summary>The instant up to which a schedule's occurrences are decided.</summary>
    public DateTimeOffset CursorOf(CompiledSchedule schedule) => PlaceOf(schedule).At;

    /// <summary>As somebody has switched it, or as it is declared.</summary>
    public bool IsActive(CompiledSchedule schedule) => PlaceOf(schedule).Active ?? schedule.Spec.Active ?? true;

    /// <summary>How many runs a schedule still makes; null for no bound.</summary>
    public long? RunsLeft(CompiledSchedule schedule) => schedule.Spec.MaxRuns - PlaceOf(schedule).Runs;

    /// <summary>Whether a schedule that can say when it is due never is again: its runs are made, or nothing occurs any more.</summary>
    public bool IsOver(CompiledSchedule schedule) =>
        RunsLeft(schedule) <= 0 || (schedule.Schedule is { } times && times.TryNext(CursorOf(schedule), out var next, out _) && next is null);

    /// <summary>Why a schedule cannot say when it is due; null if it can, or has no more runs to make.</summary>
    public string? ProblemOf(CompiledSchedule schedule) =>
        schedule.Schedule is { } times && !(RunsLeft(schedule) <= 0) && !times.TryNext(CursorOf(schedule), out _, out var problem) ? problem
            : schedule.Problem;

    /// <summary>When a schedule is due next, paused or not; null if it never is.</summary>
    public DateTimeOffset? NextOf(CompiledSchedule schedule) =>
        IsActive(schedule) && !(RunsLeft(schedule) <= 0) ? schedule.Schedule?.Next(CursorOf(schedule)) : null;

    /// <summary>The same with <see cref="NextDue"/> computed anew.</summary>
    public DeploymentState Rescheduled() => this with { NextDue = Schedules.Select(NextOf).Min() };
}
