using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Scheduling;
using Runner.Engine.Entities;
using Runner.Engine.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Deployments;

/// <summary>A submission with the id that a run without an idempotency key gets.</summary>
internal sealed record PlaceRun(SubmitRun Command, Guid FreshId) : IDeploymentMessage
{
    /// <inheritdoc/>
    public string Deployment => Command.Deployment;
}

/// <summary>Cancel what a deletion has to, and look again later.</summary>
internal sealed record CancelOpenRuns;

/// <summary>No run of the deleted deployment is open.</summary>
internal sealed record NoOpenRuns
{
    public static readonly NoOpenRuns Instance = new();
}

/// <summary>
/// What a deployment decides: a due occurrence and the first event of its run are one commit, and the run's id is computed from
/// deployment, schedule and due time, so that each occurrence becomes a run once, ever.
/// </summary>
internal sealed class DeploymentBehaviour(FlowRunBehaviour runs, IEventCodec codec) : IEntityBehaviour<DeploymentState>
{
    /// <summary>How many occurrences of a schedule one commit emits; the next follows at once.</summary>
    public const int OccurrencesPerCommit = 100;

    private const int UpcomingShown = 5;

    /// <inheritdoc/>
    public string Kind => EntityKinds.Deployment;

    /// <inheritdoc/>
    public DeploymentState Initial(string id) => new(id);

    /// <inheritdoc/>
    public DeploymentState Apply(DeploymentState state, object @event, DateTimeOffset at) => DeploymentTransitions.Apply(state, @event, at);

    /// <inheritdoc/>
    public DateTimeOffset? WakeUpAt(DeploymentState state) => state.CancelsRuns ? EntityWakeUps.FromStartUp : state.NextRun;

    /// <inheritdoc/>
    public byte[]? Snapshot(DeploymentState state) => state.Spec is null
        ? null
        : JsonSerializer.SerializeToUtf8Bytes(DeploymentTransitions.ToSnapshot(state), MessagesJson.Default.DeploymentSnapshot);

    /// <inheritdoc/>
    public DeploymentState FromSnapshot(string id, ReadOnlyMemory<byte> payload) => DeploymentTransitions.FromSnapshot(
        id, JsonSerializer.Deserialize(payload.Span, MessagesJson.Default.DeploymentSnapshot)!);

    /// <inheritdoc/>
    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(DeploymentState before, DeploymentState after) =>
        (DeploymentRows.Project(before, after), []);

    /// <inheritdoc/>
    public Decision Decide(DeploymentState state, object message, DateTimeOffset now) => message switch
    {
        RegisterDeployment register => Register(state, register, now),
        NoOpenRuns => state.CancelsRuns ? WithoutLimit(state, Decision.Persist(new DeletedRunsCancelled())) : Decision.None,
        Recovered or WakeUpNow when state.CancelsRuns => Decision.Do(new CancelOpenRuns()),
        Recovered or WakeUpNow => Emit(state, now),
        IDeploymentMessage when !state.Exists => Decision.Answer(new DeploymentNotFound(state.Name)),
        PlaceRun place => Place(state, place, now),
        PauseDeployment pause => state.Paused && (state.PausedBy == pause.Reason || pause.Reason == PauseReason.Shutdown)
            ? Decision.Answer(new DeploymentChanged(state.Name, false))
            : Decision.Persist(new DeploymentPaused(pause.Reason)).Replying(new DeploymentChanged(state.Name, !state.Paused)),
        ResumeDeployment => state.Paused
            ? Decision.Persist(new DeploymentResumed(now)).Replying(new DeploymentChanged(state.Name, true))
            : Decision.Answer(new DeploymentChanged(state.Name, false)),
        DeleteDeployment delete => Delete(state, delete),
        GetDeployment => Decision.Answer(View(state, now)),
        _ => Decision.None,
    };

    private static Decision Register(DeploymentState state, RegisterDeployment register, DateTimeOffset now)
    {
        var problems = DeploymentRules.Problems(register.Spec);
        if (!problems.IsEmpty)
        {
            return Decision.Answer(new DeploymentInvalid(register.Spec.Name, problems));
        }

        var spec = Schedules.WithIds(register.Spec);
        var changes = state.Exists ? DeploymentChanges.Between(state.Spec!, spec) : [];
        var outcome = !state.Exists ? RegistrationOutcome.Created
            : changes.IsEmpty ? RegistrationOutcome.Unchanged : RegistrationOutcome.Changed;
        var paused = PausedAfter(state, spec);
        object[] events = outcome != RegistrationOutcome.Unchanged
            ? [new DeploymentDeclared(spec, CursorsAfter(state, spec, paused, now), paused)]
            : state.Paused && !paused ? [new DeploymentResumed(now)] : [];
        var after = events.Aggregate(state, (s, e) => DeploymentTransitions.Apply(s, e, now));
        var reply = new DeploymentRegistered(spec.Name, outcome, changes, after.NextRun, after.Paused);
        if (register.DryRun || events.Length == 0)
        {
            return Decision.Answer(reply);
        }

        var decision = Decision.Persist([.. events]).Replying(reply);
        return spec.Concurrency?.Limit == state.Limit
            ? decision
            : decision.Then(new LimitSizeChanged(LimitNames.Deployment(spec.Name), spec.Concurrency?.Limit));
    }

    /// <summary>A file's <c>paused</c> counts when it is new or has changed; what a shutdown paused is resumed; a user's pause stays.</summary>
    private static bool PausedAfter(DeploymentState state, DeploymentSpec spec) =>
        !state.Exists || state.Spec!.Paused != spec.Paused || state.PausedBy == PauseReason.Shutdown ? spec.Paused : state.Paused;

