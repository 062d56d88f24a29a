using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Scheduling;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Decision = Runner.Entities.Decision<Runner.Messages.Deployments.IDeploymentEvent, Runner.Actors.IDeploymentIntent>;

namespace Runner.Actors.Deployments;

/// <summary>A submission with the id that a run without an idempotency key gets.</summary>
internal sealed record PlaceRun(SubmitRun Command, Guid FreshId) : IDeploymentMessage, IRequest<RunSubmitted>
{
    /// <inheritdoc/>
    public string Deployment => Command.Deployment;
}

/// <summary>Cancel what a deletion has to, and look again later.</summary>
internal sealed record CancelOpenRuns : IDeploymentIntent;

/// <summary>Bring a run, just created, to memory.</summary>
internal sealed record WakeRun(Guid Run) : IDeploymentIntent;

/// <summary>No run of the deleted deployment is open.</summary>
internal sealed record NoOpenRuns : IWireMessage
{
    public static readonly NoOpenRuns Instance = new();
}

/// <summary>
/// What a deployment decides: a due occurrence and the first event of its run are one commit, and the run's id is computed from
/// deployment, schedule and due time, so that each occurrence becomes a run once, ever.
/// </summary>
internal sealed class DeploymentBehaviour(FlowRunBehaviour runs, IEventCodec codec)
    : IEntityBehaviour<DeploymentState, IDeploymentEvent, IDeploymentIntent>
{
    /// <summary>How many occurrences of a schedule one commit emits, fewer if there are very many schedules; the next follows at once.</summary>
    public const int OccurrencesPerCommit = 100;

    /// <summary>
    /// How many missed ones of all schedules together a commit emits: some ten megabytes. The commit that changes schedules emits as many at once, a
    /// week of every minute: what would be left could not be emitted later, as it belongs to schedules that are gone then.
    /// </summary>
    public const int OccurrencesPerChange = 10_000;

    /// <inheritdoc/>
    public string Kind => EntityKinds.Deployment;

    /// <inheritdoc/>
    public DeploymentState Initial(string id) => new(id);

    /// <inheritdoc/>
    public DeploymentState Apply(DeploymentState state, IDeploymentEvent @event, DateTimeOffset at) => DeploymentTransitions.Apply(state, @event, at);

    /// <inheritdoc/>
    public DeploymentState Skip(DeploymentState state) => DeploymentTransitions.Skip(state);

    /// <inheritdoc/>
    public string Words(DeploymentState state) => state.Phase switch
    {
        DeploymentPhase.None =>
            "There is no such deployment any more: what declared it cannot be read. Its rows are removed; `runner deploy` declares it again.",
        DeploymentPhase.Active => "The deployment is there, and its schedules make runs.",
        DeploymentPhase.Paused => "The deployment is there, and paused.",
        DeploymentPhase.Cancelling or DeploymentPhase.Deleted => "The deployment is deleted.",
    };

    /// <inheritdoc/>
    public DateTimeOffset? WakeUpAt(DeploymentState state) => state.Phase switch
    {
        DeploymentPhase.Active => state.NextRun,
        DeploymentPhase.Cancelling => EntityWakeUps.FromStartUp,
        DeploymentPhase.None or DeploymentPhase.Paused or DeploymentPhase.Deleted => null,
    };

    /// <inheritdoc/>
    public bool HasSnapshots => true;

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
        Recovered or WakeUpNow => Wake(state, now),
        IDeploymentMessage when !state.Exists => Decision.Answer(new DeploymentNotFound(state.Name)),
        PlaceRun place => Place(state, place, now),
        PauseDeployment pause => state.Paused && (state.PausedBy == pause.Reason || pause.Reason == PauseReason.Shutdown)
            ? Decision.Answer(new DeploymentChanged(state.Name, false))
            : Pausing(state, pause.Reason, now).Replying(new DeploymentChanged(state.Name, !state.Paused)),
        ResumeDeployment => state.Paused
            ? Decision.Persist(new DeploymentResumed(now)).Replying(new DeploymentChanged(state.Name, true))
            : Decision.Answer(new DeploymentChanged(state.Name, false)),
        SwitchSchedule change => Switch(state, change, now),
        DeleteDeployment delete => Delete(state, delete),
        GetDeployment => Decision.Answer(View(state, now)),
        _ => Decision.None,
    };

    private Decision Wake(DeploymentState state, DateTimeOffset now) => state.Phase switch
    {
        DeploymentPhase.Active => Emit(state, now),
        DeploymentPhase.Cancelling => Decision.Do(new CancelOpenRuns()),
        DeploymentPhase.None or DeploymentPhase.Paused or DeploymentPhase.Deleted => Decision.None,
    };

    private Decision Register(DeploymentState state, RegisterDeployment register, DateTimeOffset now)
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

        var due = outcome == RegistrationOutcome.Changed ? Emit(state, now, OccurrencesPerChange) : Decision.None;
        var before = After(state, due, now);
        IDeploymentEvent[] events = outcome != RegistrationOutcome.Unchanged
            ? [new DeploymentDeclared(spec, CursorsAfter(before, spec, paused, now), paused)]
            : state.Paused && !paused ? [new DeploymentResumed(now)] : [];
        var declared = due with { Events = [.. due.Events, .. events] };
        var after = After(state, declared, now);
        var reply = new DeploymentRegistered(spec.Name, outcome, changes, after.NextRun, after.Paused);
        if (register.DryRun || events.Length == 0)
        {
            return Decision.Answer(reply);
        }

        var decision = declared.Replying(reply);
        return spec.Concurrency?.Limit == state.Limit
            ? decision
            : decision.Then(new LimitSizeChanged(LimitNames.Deployment(spec.Name), spec.Concurrency?.Limit));
    }

    /// <summary>A file's <c>paused</c> counts when it is new or has changed; what a shutdown paused is resumed; a user's pause stays.</summary>
    private static bool PausedAfter(DeploymentState state, DeploymentSpec spec) =>
        !state.Exists || state.Spec!.Paused != spec.Paused || state.PausedBy == PauseReason.Shutdown ? spec.Paused : state.Paused;

    private static DeploymentState After(DeploymentState state, Decision decision, DateTimeOffset now) =>
        decision.Events.Aggregate(state, (s, e) => DeploymentTransitions.Apply(s, e, now));

    private static ImmutableArray<ScheduleCursor> CursorsAfter(DeploymentState state, DeploymentSpec spec, bool paused, DateTimeOffset now)
    {
        var known = state.Exists ? state.Schedules.ToDictionary(s => s.Id, StringComparer.Ordinal) : [];
        return
        [
            .. spec.Schedules.Select(s => known.TryGetValue(s.Id!, out var old)
                ? CursorAfter(state, old, s, goesOn: !state.Paused || paused, now)
                : new ScheduleCursor(s.Id!, now)),
        ];
    }

    /// <summary>
    /// A schedule that goes on keeps its place; one that was off or had come to its end begins now, and so does one that is due at other
    /// times: none of those before now was ever its own. What it has made counts on in any case.
    /// </summary>
    private static ScheduleCursor CursorAfter(DeploymentState state, CompiledSchedule old, ScheduleSpec declared, bool goesOn, DateTimeOffset now)
    {
        // What somebody switched stays, as a pause does, until another word for it is declared.
        var place = state.PlaceOf(old) is var was && old.Spec.Active == declared.Active ? was : was with { Active = null };
        goesOn &= state.IsActive(old) && !state.IsOver(old) && Schedules.SameTimes(old.Spec, declared);
        return goesOn ? place : place with { At = now, CatchUpTo = null };
    }

    /// <summary>What a stopping node pauses has nothing to catch up with; what a user pauses first makes what was due by then.</summary>
    private Decision Pausing(DeploymentState state, PauseReason reason, DateTimeOffset now) => reason == PauseReason.Shutdown
        ? Decision.Persist(new DeploymentPaused(reason))
        : AfterDue(state, now, new DeploymentPaused(reason));

    /// <summary>
    /// What is due by now belongs to the schedules as they were: it may be some milliseconds late, and would be nobody's afterwards.
    /// </summary>
    private Decision AfterDue(DeploymentState state, DateTimeOffset now, params IDeploymentEvent[] events)
    {
        var due = Emit(state, now, OccurrencesPerChange);
        return due with { Events = [.. due.Events, .. events] };
    }

    private Decision Switch(DeploymentState state, SwitchSchedule change, DateTimeOffset now) =>
        state.Schedules.FirstOrDefault(s => s.Id == change.Schedule) is not { } schedule
            ? Decision.Answer(new ScheduleNotFound(state.Name, change.Schedule))
            : state.IsActive(schedule) == change.Active
                ? Decision.Answer(new DeploymentChanged(state.Name, false))
                : AfterDue(state, now, new ScheduleSwitched(change.Schedule, change.Active, now)).Replying(new DeploymentChanged(state.Name, true));

    /// <param name="atMost">Of each schedule.</param>
    private Decision Emit(DeploymentState state, DateTimeOffset now, int atMost = OccurrencesPerCommit)
    {
        if (state.NextRun is not { } next || next > now)
        {
            return Decision.None;
        }

        atMost = Math.Clamp(OccurrencesPerChange / state.Schedules.Length, 1, atMost);
        var cursors = ImmutableArray.CreateBuilder<ScheduleCursor>();
        var due = new List<(CompiledSchedule Schedule, DateTimeOffset At)>();
        foreach (var schedule in state.Schedules)
        {
            if (state.NextOf(schedule) is not { } first || first > now)
            {
                continue;
            }

            var place = state.PlaceOf(schedule);
            var most = (int)Math.Min(state.RunsLeft(schedule) ?? atMost, atMost);
            var found = CatchUp.Due(schedule.Schedule!, place.At, now, state.Spec!.CatchUp, most, state.Spec.CatchUpLimit, place.CatchUpTo);
            var runs = found.Occurrences.Take((int)Math.Min(state.RunsLeft(schedule) ?? int.MaxValue, int.MaxValue)).ToImmutableArray();
            cursors.Add(place with { At = found.Cursor, Runs = place.Runs + runs.Length, CatchUpTo = found.Batch });
            due.AddRange(runs.Select(at => (schedule, at)));
        }

        var occurrences = due.OrderBy(d => d.At)
            .Select(d => (d.Schedule, Occurrence: new Occurrence(d.Schedule.Id, d.At, RunIds.ForOccurrence(state.Name, d.Schedule.Id, d.At))))
            .ToImmutableArray();
        return new Decision(
            [new OccurrencesEmitted([.. occurrences.Select(o => o.Occurrence)], cursors.ToImmutable())],
            null,
            [.. occurrences.Select(o => new WakeRun(o.Occurrence.Run))],
            [.. occurrences.Select(
                o => EntityWrites.First(runs, codec, o.Occurrence.Run.ToString("D"), Scheduled(state.Spec!, o.Schedule.Spec, o.Occurrence), now))]);
    }

    private static RunScheduled Scheduled(DeploymentSpec spec, ScheduleSpec schedule, Occurrence occurrence) => new(
        spec.Name, RunRecipe.Of(spec), spec.Parameters.SetItems(schedule.Parameters), occurrence.Due, spec.Priority, spec.Tags, occurrence.Schedule,
        StartAt: schedule.Jitter is { } jitter && jitter > TimeSpan.Zero ? occurrence.Due + StartJitter.Of(occurrence.Run, jitter) : null);

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
            spec.Name, RunRecipe.Of(spec), parameters,
            command.At ?? now, command.Priority ?? spec.Priority,
            command.Tags is { } tags ? [.. spec.Tags.Concat(tags).Distinct()] : spec.Tags, IdempotencyKey: command.IdempotencyKey,
            Asked: KeyRules.Asked(command), Name: command.Name);
        return Decision.Answer(
            new AnswerFrom(new EntityKey(EntityKinds.FlowRun, id.ToString("D")), new CreateRun(id, scheduled, id == place.FreshId, command.KeyOnly)));
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

    private static DeploymentView View(DeploymentState state, DateTimeOffset now) => new(
        state.Spec!, state.Paused, state.PausedBy, state.RegisteredAt, state.UpdatedAt, state.NextRun,
        [.. state.Schedules.Select(s => ScheduleWords.View(state, s, now))]);
}
