using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>The state of a deployment after each of its events.</summary>
internal static class DeploymentTransitions
{
    public static DeploymentState Apply(DeploymentState state, IDeploymentEvent @event, DateTimeOffset at) => @event switch
    {
        DeploymentDeclared e => Declared(state, e, at),
        _ when state.Spec is null => state.Lost ? state
            : throw new InvalidOperationException($"A deployment begins with {nameof(DeploymentDeclared)}, not with {@event.GetType().Name}."),
        DeploymentPaused e => state with { PausedBy = e.Reason, UpdatedAt = at },
        DeploymentResumed e => (state with
        {
            PausedBy = null, UpdatedAt = at, Cursors = Moved(state.Cursors, state.Schedules.Select(s => GoingOn(state.PlaceOf(s), e.At))),
        }).Rescheduled(),
        OccurrencesEmitted e => (state with { Cursors = Moved(state.Cursors, e.Cursors) }).Rescheduled(),
        ScheduleSwitched e => Switched(state, e, at),
        DeploymentDeleted e => state with { Deleted = true, CancelsRuns = e.Runs == RunsOnDelete.Cancel, UpdatedAt = at },
        DeletedRunsCancelled => state with { CancelsRuns = false },
        _ => throw new InvalidOperationException(
            $"A {@event.GetType().Name} is an event of deployments that changes none: this program does not know what it means."),
    };

    /// <summary>
    /// The state after an event that nobody can read. Until it is declared again nothing is known of a deployment whose declaration that was.
    /// </summary>
    public static DeploymentState Skip(DeploymentState state) => state.Spec is null ? state with { Lost = true } : state;

    public static DeploymentSnapshot ToSnapshot(DeploymentState state) => new(
        state.Spec!, [.. state.Cursors.Values.OrderBy(c => c.Schedule, StringComparer.Ordinal)],
        state.PausedBy, state.RegisteredAt, state.UpdatedAt, state.Deleted, state.CancelsRuns);

    public static DeploymentState FromSnapshot(string name, DeploymentSnapshot snapshot) => new DeploymentState(name)
    {
        Spec = snapshot.Spec,
        Schedules = Schedules.CompileAll(snapshot.Spec),
        Schema = DeclaredSchema.Of(snapshot.Spec),
        Cursors = Moved(new DeploymentState(name).Cursors, snapshot.Cursors),
        PausedBy = snapshot.PausedBy,
        RegisteredAt = snapshot.RegisteredAt,
        UpdatedAt = snapshot.UpdatedAt,
        Deleted = snapshot.Deleted,
        CancelsRuns = snapshot.CancelsRuns,
    }.Rescheduled();

    private static DeploymentState Declared(DeploymentState state, DeploymentDeclared e, DateTimeOffset at) => (state with
    {
        Spec = e.Spec,
        Schedules = Schedules.CompileAll(e.Spec),
        Schema = DeclaredSchema.Of(e.Spec),
        Cursors = Moved(state.Cursors.Clear(), e.Cursors),
        PausedBy = e.Paused ? state.PausedBy ?? PauseReason.User : null,
        RegisteredAt = state.Exists ? state.RegisteredAt : at,
        UpdatedAt = at,
        Deleted = false,
        CancelsRuns = false,
    }).Rescheduled();

    private static DeploymentState Switched(DeploymentState state, ScheduleSwitched e, DateTimeOffset at)
    {
        if (state.Schedules.FirstOrDefault(s => s.Id == e.Schedule) is not { } schedule)
        {
            return state;
        }

        var place = state.PlaceOf(schedule);
        var after = (e.Active ? GoingOn(place, e.At) : place) with { Active = e.Active };
        return (state with { Cursors = Moved(state.Cursors, [after]), UpdatedAt = at }).Rescheduled();
    }

    /// <summary>What was due while a schedule was off stays undone.</summary>
    private static ScheduleCursor GoingOn(ScheduleCursor place, DateTimeOffset from) => place with { At = from, CatchUpTo = null };

    private static ImmutableDictionary<string, ScheduleCursor> Moved(
        ImmutableDictionary<string, ScheduleCursor> cursors, IEnumerable<ScheduleCursor> to) =>
            cursors.SetItems(to.Select(c => KeyValuePair.Create(c.Schedule, c)));
}
