using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>The state of a deployment: a fold over its events.</summary>
internal sealed record DeploymentState(string Name)
{
    /// <summary>The recipe, with every schedule's id filled in; null before the first registration.</summary>
    public DeploymentSpec? Spec { get; init; }

    public ImmutableArray<CompiledSchedule> Schedules { get; init; } = [];

    /// <summary>What its parameters have to be like; null for anything.</summary>
    public DeclaredSchema? Schema { get; init; }

    /// <summary>For each schedule, the instant up to which its occurrences are decided.</summary>
    public ImmutableDictionary<string, DateTimeOffset> Cursors { get; init; } =
        ImmutableDictionary<string, DateTimeOffset>.Empty.WithComparers(StringComparer.Ordinal);

    public PauseReason? PausedBy { get; init; }

    public DateTimeOffset RegisteredAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public bool Deleted { get; init; }

    /// <summary>A deletion has runs to cancel and has not told all of them.</summary>
    public bool CancelsRuns { get; init; }

    /// <summary>When a schedule is due next, computed from schedules and cursors; null if none ever is.</summary>
    public DateTimeOffset? NextDue { get; init; }

    public bool Exists => Spec is not null && !Deleted;

    public bool Paused => PausedBy is not null;

    /// <summary>When the next run is due as things stand.</summary>
    public DateTimeOffset? NextRun => Exists && !Paused ? NextDue : null;

    /// <summary>The size of its own limit, which outlives a deletion until every run that it cancels is told: none of them is to start for it.</summary>
    public int? Limit => Exists || CancelsRuns ? Spec!.Concurrency?.Limit : null;

    /// <summary>Its own rule about ended runs; gone with it, so that the node's applies to what it leaves.</summary>
    public RetentionSpec? Retention => Exists ? Spec!.Retention : null;

    public DateTimeOffset CursorOf(CompiledSchedule schedule) => Cursors.GetValueOrDefault(schedule.Id, UpdatedAt);

    /// <summary>The same with <see cref="NextDue"/> computed anew.</summary>
    public DeploymentState Rescheduled() => this with
    {
        NextDue = Schedules.Where(s => s.Active).Select(s => s.Schedule?.Next(CursorOf(s))).Min(),
    };
}
