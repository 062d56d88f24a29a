using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>Where a run stands. Each phase implies what has to happen next, so recovering is: replay, then do what the phase says.</summary>
/// <remarks>
/// <code>
///            due, slots free                            exit 0 ──► Ended (Completed)
/// Scheduled ────────────────► Submitting ──► Running ──┤
///     │  ▲  due, limit full     ▲    │          │      └ other ─► AwaitingRetry ─► (as Scheduled) | Ended
///     │  └────► AwaitingSlot ───┘    └────┬─────┘
///     │               │                   ▼ cancel, timeout, shutdown
///     └──── cancel ───┴──► Ended ◄──── Stopping
/// </code>
/// </remarks>
public enum RunPhase
{
    /// <summary>No event yet.</summary>
    None,

    /// <summary>Waits for its due time, then for the limiter's word.</summary>
    Scheduled,

    /// <summary>
    /// Due; waits for a slot of <see cref="FlowRunState.WaitingFor"/>. Holds the one of its deployment's limit if that does not queue and is not what
    /// it waits for.
    /// </summary>
    AwaitingSlot,

    /// <summary>An attempt did not complete; waits for <see cref="FlowRunState.RetryAt"/>, then as Scheduled. Holds no slot.</summary>
    AwaitingRetry,

    /// <summary>Slots taken; the process may be started or may be there already.</summary>
    Submitting,

    /// <summary>The process is alive under <see cref="FlowRunState.Handle"/>.</summary>
    Running,

    /// <summary>The process is being stopped for <see cref="FlowRunState.Stopping"/>.</summary>
    Stopping,

    /// <summary>The end.</summary>
    Ended,
}

/// <summary>The state of a flow run: a fold over its events.</summary>
internal sealed record FlowRunState(Guid Id)
{
    public RunPhase Phase { get; init; }

    /// <summary>How the run was made; null while <see cref="Phase"/> is None.</summary>
    public RunScheduled? Scheduled { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>What lists and people see.</summary>
    public RunState Current { get; init; } = new(StateType.Scheduled, StateNames.Scheduled, DateTimeOffset.UnixEpoch);

    /// <summary>The last attempt that was begun; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>
    /// The place in the history at which the attempt was begun, or begun once more because it had not been started: what was found before says
    /// nothing of that.
    /// </summary>
    public long StartSequence { get; init; }

    /// <summary>The slots held: since the attempt's start, or since it began to wait with its place, until the run ends or awaits a retry.</summary>
    public ImmutableArray<Slot> Slots { get; init; } = [];

    public string? WaitingFor { get; init; }

    /// <summary>Why it waits, as a sentence; null where the limit's name says it.</summary>
    public string? WaitingWhy { get; init; }

    /// <summary>Marked late once, for its whole life.</summary>
    public bool Late { get; init; }

    public DateTimeOffset? RetryAt { get; init; }

    public string? Node { get; init; }

    public AttemptRunning? Handle { get; init; }

    /// <summary>When the current attempt's process was alive for the first time.</summary>
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>When the first attempt's process was alive for the first time.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When its attempt was begun: its program starts a moment later.</summary>
    public DateTimeOffset? AttemptAt { get; init; }

    public AttemptStopping? Stopping { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public AttemptOutcome? Outcome { get; init; }

    public JsonElement? Result { get; init; }

    /// <summary>Every state it has been in, oldest first.</summary>
    public ImmutableList<RunStateChange> History { get; init; } = [];

    /// <summary>Whether its first event could not be read and was skipped: there is no such run any more.</summary>
    public bool Lost { get; init; }

    /// <summary>The number of events folded.</summary>
    public long Sequence { get; init; }

    public RunRecipe Recipe => Scheduled!.Recipe;

    /// <summary>When it may next take slots.</summary>
    public DateTimeOffset ReadyAt => RetryAt ?? StartAt;

    /// <summary>When its first attempt is to start: as soon as it is due, or later by its schedule's jitter. What «late» is counted from.</summary>
    public DateTimeOffset StartAt => Scheduled!.StartAt ?? Scheduled.Due;

    /// <summary>Whether an attempt's process may exist.</summary>
    public bool HasProcess => Phase switch
    {
        RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping => true,
        RunPhase.None or RunPhase.Scheduled or RunPhase.AwaitingSlot or RunPhase.AwaitingRetry or RunPhase.Ended => false,
    };

    /// <summary>Whether it would start if it got its slots.</summary>
    public bool WantsSlots => Phase switch
    {
        RunPhase.Scheduled or RunPhase.AwaitingSlot or RunPhase.AwaitingRetry => true,
        RunPhase.None or RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping or RunPhase.Ended => false,
    };

    /// <summary>Whether it may take slots now. One that has begun to wait may, even if the wall clock has stepped back since.</summary>
    public bool IsReady(DateTimeOffset now) => Phase == RunPhase.AwaitingSlot || (WantsSlots && now >= ReadyAt);

    /// <summary>When the current attempt overruns its time; null if it may take for ever or no process is alive.</summary>
    public DateTimeOffset? TimeoutAt => Phase == RunPhase.Running && Recipe.Timeout is { } timeout ? RunningSince + timeout : null;
}
