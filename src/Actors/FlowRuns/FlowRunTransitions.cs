using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>The state of a run after each of its events.</summary>
internal static class FlowRunTransitions
{
    // In one piece: an arm for each event.
    public static FlowRunState Apply(FlowRunState state, IRunEvent @event, DateTimeOffset at)
    {
        state = state with { Sequence = state.Sequence + 1 };
        // A terminal state never changes, whatever a journal may hold.
        return state.Phase == RunPhase.Ended || state.Lost ? state : @event switch
        {
            not RunScheduled when state.Phase == RunPhase.None =>
                throw new InvalidOperationException($"A run begins with {nameof(RunScheduled)}, not with {@event.GetType().Name}."),
            RunScheduled e => Enter(
                state with { Phase = RunPhase.Scheduled, Scheduled = e, Created = at }, new(StateType.Scheduled, StateNames.Scheduled, at)),
            RunLate => Enter(
                state with { Late = true },
                new(StateType.Scheduled, StateNames.Late, at,
                    state.WaitingFor is null ? "It is past its due time." : state.WaitingWhy ?? $"It waits for a slot of '{state.WaitingFor}'.")),
            RunAwaitingSlot e => Enter(
                state with { Phase = RunPhase.AwaitingSlot, WaitingFor = e.Limit, WaitingWhy = e.Why, Slots = e.Slots ?? state.Slots },
                new(StateType.Scheduled, StateNames.AwaitingConcurrencySlot, at, e.Why ?? $"Limit '{e.Limit}' is full.")),
            // It was found not to have been started, and is started now: the same attempt, with the same slots.
            AttemptStarting e when e.Attempt == state.Attempt && state.Phase == RunPhase.Submitting =>
                state with { Node = e.Node, StartSequence = state.Sequence, AttemptAt = at },
            AttemptStarting e => Enter(
                state with
                {
                    Phase = RunPhase.Submitting, Attempt = e.Attempt, Slots = e.Slots, Node = e.Node, StartSequence = state.Sequence, AttemptAt = at,
                    WaitingFor = null, WaitingWhy = null, RetryAt = null, Handle = null, RunningSince = null, Stopping = null,
                },
                new(StateType.Pending, StateNames.Submitting, at), node: e.Node),
            AttemptRunning e => Running(state, e, at),
            AttemptStopping e => Stopping(state, e, at),
            AttemptRetrying e => Enter(
                state with
                {
                    Phase = RunPhase.AwaitingRetry, RetryAt = e.RetryAt, Slots = [], Stopping = null, Handle = null,
                    Started = Began(state, e.Outcome),
                },
                new(StateType.Scheduled, StateNames.AwaitingRetry, at, $"Attempt {e.Attempt} {Words(e.Outcome)}"), e.Outcome.ExitCode),
            RunFinished e => Enter(
                state with
                {
                    Phase = RunPhase.Ended, Ended = at, Outcome = e.Outcome, Result = e.Result, Slots = [], WaitingFor = null, WaitingWhy = null,
                    RetryAt = null, Started = Began(state, e.Outcome),
                },
                new(e.Outcome.Type, e.Outcome.Name, at, e.Outcome.Message), e.Outcome.ExitCode),
            _ => throw new InvalidOperationException(
                $"A {@event.GetType().Name} is an event of runs that changes none: this program does not know what it means."),
        };
    }

    /// <summary>
    /// The state after an event that nobody can read. Without its first one nothing is known of a run, and what comes after it says too little.
    /// </summary>
    public static FlowRunState Skip(FlowRunState state) =>
        state with { Sequence = state.Sequence + 1, Lost = state.Lost || state.Phase == RunPhase.None };

    /// <summary>
    /// When its first program began. Of one whose end alone was told, as where its run moved meanwhile, that was when its attempt was begun.
    /// </summary>
    private static DateTimeOffset? Began(FlowRunState state, AttemptOutcome outcome) =>
        // One that could not be started has crashed with the exit code that a shell would give it.
        state.Started ?? (outcome is { ExitCode: not null, Type: not StateType.Crashed } or { Signal: not null } ? state.AttemptAt : null);

    private static FlowRunState Running(FlowRunState state, AttemptRunning e, DateTimeOffset at)
    {
        state = state with { Handle = e, RunningSince = at, Started = state.Started ?? at };
        return state.Phase == RunPhase.Stopping
            ? state
            : Enter(
                state with { Phase = RunPhase.Running },
                new(StateType.Running, e.Attempt > 1 ? StateNames.Retrying : StateNames.Running, at));
    }

    private static FlowRunState Stopping(FlowRunState state, AttemptStopping e, DateTimeOffset at) => Enter(
        state with { Phase = RunPhase.Stopping, Stopping = e },
        e.Reason == StopReason.Cancel
            ? new(StateType.Cancelling, StateNames.Cancelling, at, e.Message)
            : new(StateType.Running, StateNames.Stopping, at, e.Message));

    private static FlowRunState Enter(FlowRunState state, RunState current, int? exitCode = null, string? node = null) => state with
    {
        Current = current,
        History = state.History.Add(new RunStateChange(state.Sequence, current, state.Attempt, exitCode, node)),
    };

    private static string Words(AttemptOutcome outcome) =>
        outcome.Message is { } message ? $"ended as {outcome.Name}: {message}" : $"ended as {outcome.Name}.";
}