    /// <summary>A schedule that goes on keeps its place; one that is new, or was off, begins now.</summary>
    private static ImmutableArray<ScheduleCursor> CursorsAfter(DeploymentState state, DeploymentSpec spec, bool paused, DateTimeOffset now)
    {
        var goOn = state.Exists && (!state.Paused || paused)
            ? state.Schedules.Where(s => s.Active).Select(s => s.Id).ToHashSet(StringComparer.Ordinal)
            : [];
        return [.. spec.Schedules.Select(s => new ScheduleCursor(s.Id!, goOn.Contains(s.Id!) ? state.Cursors.GetValueOrDefault(s.Id!, now) : now))];
    }

    private Decision Emit(DeploymentState state, DateTimeOffset now)
    {
        if (state.NextRun is not { } next || next > now)
        {
            return Decision.None;
        }

        var cursors = ImmutableArray.CreateBuilder<ScheduleCursor>();
        var due = new List<(CompiledSchedule Schedule, DateTimeOffset At)>();
        foreach (var schedule in state.Schedules.Where(s => s is { Active: true, Schedule: not null }))
        {
            var cursor = state.CursorOf(schedule);
            if (schedule.Schedule!.Next(cursor) is not { } first || first > now)
            {
                continue;
            }

            var found = CatchUp.Due(schedule.Schedule, cursor, now, state.Spec!.CatchUp, OccurrencesPerCommit);
            cursors.Add(new ScheduleCursor(schedule.Id, found.Cursor));
            due.AddRange(found.Occurrences.Select(at => (schedule, at)));
        }

        var occurrences = due.OrderBy(d => d.At)
            .Select(d => (d.Schedule, Occurrence: new Occurrence(d.Schedule.Id, d.At, RunIds.ForOccurrence(state.Name, d.Schedule.Id, d.At))))
            .ToImmutableArray();
        return new Decision(
            [new OccurrencesEmitted([.. occurrences.Select(o => o.Occurrence)], cursors.ToImmutable())],
            null,
            [.. occurrences.Select(o => new WakeRun(o.Occurrence.Run))],
            [.. occurrences.Select(o => EntityWrites.First(runs, codec, o.Occurrence.Run.ToString("D"), Scheduled(state.Spec!, o.Schedule.Spec, o.Occurrence), now))]);
    }

    private static RunScheduled Scheduled(DeploymentSpec spec, ScheduleSpec schedule, Occurrence occurrence) => new(
        spec.Name, Recipe(spec), spec.Parameters.SetItems(schedule.Parameters), occurrence.Due, spec.Priority, spec.Tags, occurrence.Schedule);

    private static Decision Place(DeploymentState state, PlaceRun place, DateTimeOffset now)
    {
        var (command, spec) = (place.Command, state.Spec!);
        var parameters = command.Parameters is { } given ? spec.Parameters.SetItems(given) : spec.Parameters;
        var problems = SubmissionRules.Problems(command).AddRange(SubmissionRules.ProblemsOf(parameters, state, command.EnforceParameterSchema));
        if (!problems.IsEmpty)
        {
            return Decision.Answer(new SubmissionInvalid(problems));
        }

        var id = command.IdempotencyKey is { } key ? RunIds.ForKey(spec.Name, key) : place.FreshId;
        var scheduled = new RunScheduled(
            spec.Name, Recipe(spec), parameters,
            command.At ?? now, command.Priority ?? spec.Priority,
            command.Tags is { } tags ? [.. spec.Tags.Concat(tags).Distinct()] : spec.Tags, IdempotencyKey: command.IdempotencyKey);
        return Decision.Answer(new AnswerFrom(new EntityKey(EntityKinds.FlowRun, id.ToString("D")), new CreateRun(id, scheduled)));
    }

    private static Decision Delete(DeploymentState state, DeleteDeployment delete)
    {
        var decision = Decision.Persist(new DeploymentDeleted(delete.Runs)).Replying(new DeploymentChanged(state.Name, true));
        // Without their limit, waiting runs would start before they hear that they are cancelled.
        return delete.Runs == RunsOnDelete.Cancel ? decision.Then(new CancelOpenRuns()) : WithoutLimit(state, decision);
    }

    private static Decision WithoutLimit(DeploymentState state, Decision decision) => state.Limit is null
        ? decision
        : decision.Then(new LimitSizeChanged(LimitNames.Deployment(state.Name), null));

    private static RunRecipe Recipe(DeploymentSpec spec) => new(
        spec.Command, spec.Workdir, spec.Env, spec.Limits, spec.Concurrency, spec.Retries, spec.Timeout,
        spec.StopGrace ?? DeploymentSpec.DefaultStopGrace, spec.User);

    private static DeploymentView View(DeploymentState state, DateTimeOffset now) => new(
        state.Spec!, state.Paused, state.PausedBy, state.RegisteredAt, state.UpdatedAt, state.NextRun,
        [.. state.Schedules.Select(s => new ScheduleView(s.Id, Schedules.Describe(s.Spec), s.Active, Upcoming(s, now), s.Problem))]);

    private static ImmutableArray<DateTimeOffset> Upcoming(CompiledSchedule schedule, DateTimeOffset now)
    {
        var upcoming = ImmutableArray.CreateBuilder<DateTimeOffset>(UpcomingShown);
        for (var next = schedule.Schedule?.Next(now); next is { } at && upcoming.Count < UpcomingShown; next = schedule.Schedule!.Next(at))
        {
            upcoming.Add(at);
        }

        return upcoming.DrainToImmutable();
    }
}
