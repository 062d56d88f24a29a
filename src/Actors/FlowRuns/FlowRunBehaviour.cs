using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Decision = Runner.Entities.Decision<Runner.Messages.Runs.IRunEvent, Runner.Actors.IRunIntent>;

namespace Runner.Actors.FlowRuns;

/// <summary>The state machine of a flow run (diagram: <see cref="RunPhase"/>): decides, with <see cref="FlowRunTransitions"/> applying.</summary>
/// <param name="node">The name of this node, which attempts started here carry.</param>
/// <param name="sharedStore">Whether other nodes work on the store: then the process of an attempt of another name is on that node.</param>
/// <param name="allKnow">Whether every node can read a newer kind of event; null where there is no other.</param>
/// <param name="nodes">Which nodes are here; null where there is no other.</param>
internal sealed class FlowRunBehaviour(
    string node, bool sharedStore = false, Func<string, bool>? allKnow = null, NodeDirectory? nodes = null)
    : IEntityBehaviour<FlowRunState, IRunEvent, IRunIntent>
{
    private static readonly string LateKind = EventCatalog.KindOf<RunLate>();

    /// <summary>A run that waits longer than this after its due time is marked late, once. As long as Prefect waits.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public string Kind => EntityKinds.FlowRun;

    /// <inheritdoc/>
    public FlowRunState Initial(string id) => new(Guid.Parse(id));

    /// <inheritdoc/>
    public FlowRunState Apply(FlowRunState state, IRunEvent @event, DateTimeOffset at) => FlowRunTransitions.Apply(state, @event, at);

    /// <inheritdoc/>
    public FlowRunState Skip(FlowRunState state) => FlowRunTransitions.Skip(state);

    /// <inheritdoc/>
    public string Words(FlowRunState state) => state.Phase switch
    {
        RunPhase.None => "The run is gone: its first event said what it runs. Its rows are removed, its output stays in its folder.",
        RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping =>
            $"The run is {state.Current.Name}, in attempt {state.Attempt}, whose program is looked for.",
        RunPhase.Ended => $"The run has ended as {state.Current.Name}.",
        RunPhase.Scheduled or RunPhase.AwaitingSlot or RunPhase.AwaitingRetry => $"The run is {state.Current.Name} and goes on.",
    };

    /// <inheritdoc/>
    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(FlowRunState before, FlowRunState after) =>
        FlowRunRows.Project(before, after);

    /// <inheritdoc/>
    public bool HasSnapshots => false;

    /// <inheritdoc/>
    public byte[]? Snapshot(FlowRunState state) => null;

    /// <inheritdoc/>
    public FlowRunState FromSnapshot(string id, ReadOnlyMemory<byte> payload) =>
        throw new InvalidOperationException("A flow run has no snapshots: its life is as long as its history is short.");

    /// <inheritdoc/>
    public DateTimeOffset? WakeUpAt(FlowRunState state) => state.Phase switch
    {
        RunPhase.Scheduled => state.ReadyAt,
        RunPhase.AwaitingRetry => state.ReadyAt,
        RunPhase.AwaitingSlot => state.Late ? null : state.ReadyAt + LateAfter,
        // Whoever owns this run has to look after its process from its own start on.
        RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping => EntityWakeUps.FromStartUp,
        RunPhase.None or RunPhase.Ended => null,
    };

    /// <inheritdoc/>
    public Decision Decide(FlowRunState state, object message, DateTimeOffset now) => message switch
    {
        CreateRun create => Create(state, create, now),
        _ when state.Phase == RunPhase.None => Unknown(state, message),
        Recovered => Recover(state, now),
        WakeUpNow => Wake(state, now),
        SlotsGranted granted => Start(state, granted, now),
        SlotsRefused refused => Wait(state, refused, now),
        SlotsConflicted => Conflicted(state, now),
        GiveWay way => GivesWay(state, way),
        ProcessStarted started => Running(state, started, now),
        ProcessNotStarted failed => NotStarted(state, failed, now),
        ProcessNeverStarted never => NeverStarted(state, never, now),
        ProcessEnded ended => Ended(state, ended, now),
        NodeLost lost => Lost(state, lost, now),
        TimeoutReached reached => Overrun(state, reached),
        CancelRun cancel => Cancel(state, cancel, now),
        StopForShutdown stop => Shutdown(state, stop),
        RepeatRun repeat => Repeat(state, repeat, now),
        GetRun => Decision.Answer(View(state)),
        _ => Decision.None,
    };

    /// <summary>As it is, and where its node is not here what that means for it.</summary>
    private RunView View(FlowRunState state)
    {
        var view = FlowRunViews.View(state);
        if (!state.HasProcess || view.State.Message is not null || state.Node is not { } on || nodes is null || nodes.IsOwn(on)
            || nodes.Find(on) is not null)
        {
            return view;
        }

        var then = state.Recipe.OnNodeLoss is { Action: not NodeLossAction.Wait } loss
            ? $"if it is not back after {DurationText.Format(LostNode.IsEndedAfter(state.Recipe)!.Value)}, "
                + (loss.Action == NodeLossAction.Retry ? "the run is tried again on another" : "the run has crashed")
            : "the run goes on when it is back";
        return view with { State = view.State with { Message = $"Node {on}, where it is executed, is no member of the cluster now: {then}." } };
    }

    private static Decision Unknown(FlowRunState state, object message) => message is CancelRun or RepeatRun or GetRun
        ? Decision.Answer(new RunNotFound(state.Id.ToString("D")))
        : message is SlotsGranted granted ? Decision.Do(Declined(state, granted))
        : message is SlotsRefused ? Decision.Do(new StopWaiting(state.Id)) : Decision.None;

    private static Decision Create(FlowRunState state, CreateRun create, DateTimeOffset now)
    {
        if (state.Phase != RunPhase.None)
        {
            var differences = create.KeyOnly ? [] : KeyRules.Differences(state.Scheduled!, create.Scheduled);
            return Decision.Answer(differences.IsEmpty
                ? new RunSubmitted(state.Id, Created: false, state.Current)
                : new KeyUsedOtherwise(state.Id, create.Scheduled.IdempotencyKey ?? "", differences));
        }

        var decision = Decision.Persist(create.Scheduled)
            .Replying(new RunSubmitted(state.Id, Created: true, new RunState(StateType.Scheduled, StateNames.Scheduled, now)));
        return create.Scheduled.Due <= now ? decision.Then(RunLimits.FirstAsk(create)) : decision;
    }

    private Decision Recover(FlowRunState state, DateTimeOffset now) => state.Phase switch
    {
        RunPhase.Submitting => Decision.Do(new RecoverProcess(state.Attempt, null)),
        RunPhase.Running => WithTimeout(state, Decision.Do(new RecoverProcess(state.Attempt, Handle(state))), now),
        RunPhase.Stopping => Decision.Do(
            new RecoverProcess(state.Attempt, Handle(state)), new StopProcess(state.Attempt, Grace(state, state.Stopping!.Reason))),
        RunPhase.AwaitingSlot => Decision.Do(new WaitForSlot(RunLimits.Waiting(state), state.WaitingFor!)),
        RunPhase.Scheduled or RunPhase.AwaitingRetry => Wake(state, now),
        RunPhase.None or RunPhase.Ended => Decision.None,
    };

    private Decision Wake(FlowRunState state, DateTimeOffset now)
    {
        if (!state.WantsSlots)
        {
            return Decision.None;
        }

        var decision = Decision.None;
        // It changes what people read and nothing else: where a node could not read it, the run waits without.
        if (!state.Late && now >= state.ReadyAt + LateAfter && allKnow?.Invoke(LateKind) != false)
        {
            decision = Decision.Persist(new RunLate());
        }

        return state.Phase != RunPhase.AwaitingSlot && now >= state.ReadyAt ? decision.Then(new AcquireSlots(RunLimits.Waiting(state))) : decision;
    }

    private Decision Start(FlowRunState state, SlotsGranted granted, DateTimeOffset now)
    {
        // A grant repeated to an attempt that is over meanwhile must not cut the next one's delay short.
        var isWanted = state.IsReady(now) && RunLimits.IsFor(granted, state);
        if (isWanted && granted is { WaitFor: null, Node: { } on } && nodes?.IsGone(on) == true)
        {
            // Nobody could tell whether it was ever started there, and by its deployment's word it may have to wait for that node.
            return Decision.Do(new SlotsDeclined(state.Id, [.. granted.Slots.Except(state.Slots)], HeldByOthers: false), Again(state));
        }

        if (isWanted && granted.WaitFor is null)
        {
            var attempt = state.Attempt + 1;
            var starting = Decision.Persist(new AttemptStarting(attempt, granted.Slots, granted.Node ?? node))
                .Then(new SlotsTaken(state.Id, granted.Slots), new StartProcess(attempt));
            var left = state.Slots.Except(granted.Slots).ToImmutableArray();
            return left.IsEmpty ? starting : starting.Then(new SlotsReleased(state.Id, left));
        }

        // The limiter asks again until it is answered; what it kept for us is ours, or is not wanted any more.
        var ours = granted.Slots.Where(slot => state.Slots.Contains(slot)).ToImmutableArray();
        if (ours.Length == granted.Slots.Length)
        {
            var taken = Decision.Do(new SlotsTaken(state.Id, granted.Slots));
            return state.Phase == RunPhase.AwaitingSlot ? taken.Then(new WaitForSlot(RunLimits.Waiting(state), state.WaitingFor!)) : taken;
        }

        if (isWanted && granted.WaitFor is { } full && state.Slots.IsEmpty)
        {
            return Decision.Persist(new RunAwaitingSlot(full, granted.Slots))
                .Then(new SlotsTaken(state.Id, granted.Slots), new WaitForSlot(RunLimits.Waiting(state), full));
        }

        var declined = new SlotsDeclined(state.Id, [.. granted.Slots.Except(ours)], HeldByOthers: false);
        return ours.IsEmpty ? Decision.Do(declined) : Decision.Do(new SlotsTaken(state.Id, ours), declined);
    }

    private static SlotsDeclined Declined(FlowRunState state, SlotsGranted granted) => new(state.Id, granted.Slots, HeldByOthers: false);

    private static SlotsReleased Released(FlowRunState state) => new(state.Id, state.Slots);

    /// <summary>
    /// The limiter gave a slot away that it did not have, and has read anew, or one on a node that is gone: who waits goes on waiting, in its place.
    /// </summary>
    private static Decision Conflicted(FlowRunState state, DateTimeOffset now) => state.Phase switch
    {
        RunPhase.Scheduled or RunPhase.AwaitingRetry or RunPhase.AwaitingSlot => state.IsReady(now) ? Decision.Do(Again(state)) : Decision.None,
        RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping => Decision.Do(new SlotsTaken(state.Id, state.Slots)),
        RunPhase.None or RunPhase.Ended => Decision.None,
    };

    /// <summary>Asks for its slots once more, in its place if it has one.</summary>
    private static ILimiterMessage Again(FlowRunState state) => state.Phase == RunPhase.AwaitingSlot
        ? new WaitForSlot(RunLimits.Waiting(state), state.WaitingFor!)
        : new AcquireSlots(RunLimits.Waiting(state));

    private static Decision Wait(FlowRunState state, SlotsRefused refused, DateTimeOffset now)
    {
        if (!state.IsReady(now))
        {
            return Decision.Do(new StopWaiting(state.Id));
        }

        if (state.Slots.Any(slot => slot.Limit == refused.Limit)
            || (refused.Ready is { } asked && asked.ToUnixTimeMilliseconds() != state.ReadyAt.ToUnixTimeMilliseconds()))
        {
            // The answer to what was asked before it had that slot, or by an attempt before this one: it says nothing of now.
            return state.Phase == RunPhase.AwaitingSlot
                ? Decision.Do(new WaitForSlot(RunLimits.Waiting(state), state.WaitingFor!))
                : Decision.Do(new AcquireSlots(RunLimits.Waiting(state)));
        }

        // Whoever retries is older than who has come meanwhile, and takes nobody's place.
        if (state.Slots.IsEmpty && refused.Limit == LimitNames.Deployment(state.Scheduled!.Deployment)
            && (state.Recipe.Concurrency is { OnFull: OnFull.CancelNew }
                || (state.Recipe.Concurrency is { OnFull: OnFull.CancelRunning } && state.Attempt > 0)))
        {
            var cancelled = Finish(state, AttemptOutcomes.Cancelled("Deployment concurrency limit reached."));
            // The limiter awaits an answer of who was told to wait.
            return state.Phase == RunPhase.AwaitingSlot ? cancelled : cancelled.Then(new StopWaiting(state.Id));
        }

        return state.Phase == RunPhase.AwaitingSlot && state.WaitingFor == refused.Limit
            ? Decision.Do(new WaitForSlot(RunLimits.Waiting(state), refused.Limit))
            : Decision.Persist(new RunAwaitingSlot(refused.Limit, Why: refused.Why)).Then(new WaitForSlot(RunLimits.Waiting(state), refused.Limit));
    }

    /// <summary>
    /// A newer run of its deployment has its place: as if somebody had cancelled it for that. One that is being stopped already gives its place back
    /// anyway.
    /// </summary>
    private static Decision GivesWay(FlowRunState state, GiveWay way)
    {
        var reason = $"A newer run of its deployment took its place: {way.To:D}.";
        return state.Phase switch
        {
            RunPhase.AwaitingSlot => Finish(state, AttemptOutcomes.Cancelled(reason)),
            RunPhase.Submitting or RunPhase.Running => Stop(state, StopReason.Cancel, reason),
            RunPhase.None or RunPhase.Scheduled or RunPhase.AwaitingRetry or RunPhase.Stopping or RunPhase.Ended => Decision.None,
        };
    }

    private static Decision Running(FlowRunState state, ProcessStarted started, DateTimeOffset now)
    {
        // An older attempt's process, or one that an earlier message told of already: nothing new.
        if (started.Attempt != state.Attempt || !state.HasProcess || state.Handle is not null)
        {
            return Decision.None;
        }

        var handle = started.Handle;
        // A short program ends before this is written: then its start and its end are one commit.
        var decision = Decision.Persist(new AttemptRunning(started.Attempt, handle.Pid, handle.StartTime, handle.BootId)) with { MayWait = true };
        return state.Phase == RunPhase.Submitting && state.Recipe.Timeout is { } timeout
            ? decision.Then(new WatchTimeout(started.Attempt, timeout))
            : decision;
    }

    private static Decision NotStarted(FlowRunState state, ProcessNotStarted failed, DateTimeOffset now) =>
        failed.Attempt != state.Attempt || !state.HasProcess ? Decision.None
        : state.Stopping is { Reason: StopReason.Cancel } ? Finish(state, AttemptOutcomes.Cancelled(state.Stopping.Message))
        : AfterAttempt(state, AttemptOutcomes.NotStarted(failed.Kind, failed.Message), null, now);

    // What said so may have looked before another life of this run wrote what became of the attempt: only who writes first may start it.
    private Decision NeverStarted(FlowRunState state, ProcessNeverStarted never, DateTimeOffset now) =>
        // Of a process that has been alive it can only be an old word: what becomes of that one is told by its end. So it is where the attempt was
        // begun once more since: that may be under way, and is told of by itself.
        never.Attempt != state.Attempt || !state.HasProcess || state.Handle is not null || never.Asked < state.StartSequence ? Decision.None
        : state.Stopping is { Reason: StopReason.Cancel } ? Finish(state, AttemptOutcomes.Cancelled(state.Stopping.Message))
        : state.Stopping is { } stopping ? AfterAttempt(state, AttemptOutcomes.Interrupted(stopping), null, now)
        : Decision.Persist(new AttemptStarting(state.Attempt, state.Slots, sharedStore ? state.Node ?? node : node))
            .Then(new StartProcess(state.Attempt));

    private static Decision Ended(FlowRunState state, ProcessEnded ended, DateTimeOffset now) =>
        ended.Attempt != state.Attempt || !state.HasProcess
            ? Decision.None
            : AfterAttempt(
                state, AttemptOutcomes.Of(state, ended.Outcome), AttemptOutcomes.Result(ended.Outcome), now,
                AttemptOutcomes.IsOwn(state, ended.Outcome) ? ExitRules.Forbids(state.Recipe.Retries, ended.Outcome.Exit) : null);

    /// <summary>
    /// Its program has ended, with its node or by it, and what became of it nobody knows. By its deployment's word it is tried again elsewhere, also
    /// if it has no retries left: it is not the program that failed.
    /// </summary>
    private static Decision Lost(FlowRunState state, NodeLost lost, DateTimeOffset now)
    {
        if (lost.Attempt != state.Attempt || !state.HasProcess || state.Recipe.OnNodeLoss is not { Action: not NodeLossAction.Wait } loss)
        {
            return Decision.None;
        }

        var outcome = AttemptOutcomes.Lost(state);
        if (state.Stopping is { Reason: StopReason.Cancel } || loss.Action == NodeLossAction.Crash)
        {
            return Finish(state, outcome);
        }

        return Decision.Persist(new AttemptRetrying(state.Attempt, outcome, now)).Then(Released(state));
    }

    private static Decision AfterAttempt(
        FlowRunState state, AttemptOutcome outcome, System.Text.Json.JsonElement? result, DateTimeOffset now, string? forbidden = null)
    {
        // Who was promised an end gets no further attempt, though this one ended by itself before the stop reached it.
        var retryable = outcome.Type.IsFailure() && state.Stopping is not { Reason: StopReason.Cancel };
        return !retryable || RetryPolicy.DelayBefore(state.Recipe.Retries, state.Id, state.Attempt) is not { } delay ? Finish(state, outcome, result)
            : forbidden is not null ? Finish(state, outcome with { Message = AttemptOutcomes.Sentence(outcome.Message, forbidden) }, result)
            : Decision.Persist(new AttemptRetrying(state.Attempt, outcome, now + delay)).Then(Released(state));
    }

    private static Decision Overrun(FlowRunState state, TimeoutReached reached) =>
        state.Phase == RunPhase.Running && reached.Attempt == state.Attempt && state.Recipe.Timeout is { } timeout
            ? Stop(state, StopReason.Timeout, $"It ran longer than its timeout of {DurationText.Format(timeout)}.")
            : Decision.None;

    private static Decision Cancel(FlowRunState state, CancelRun cancel, DateTimeOffset now) => state.Phase switch
    {
        RunPhase.None => Decision.Answer(new RunNotFound(state.Id.ToString("D"))),
        RunPhase.Ended when state.Current.Type == StateType.Cancelled => Decision.Answer(new RunCancelAccepted(state.Id, state.Current)),
        RunPhase.Ended => Decision.Answer(new RunAlreadyEnded(state.Id, state.Current.Name)),
        RunPhase.Stopping when state.Stopping!.Reason == StopReason.Cancel => Decision.Answer(new RunCancelAccepted(state.Id, state.Current)),
        RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping => Stop(state, StopReason.Cancel, cancel.Reason).Replying(
            new RunCancelAccepted(state.Id, new RunState(StateType.Cancelling, StateNames.Cancelling, now, cancel.Reason))),
        RunPhase.Scheduled or RunPhase.AwaitingSlot or RunPhase.AwaitingRetry => Finish(state, AttemptOutcomes.Cancelled(cancel.Reason)).Replying(
            new RunCancelAccepted(state.Id, new RunState(StateType.Cancelled, StateNames.Cancelled, now, cancel.Reason))),
    };

    private static Decision Shutdown(FlowRunState state, StopForShutdown stop)
    {
        if (stop.Node is { } stopping && state.Node != stopping)
        {
            // The attempt that was counted there is over.
            return Decision.None;
        }

        var grace = stop.Mode == StopMode.Immediate ? TimeSpan.Zero : state.HasProcess ? state.Recipe.StopGrace : TimeSpan.Zero;
        return state.Phase switch
        {
            RunPhase.Submitting or RunPhase.Running => Decision
                .Persist(new AttemptStopping(state.Attempt, StopReason.Shutdown, "The node is being stopped."))
                .Then(new StopProcess(state.Attempt, grace)),
            RunPhase.Stopping when stop.Mode == StopMode.Immediate => Decision.Do(new StopProcess(state.Attempt, TimeSpan.Zero)),
            RunPhase.None or RunPhase.Scheduled or RunPhase.AwaitingSlot or RunPhase.AwaitingRetry or RunPhase.Stopping or RunPhase.Ended =>
                Decision.None,
        };
    }

    private static Decision Stop(FlowRunState state, StopReason reason, string? message) =>
        Decision.Persist(new AttemptStopping(state.Attempt, reason, message)).Then(new StopProcess(state.Attempt, Grace(state, reason)));

    private static Decision Repeat(FlowRunState state, RepeatRun repeat, DateTimeOffset now)
    {
        if (state.Phase != RunPhase.Ended)
        {
            return Decision.Answer(new RunNotEnded(state.Id, state.Current.Name));
        }

        var given = repeat.Command.IdempotencyKey;
        if (KeyRules.Problem(given) is { } problem)
        {
            return Decision.Answer(new SubmissionInvalid([problem]));
        }

        var id = given is not null ? RunIds.ForKey(state.Id.ToString("D"), given) : repeat.FreshId;
        var scheduled =
            state.Scheduled! with { Due = now, StartAt = null, RetryOf = state.Id, Schedule = null, IdempotencyKey = given, Asked = null };
        return Decision.Answer(
            new AnswerFrom(new EntityKey(EntityKinds.FlowRun, id.ToString("D")), new CreateRun(id, scheduled, id == repeat.FreshId)));
    }

    private static Decision Finish(FlowRunState state, AttemptOutcome outcome, System.Text.Json.JsonElement? result = null)
    {
        var decision = Decision.Persist(new RunFinished(state.Attempt, outcome, result));
        decision = state.Phase == RunPhase.AwaitingSlot ? decision.Then(new StopWaiting(state.Id)) : decision;
        return state.Slots.IsEmpty ? decision : decision.Then(Released(state));
    }

    /// <summary>Of a process that an earlier life of the node started only the wall clock knows how long it has been alive.</summary>
    private static Decision WithTimeout(FlowRunState state, Decision decision, DateTimeOffset now)
    {
        if (state.TimeoutAt is not { } at)
        {
            return decision;
        }

        var left = at - now;
        var timeout = state.Recipe.Timeout!.Value;
        return decision.Then(new WatchTimeout(state.Attempt, left < TimeSpan.Zero ? TimeSpan.Zero : left > timeout ? timeout : left));
    }

    private static TimeSpan Grace(FlowRunState state, StopReason reason) =>
        reason == StopReason.Shutdown ? TimeSpan.Zero : state.Recipe.StopGrace;

    /// <summary>Its attempt's process, once it is known; null before.</summary>
    internal static ProcessHandle? Handle(FlowRunState state) =>
        state.Handle is { } handle ? new ProcessHandle(handle.Pid, handle.StartTime, handle.BootId) : null;
}
