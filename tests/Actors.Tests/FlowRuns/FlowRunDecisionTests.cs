using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Entities;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Decision = Runner.Entities.Decision<Runner.Messages.Runs.IRunEvent, Runner.Actors.IRunIntent>;

namespace Runner.Actors.Tests.FlowRuns;

/// <summary>What a run decides in each phase about each message: events, then intents, then the reply.</summary>
public sealed class FlowRunDecisionTests
{
    private const string None = "";
    private static readonly Guid Id = new("00000000-0000-8000-8000-000000000001");
    private static readonly DateTimeOffset Due = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ImmutableArray<Slot> Slots = [new("db", 0), new("node:n", 1)];
    private static readonly ImmutableArray<Slot> All = [new("deployment:flow/d", 0), .. Slots];
    private static readonly ProcessHandle Handle = new(42, 7, "boot");
    private static readonly FlowRunBehaviour Behaviour = new("n");

    /// <summary>
    /// Rows are messages, columns phases: None, Scheduled, AwaitingSlot, Submitting, Running, Stopping (cancelled), AwaitingRetry, Ended.
    /// </summary>
    public static TheoryData<string, string[]> Table => new()
    {
        { "granted", ["SlotsDeclined", "AttemptStarting SlotsTaken StartProcess", "AttemptStarting SlotsTaken StartProcess", "SlotsTaken",
            "SlotsTaken", "SlotsTaken", "SlotsDeclined", "SlotsDeclined"] },
        { "granted-others", ["SlotsDeclined", "AttemptStarting SlotsTaken StartProcess", "AttemptStarting SlotsTaken StartProcess", "SlotsDeclined",
            "SlotsDeclined", "SlotsDeclined", "SlotsDeclined", "SlotsDeclined"] },
        {
            "refused",
            ["StopWaiting", "RunAwaitingSlot WaitForSlot", "WaitForSlot", "StopWaiting", "StopWaiting", "StopWaiting", "StopWaiting", "StopWaiting"]
        },
        { "refused-other", ["StopWaiting", "RunAwaitingSlot WaitForSlot", "RunAwaitingSlot WaitForSlot", "StopWaiting", "StopWaiting", "StopWaiting",
            "StopWaiting", "StopWaiting"] },
        {
            "give-way",
            [None, None, "RunFinished:Cancelled StopWaiting", "AttemptStopping StopProcess", "AttemptStopping StopProcess", None, None, None]
        },
        { "conflicted", [None, "AcquireSlots", "WaitForSlot", "SlotsTaken", "SlotsTaken", "SlotsTaken", None, None] },
        { "started", [None, None, None, "AttemptRunning WatchTimeout", None, None, None, None] },
        {
            "not-started",
            [None, None, None, "AttemptRetrying SlotsReleased", "AttemptRetrying SlotsReleased", "RunFinished:Cancelled SlotsReleased", None, None]
        },
        { "never-started", [None, None, None, "AttemptStarting StartProcess", None, None, None, None] },
        { "exit-0", [None, None, None, "RunFinished:Completed SlotsReleased", "RunFinished:Completed SlotsReleased",
            "RunFinished:Completed SlotsReleased", None, None] },
        {
            "exit-1",
            [None, None, None, "AttemptRetrying SlotsReleased", "AttemptRetrying SlotsReleased", "RunFinished:Failed SlotsReleased", None, None]
        },
        {
            "killed-after-stop",
            [None, None, None, "AttemptRetrying SlotsReleased", "AttemptRetrying SlotsReleased", "RunFinished:Cancelled SlotsReleased", None, None]
        },
        {
            "gone",
            [None, None, None, "AttemptRetrying SlotsReleased", "AttemptRetrying SlotsReleased", "RunFinished:Cancelled SlotsReleased", None, None]
        },
        { "exit-0-of-attempt-0", [None, None, None, None, None, None, None, None] },
        { "cancel", ["=RunNotFound", "RunFinished:Cancelled =RunCancelAccepted", "RunFinished:Cancelled StopWaiting =RunCancelAccepted",
            "AttemptStopping StopProcess =RunCancelAccepted", "AttemptStopping StopProcess =RunCancelAccepted", "=RunCancelAccepted",
            "RunFinished:Cancelled =RunCancelAccepted", "=RunAlreadyEnded"] },
        { "timeout", [None, None, None, None, "AttemptStopping StopProcess", None, None, None] },
        { "node-lost", [None, None, None, None, None, None, None, None] },
        { "timeout-of-attempt-0", [None, None, None, None, None, None, None, None] },
        { "shutdown", [None, None, None, "AttemptStopping StopProcess", "AttemptStopping StopProcess", None, None, None] },
        { "shutdown-now", [None, None, None, "AttemptStopping StopProcess", "AttemptStopping StopProcess", "StopProcess", None, None] },
        {
            "recovered",
            [None, "AcquireSlots", "WaitForSlot", "RecoverProcess", "RecoverProcess WatchTimeout", "RecoverProcess StopProcess", None, None]
        },
        { "wake-up", [None, "RunLate AcquireSlots", "RunLate", None, None, None, None, None] },
        { "repeat", ["=RunNotFound", "=RunNotEnded", "=RunNotEnded", "=RunNotEnded", "=RunNotEnded", "=RunNotEnded", "=RunNotEnded", "=AnswerFrom"] },
        { "create", ["RunScheduled AcquireSlots =RunSubmitted", "=RunSubmitted", "=RunSubmitted", "=RunSubmitted", "=RunSubmitted", "=RunSubmitted",
            "=RunSubmitted", "=RunSubmitted"] },
        { "get", ["=RunNotFound", "=RunView", "=RunView", "=RunView", "=RunView", "=RunView", "=RunView", "=RunView"] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void In_every_phase_a_message_has_its_documented_consequence(string message, string[] expected) =>
        Assert.Equal(expected, States().Select(state => Text(Behaviour.Decide(state, Message(message), Now(message)))));

    [Fact]
    public void A_program_of_which_the_end_alone_is_told_began_when_its_attempt_did()
    {
        var submitting = Then(Scheduled(), new SlotsGranted(Id, Slots), Due.AddSeconds(3));
        var exited = new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(0)));
        Assert.Equal((Due.AddSeconds(3), Due.AddSeconds(5)), (
            Then(submitting, exited, Due.AddSeconds(5)).Started, Then(submitting, exited, Due.AddSeconds(5)).Ended));
        var failed = new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(1)));
        Assert.Equal(Due.AddSeconds(3), Then(submitting, failed, Due.AddSeconds(5)).Started);
        // Of one that never came to be nobody says so.
        Assert.Null(Then(submitting, new ProcessNotStarted(1, StartFailureKind.CommandNotFound, "There is none."), Due.AddSeconds(5)).Started);
    }

    [Fact]
    public void Every_message_stands_in_the_table_and_every_phase()
    {
        Assert.Equal(
            // A repetition reaches the run with an id.
            DecisionText.MessagesTo(typeof(IRunMessage), [typeof(FlowRunActor).Namespace!, typeof(ProcessActor).Namespace!], typeof(RetryRun),
                // These go to a node.
                typeof(StartAttempt), typeof(RecoverAttempt), typeof(StopAttempt), typeof(ForgetAttempt)),
            Table.Select(row => Message((string)((object[])row)[0]).GetType()).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));
        Assert.Equal(Enum.GetValues<RunPhase>().Order(), States().Select(state => state.Phase).Order());
    }

    [Fact]
    public void Before_its_time_a_run_asks_for_nothing_and_takes_nothing()
    {
        var early = Due.AddSeconds(-1);

        Assert.Equal(None, Text(Behaviour.Decide(Scheduled(), WakeUpNow.Instance, early)));
        Assert.Equal("SlotsDeclined", Text(Behaviour.Decide(Scheduled(), new SlotsGranted(Id, Slots), early)));
        Assert.Equal("AcquireSlots", Text(Behaviour.Decide(Scheduled(), WakeUpNow.Instance, Due)));
    }

    /// <summary>B35.</summary>
    [Fact]
    public void A_run_with_jitter_waits_for_its_start_is_late_by_that_and_is_repeated_without_it()
    {
        var start = Due.AddSeconds(20);
        var run = Behaviour.Apply(Behaviour.Initial(Id.ToString("D")), Recipe(null, 0) with { StartAt = start, Schedule = "s" }, Due);

        Assert.Equal(start, Behaviour.WakeUpAt(run));
        Assert.Equal(None, Text(Behaviour.Decide(run, WakeUpNow.Instance, start.AddTicks(-1))));
        Assert.Equal("AcquireSlots", Text(Behaviour.Decide(run, WakeUpNow.Instance, start.AddSeconds(14))));
        Assert.Equal("RunLate AcquireSlots", Text(Behaviour.Decide(run, WakeUpNow.Instance, start.AddSeconds(15))));
        var view = Assert.IsType<RunView>(Behaviour.Decide(run, new GetRun(Id), Due).Reply);
        Assert.Equal((Due, start), (view.Due, view.StartAt));

        var ended = Then(run, new CancelRun(Id), Due.AddSeconds(1));
        var again = Assert.IsType<AnswerFrom>(Behaviour.Decide(ended, new RepeatRun(new RetryRun(Id), Guid.Empty), start).Reply);
        Assert.Equal((start, null), (Assert.IsType<CreateRun>(again.Message).Scheduled.Due, ((CreateRun)again.Message).Scheduled.StartAt));
    }

    /// <summary>B16.</summary>
    [Fact]
    public void Cancelled_before_its_start_it_ends_and_no_grant_starts_it_any_more()
    {
        var cancelled = Then(Scheduled(), new CancelRun(Id, "no"));

        Assert.Equal(StateNames.Cancelled, cancelled.Current.Name);
        Assert.Equal("SlotsDeclined", Text(Behaviour.Decide(cancelled, new SlotsGranted(Id, Slots), Due)));
    }

    /// <summary>B11.</summary>
    [Theory]
    [InlineData(0, null, StateNames.Completed)]
    [InlineData(3, null, StateNames.Failed)]
    [InlineData(null, 9, StateNames.Crashed)]
    public void The_exit_decides_the_state(int? code, int? signal, string expected)
    {
        ProcessExit exit = code is { } c ? new ProcessExit.Exited(c) : new ProcessExit.Signaled(signal!.Value);
        var ended = Then(Running(retries: 0), new ProcessEnded(1, new ProcessOutcome(exit)));

        Assert.Equal(expected, ended.Current.Name);
        Assert.Equal(code ?? 128 + signal, ended.Outcome!.ExitCode);
        Assert.Equal(expected == StateNames.Completed, ended.Current.Message is null);
    }

    /// <summary>B18.</summary>
    [Fact]
    public void A_run_that_finishes_while_being_cancelled_keeps_its_own_result()
    {
        var ended = Then(
            Stopping(StopReason.Cancel), new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(0), StopSent: false, Result: "{\"a\":1}")));

        Assert.Equal(StateNames.Completed, ended.Current.Name);
        Assert.Equal("{\"a\":1}", ended.Result!.Value.GetRawText());
    }

    /// <summary>B19.</summary>
    [Fact]
    public void A_cancelled_run_whose_process_is_gone_is_cancelled_with_a_note()
    {
        var ended = Then(Stopping(StopReason.Cancel), new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Unknown("it is gone"))));

        Assert.Equal(StateNames.Cancelled, ended.Current.Name);
        Assert.Contains("already gone", ended.Current.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_of_a_process_that_was_not_heard_of_it_is_believed_that_it_never_started()
    {
        var stopped = Behaviour.Apply(Submitting(), new AttemptStopping(1, StopReason.Cancel, "because"), Due);
        Assert.Equal(StateNames.Cancelled, Then(stopped, new ProcessNeverStarted(1)).Current.Name);

        var alive = Then(stopped, new ProcessStarted(1, Handle));
        Assert.Same(alive, Then(alive, new ProcessNeverStarted(1)));
        // Nor one that was begun once more since that was found: it may be starting.
        var starting = Submitting();
        var again = Then(starting, new ProcessNeverStarted(1, starting.Sequence));
        var cancelled = Then(again, new CancelRun(Id));
        Assert.Same(cancelled, Then(cancelled, new ProcessNeverStarted(1, starting.Sequence)));
        Assert.Equal(StateNames.Cancelled, Then(cancelled, new ProcessNeverStarted(1, again.Sequence)).Current.Name);
        Assert.Equal(StateNames.Cancelled, Then(alive, new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Unknown("it is gone")))).Current.Name);
    }

    /// <summary>B20.</summary>
    [Fact]
    public void Cancelling_twice_is_one_cancellation_and_a_finished_run_names_its_state()
    {
        var again = Behaviour.Decide(Stopping(StopReason.Cancel), new CancelRun(Id), Due);
        Assert.Empty(again.Events);
        Assert.IsType<RunCancelAccepted>(again.Reply);

        var refused = Assert.IsType<Messages.RunAlreadyEnded>(Behaviour.Decide(Ended(), new CancelRun(Id), Due).Reply);
        Assert.Equal(StateNames.Completed, refused.State);
    }

    /// <summary>B21.</summary>
    [Fact]
    public void An_attempt_that_overran_its_time_is_timed_out_and_retried()
    {
        var state = Then(Stopping(StopReason.Timeout), new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Signaled(15), StopSent: true)));

        Assert.Equal(RunPhase.AwaitingRetry, state.Phase);
        Assert.Contains(StateNames.TimedOut, state.Current.Message, StringComparison.Ordinal);
    }

    /// <summary>B23.</summary>
    [Fact]
    public void A_retry_keeps_the_id_counts_the_attempt_waits_its_delay_and_holds_no_slot()
    {
        var waiting = AwaitingRetry();
        Assert.Empty(waiting.Slots);
        Assert.Equal(Due.AddSeconds(30), waiting.ReadyAt);
        Assert.Equal(waiting.ReadyAt, Behaviour.WakeUpAt(waiting));

        var again = Then(waiting, new SlotsGranted(Id, Slots), waiting.ReadyAt);
        Assert.Equal((Id, 2, RunPhase.Submitting), (again.Id, again.Attempt, again.Phase));
    }

    /// <summary>B24 and B26.</summary>
    [Fact]
    public void What_an_older_attempt_says_changes_nothing_and_neither_does_anything_after_the_end()
    {
        var second = Then(AwaitingRetry(), new SlotsGranted(Id, Slots), Due.AddSeconds(30));
        object[] late = [new ProcessStarted(1, Handle), new ProcessEnded(
            1, new ProcessOutcome(new ProcessExit.Exited(0))), new ProcessNeverStarted(1), new ProcessNotStarted(1, StartFailureKind.Other, "x")];

        Assert.All(late, message => Assert.Equal(None, Text(Behaviour.Decide(second, message, Due))));
        Assert.All(late, message => Assert.Equal(None, Text(Behaviour.Decide(Ended(), message, Due))));
        var crashed = FlowRunTransitions.Apply(Ended(), new RunFinished(1, new(StateType.Crashed, StateNames.Crashed, null, null, null)), Due);
        Assert.Equal(StateNames.Completed, crashed.Current.Name);
    }

    /// <summary>B7.</summary>
    [Fact]
    public void Cancel_new_ends_at_once_when_its_own_limit_is_full_and_waits_for_others()
    {
        var run = Scheduled(new ConcurrencySpec(1, OnFull.CancelNew));

        var ended = Then(run, new SlotsRefused(Id, "deployment:flow/d"));
        Assert.Equal((StateNames.Cancelled, "Deployment concurrency limit reached."), (ended.Current.Name, ended.Current.Message));
        Assert.Equal(RunPhase.AwaitingSlot, Then(run, new SlotsRefused(Id, "db")).Phase);
    }

    [Fact]
    public void B90_a_retry_takes_nobodys_place()
    {
        var run = Scheduled(new ConcurrencySpec(1, OnFull.CancelRunning));
        var retrying = Then(Then(Then(run, new SlotsGranted(Id, All)), new ProcessStarted(1, Handle)), new ProcessEnded(
            1, new ProcessOutcome(new ProcessExit.Exited(1))));
        var own = new SlotsRefused(Id, "deployment:flow/d");

        Assert.Equal("RunAwaitingSlot WaitForSlot", Text(Behaviour.Decide(run, own, run.ReadyAt)));
        Assert.Equal("RunFinished:Cancelled StopWaiting", Text(Behaviour.Decide(retrying, own, retrying.ReadyAt)));
    }

    [Fact]
    public void B69_the_answer_to_an_earlier_attempt_cancels_nothing()
    {
        var run = Scheduled(new ConcurrencySpec(1, OnFull.CancelNew));
        var retrying = Then(Then(Then(run, new SlotsGranted(Id, All)), new ProcessStarted(1, Handle)), new ProcessEnded(
            1, new ProcessOutcome(new ProcessExit.Exited(1))));
        var own = new SlotsRefused(Id, "deployment:flow/d", run.ReadyAt);

        Assert.Equal("AcquireSlots", Text(Behaviour.Decide(retrying, own, retrying.ReadyAt)));
        Assert.Equal("RunFinished:Cancelled StopWaiting", Text(Behaviour.Decide(retrying, own with { Ready = retrying.ReadyAt }, retrying.ReadyAt)));
        Assert.Equal("RunFinished:Cancelled StopWaiting", Text(Behaviour.Decide(run, own, run.ReadyAt)));
    }

    /// <summary>A submission with the same key asked before, came to nothing, and its deployment said otherwise then.</summary>
    [Fact]
    public void A_grant_of_what_another_submission_asked_for_is_declined()
    {
        var recipe = Recipe(null, 0);
        var zone = new NodeRequirements([new LabelRule("zone", ["a"], false)]);
        var run = Behaviour.Apply(
            Behaviour.Initial(Id.ToString("D")), recipe with { Recipe = recipe.Recipe with { Requires = zone } }, Due);

        Assert.Equal("SlotsDeclined", Text(Behaviour.Decide(run, new SlotsGranted(Id, Slots, Node: "n", Requires: ""), Due)));
        Assert.Equal("SlotsDeclined", Text(Behaviour.Decide(run, new SlotsGranted(Id, [new Slot("gpu", 0), new Slot("node:n", 1)], Node: "n"), Due)));
        Assert.Equal(
            "AttemptStarting SlotsTaken StartProcess",
            Text(Behaviour.Decide(run, new SlotsGranted(Id, Slots, Node: "n", Requires: zone.ToString()), Due)));
    }

    [Fact]
    public void B68_a_place_is_held_while_it_waits_and_given_back_at_its_end()
    {
        ImmutableArray<Slot> place = [new Slot("deployment:flow/d", 0)];
        var run = Scheduled(new ConcurrencySpec(1, OnFull.CancelNew));
        var granted = new SlotsGranted(Id, place, "db");

        var waiting = Then(run, granted);

        Assert.Equal((RunPhase.AwaitingSlot, "db"), (waiting.Phase, waiting.WaitingFor));
        Assert.Equal(place, waiting.Slots);
        Assert.Equal("SlotsTaken WaitForSlot", Text(Behaviour.Decide(waiting, granted, Due)));
        // It is not its own place that holds it up.
        Assert.Equal("WaitForSlot", Text(Behaviour.Decide(waiting, new SlotsRefused(Id, "deployment:flow/d"), Due)));
        Assert.Equal("RunFinished:Cancelled StopWaiting SlotsReleased =RunCancelAccepted", Text(Behaviour.Decide(waiting, new CancelRun(Id), Due)));
        var started = Then(waiting, new SlotsGranted(Id, [.. place, .. Slots]));
        Assert.Equal([.. place, .. Slots], started.Slots.ToArray());
        Assert.Equal("SlotsTaken", Text(Behaviour.Decide(started, granted, Due)));
        Assert.Equal("SlotsTaken SlotsDeclined", Text(Behaviour.Decide(started, granted with { Slots = [.. place, new Slot("db", 7)] }, Due)));
    }

    /// <summary>B35.</summary>
    [Fact]
    public void It_is_marked_late_once()
    {
        var late = Then(AwaitingSlot(), WakeUpNow.Instance, Due.AddMinutes(1));

        Assert.Equal(StateNames.Late, late.Current.Name);
        Assert.Equal(None, Text(Behaviour.Decide(late, WakeUpNow.Instance, Due.AddMinutes(2))));
        Assert.Null(Behaviour.WakeUpAt(late));
    }

    [Fact]
    public void A_run_that_may_have_a_process_wakes_from_start_up_on_and_an_ended_one_never()
    {
        Assert.All(
            new[] { Submitting(), Running(), Stopping(StopReason.Cancel) },
            state => Assert.Equal(EntityWakeUps.FromStartUp, Behaviour.WakeUpAt(state)));
        Assert.Null(Behaviour.WakeUpAt(Ended()));
    }

    private static object Message(string name) => name switch
    {
        "granted" => new SlotsGranted(Id, Slots),
        "granted-others" => new SlotsGranted(Id, [new Slot("db", 5)]),
        "refused" => new SlotsRefused(Id, "db"),
        "refused-other" => new SlotsRefused(Id, "gpu"),
        "give-way" => new GiveWay(Id, Guid.Empty),
        "conflicted" => new SlotsConflicted(Id),
        "started" => new ProcessStarted(1, Handle),
        "not-started" => new ProcessNotStarted(1, StartFailureKind.CommandNotFound, "There is no such program."),
        "never-started" => new ProcessNeverStarted(1),
        "exit-0" => new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(0))),
        "exit-1" => new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(1))),
        "killed-after-stop" => new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Signaled(9), StopSent: true)),
        "gone" => new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Unknown("it is gone"))),
        "exit-0-of-attempt-0" => new ProcessEnded(0, new ProcessOutcome(new ProcessExit.Exited(0))),
        "cancel" => new CancelRun(Id, "no"),
        "timeout" => new TimeoutReached(1),
        "node-lost" => new NodeLost(1),
        "timeout-of-attempt-0" => new TimeoutReached(0),
        "shutdown" => new StopForShutdown(StopMode.Graceful),
        "shutdown-now" => new StopForShutdown(StopMode.Immediate),
        "recovered" => Recovered.Instance,
        "wake-up" => WakeUpNow.Instance,
        "repeat" => new RepeatRun(new RetryRun(Id), Guid.Empty),
        "create" => new CreateRun(Id, Recipe(null, 1)),
        "get" => new GetRun(Id),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>Before the retry is due; for what looks at the time, long after.</summary>
    private static DateTimeOffset Now(string message) => message is "timeout-check" or "wake-up" ? Due.AddSeconds(25) : Due.AddSeconds(5);

    private static string Text(Decision decision) => DecisionText.Of(decision);

    private static FlowRunState[] States() =>
    [
        Behaviour.Initial(Id.ToString("D")), Scheduled(), AwaitingSlot(), Submitting(), Running(), Stopping(StopReason.Cancel), AwaitingRetry(),
        Ended(),
    ];

    private static FlowRunState Then(FlowRunState state, object message, DateTimeOffset? now = null)
    {
        var at = now ?? Due;
        return Behaviour.Decide(state, message, at).Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, at));
    }

    private static RunScheduled Recipe(ConcurrencySpec? concurrency, int retries) => new(
        "flow/d",
        new RunRecipe(
            ["true"], "/", ImmutableSortedDictionary<string, EnvValue?>.Empty, ["db"], concurrency,
            new RetrySpec { Count = retries, Delay = TimeSpan.FromSeconds(30) }, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10), null),
        ImmutableSortedDictionary<string, JsonElement>.Empty, Due, 0, []);

    private static FlowRunState Scheduled(ConcurrencySpec? concurrency = null, int retries = 1) =>
        Behaviour.Apply(Behaviour.Initial(Id.ToString("D")), Recipe(concurrency, retries), Due);

    private static FlowRunState AwaitingSlot() => Then(Scheduled(), new SlotsRefused(Id, "db"));

    private static FlowRunState Submitting(int retries = 1) => Then(Scheduled(retries: retries), new SlotsGranted(Id, Slots));

    private static FlowRunState Running(int retries = 1) => Then(Submitting(retries), new ProcessStarted(1, Handle));

    private static FlowRunState Stopping(StopReason reason) => Behaviour.Apply(Running(), new AttemptStopping(1, reason, "because"), Due);

    private static FlowRunState AwaitingRetry() => Then(Running(), new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(1))));

    private static FlowRunState Ended() => Then(Running(), new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(0))));
}
