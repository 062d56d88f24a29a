using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.FlowRuns;

/// <summary>
/// What the shell of a run does itself: asks first, starts and stops its child, forgets what is durable. What it decides,
/// <see cref="FlowRunDecisionTests"/> has.
/// </summary>
public sealed class FlowRunActorTests(ITestOutputHelper output) : NodeWorld(output)
{
    private static readonly Guid Run = new("00000000-0000-8000-8000-000000000001");
    private static readonly Guid Other = new("00000000-0000-8000-8000-000000000002");
    private static readonly ProcessHandle Handle = new(4711, 99, "boot");
    private static readonly ImmutableArray<Slot> Slots = [new("db", 0), new(NodeLimit, 3)];
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(250);
    private static readonly string[] Made = ["run.scheduled"];
    private static readonly string[] Begun = ["run.scheduled", "run.attempt-starting"];

    private IProcessObserver Observer => FlowRunner[new AttemptKey(Run, 1)];

    private IActorRef Actor => Services.Residents.Find(Key(Run))!;

    private string[] Children => [.. ((ActorRefWithCell)Actor).Children.Select(child => child.Path.Name)];

    [Fact]
    public void A_new_run_that_is_due_asks_the_limiter_before_it_is_written()
    {
        var made = Create();

        var (told, sender) = Assert.Single(ToLimiter);
        var ask = Assert.IsType<AcquireSlots>(told);
        Assert.Equal((Run, "db", Now), (ask.Run.Run, Assert.Single(ask.Run.Limits), ask.Run.Ready));
        // The answer comes straight to it.
        Assert.Equal(Actor, sender);
        Assert.Empty(Store.Commits);
        Assert.Empty(Store.Loads);
        Assert.False(made.IsCompleted);
    }

    [Fact]
    public void Without_an_answer_it_is_written_after_250_milliseconds_and_asks_again()
    {
        var made = Create();
        NewAtLimiter();
        Pass(AnswerWithin - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Store.Commits);

        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Made, Events(Key(Run)));
        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
        Assert.IsType<AcquireSlots>(Assert.Single(NewAtLimiter()));

        // The answer to the first question is as good as one to the second.
        Tell(Key(Run), new SlotsGranted(Run, Slots));
        Assert.Equal(Begun, Events(Key(Run)));
        Assert.Equal(["start 1"], FlowRunner.New());
    }

    [Fact]
    public void A_grant_makes_and_starts_it_in_one_commit_and_then_its_process()
    {
        var made = Create();
        NewAtLimiter();
        Store.Holding = true;
        Grant();
        Assert.Empty(FlowRunner.Asked);
        Assert.False(made.IsCompleted);

        Store.ReleaseAll();
        Settle();

        var write = Assert.Single(Assert.Single(Store.Commits).Writes);
        Assert.Equal(Begun, write.Events.Select(e => e.Type));
        Assert.Equal([.. Slots], write.Slots.Where(s => s.Take).Select(s => new Slot(s.Limit, s.Number)).ToArray());
        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
        // Not asked a second time, and the limiter is told only now.
        Assert.Equal([.. Slots], Assert.IsType<SlotsTaken>(Assert.Single(NewAtLimiter())).Slots.ToArray());
        Assert.Equal(["start 1"], FlowRunner.New());
        Assert.Equal(new AttemptKey(Run, 1), Assert.Single(FlowRunner.Specs).Key);
        Assert.Equal(["process-1"], Children);
        Assert.Equal([Run], Processes.Runs);
        Assert.Equal([StateNames.Scheduled, StateNames.Submitting], Changes.Select(c => c.Change.State.Name));
        // Nothing is left of the 250 ms.
        Pass(TimeSpan.FromSeconds(1));
        Assert.Single(Store.Commits);
    }

    [Fact]
    public void A_refusal_makes_it_and_has_it_wait_in_one_commit()
    {
        var made = Create();
        NewAtLimiter();
        Actor.Tell(new SlotsRefused(Run, "db"), Limiter);
        Settle();

        Assert.Equal(["run.scheduled", "run.awaiting-slot"], Assert.Single(Assert.Single(Store.Commits).Writes).Events.Select(e => e.Type));
        Assert.IsType<RunSubmitted>(Ended(made));
        Assert.Equal("db", Assert.IsType<WaitForSlot>(Assert.Single(NewAtLimiter())).Limit);
        Assert.Empty(FlowRunner.Asked);
    }

    [Fact]
    public void A_run_that_is_not_due_is_written_at_once_and_asks_nobody()
    {
        var made = Ask(Key(Run), new CreateRun(Run, Recipe(due: Now.AddHours(1)), HasFreshId: true));
        Settle();
        Assert.Equal(Made, Events(Key(Run)));
        Assert.IsType<RunSubmitted>(Ended(made));
        Assert.Empty(ToLimiter);
        Assert.Equal([new AlarmChanged(Key(Run), Now.AddHours(1))], Router.Alarms);
    }

    [Fact]
    public void Made_twice_while_the_limiter_is_asked_it_is_one_run_and_starts_once()
    {
        var first = Create();
        var second = Create();
        Grant();

        Assert.Equal([false, true], new[] { first, second }.Select(a => Assert.IsType<RunSubmitted>(Ended(a)).Created).Order());
        Assert.Equal(Begun, Events(Key(Run)));
        Assert.Equal(["start 1"], FlowRunner.New());
    }

    [Fact]
    public void A_granted_slot_that_another_holds_is_declined_and_the_run_is_made_without_it()
    {
        Hold(Slots[0], Other);
        var made = Create();
        NewAtLimiter();
        Grant();

        var told = NewAtLimiter();
        Assert.True(Assert.IsType<SlotsDeclined>(told[0]).HeldByOthers);
        // The next life looks, and asks as the first one did.
        Assert.IsType<AcquireSlots>(told[1]);
        Assert.Equal(2, told.Length);
        Assert.Equal([Key(Run)], Store.Loads);
        Assert.Empty(FlowRunner.Asked);
        Pass(AnswerWithin);
        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
        Assert.Equal(Made, Events(Key(Run)));
        Assert.Empty(FlowRunner.Asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_is_asking_is_made_though_it_hears_that_a_slot_was_held(bool fresh)
    {
        var made = Create(fresh);
        Tell(Key(Run), new SlotsConflicted(Run));
        Pass(AnswerWithin);

        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
        Assert.Equal(Made, Events(Key(Run)));
    }

    [Fact]
    public void A_run_that_is_asking_is_not_there_yet_for_who_asks_for_it_and_is_made_all_the_same()
    {
        var made = Create();
        Assert.IsType<RunNotFound>(Get(Key(Run), new GetRun(Run)));
        Pass(AnswerWithin);
        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
    }

    [Fact]
    public void A_run_that_is_asking_goes_on_on_another_node_if_its_shard_goes_there()
    {
        var made = Create();
        Router.HandOver(EntityKinds.FlowRun);
        Pass(AnswerWithin);
        Assert.True(Assert.IsType<RunSubmitted>(Ended(made)).Created);
        Assert.Equal(Made, Events(Key(Run)));
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void Who_makes_a_run_while_the_store_is_full_is_refused_and_nobody_waits()
    {
        var made = Create();
        Store.Full = true;
        // This one is written at once, and the other one still waits for the limiter.
        var again = Create();
        Assert.All([made, again], answer => Assert.IsType<StoreIsFull>(Ended(answer)));
        Store.Full = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(Events(Key(Run)));
        Assert.Empty(FlowRunner.Asked);
    }

    [Fact]
    public void An_outcome_is_forgotten_when_it_is_durable_and_not_before()
    {
        Start();
        Store.Holding = true;
        Observer.Started(Handle);
        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0)));
        Settle();
        // Nothing is left to look after; what became of it is not written.
        Assert.Empty(Children);
        Assert.Empty(FlowRunner.Asked);
        Assert.Equal(1, Processes.Current);
        Assert.Empty(NewAtLimiter());

        Store.ReleaseAll();
        Settle();

        Assert.Equal([.. Begun, "run.attempt-running", "run.finished"], Events(Key(Run)));
        Assert.Equal(["forget 1"], FlowRunner.New());
        Assert.Equal(0, Processes.Current);
        Assert.Equal([.. Slots], Assert.IsType<SlotsReleased>(Assert.Single(NewAtLimiter())).Slots.ToArray());
    }

    [Fact]
    public void An_outcome_that_cannot_be_written_is_kept_for_the_next_life_and_at_the_flow_runner()
    {
        Start();
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(1));
        Store.Full = true;
        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(3)));
        Settle();
        Assert.Empty(FlowRunner.New());
        Assert.Equal(1, Processes.Current);

        Store.Full = false;
        Pass(TimeSpan.FromSeconds(1));

        // The next life looks for its process first, and hears both: what it was told before, and what the flow runner tells.
        Assert.Equal(["recover 1 4711", "forget 1"], FlowRunner.New());
        Assert.Equal("run.finished", Events(Key(Run))[^1]);
        Assert.Equal(0, Processes.Current);
    }

    [Fact]
    public void An_end_that_was_written_though_nobody_heard_is_told_to_all_by_the_next_life()
    {
        Start();
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(1));
        Changes.Clear();
        Store.Answers.Enqueue(Answer.LostAfter);
        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0)));
        Settle();
        Assert.Empty(FlowRunner.New());
        Assert.Empty(NewAtLimiter());

        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("forget 1", FlowRunner.New()[0]);
        Assert.Equal([.. Slots], Assert.IsType<SlotsReleased>(Assert.Single(NewAtLimiter())).Slots.ToArray());
        Assert.Equal([StateNames.Completed], Changes.Select(c => c.Change.State.Name));
        Assert.Equal(0, Processes.Current);
    }

    [Fact]
    public void Only_the_last_report_of_its_own_attempt_stops_the_child()
    {
        Start();
        Observer.Started(Handle);
        Tell(Key(Run), new Actors.Processes.ProcessEnded(0, new ProcessOutcome(new ProcessExit.Exited(0))));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["process-1"], Children);

        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0)));
        Settle();
        Assert.Empty(Children);
    }

    [Fact]
    public void An_attempt_that_was_never_started_is_started_by_another_child()
    {
        WriteBegun();
        Tell(Key(Run), WakeUpNow.Instance);
        Assert.Equal(["recover 1 unknown"], FlowRunner.New());
        Observer.NeverStarted();
        Settle();

        Assert.Equal(["start 1"], FlowRunner.New());
        Assert.Single(Children);
        Assert.Equal([.. Begun, "run.attempt-starting"], Events(Key(Run)));
        Assert.Equal(
            [StateNames.Scheduled, StateNames.Submitting], Assert.IsType<RunView>(Get(Key(Run), new GetRun(Run))).History.Select(h => h.State.Name));
    }

    [Fact]
    public void What_another_life_has_ended_meanwhile_is_not_started_though_it_seems_never_started()
    {
        WriteBegun();
        Tell(Key(Run), WakeUpNow.Instance);
        Assert.Equal(["recover 1 unknown"], FlowRunner.New());
        WriteAfter([Recipe(), new AttemptStarting(1, Slots, Node)], FlowRuns.Behaviour, $"{Run:D}", new RunFinished(
            1, AttemptOutcomes.Cancelled(null), null));
        Observer.NeverStarted();
        Settle();
        Pass(TimeSpan.FromSeconds(1));

        Assert.DoesNotContain("start 1", FlowRunner.New());
        Assert.Equal([.. Begun, "run.finished"], Events(Key(Run)));
    }

    [Fact]
    public void Each_attempt_has_a_child_of_its_own_name()
    {
        Start(retries: 1);
        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(1)));
        Settle();
        Assert.Equal(["forget 1"], FlowRunner.New());
        Assert.Empty(Children);
        Pass(TimeSpan.FromSeconds(31));
        Tell(Key(Run), new SlotsGranted(Run, Slots));

        Assert.Equal(["process-2"], Children);
        Assert.Contains("start 2", FlowRunner.New());
    }

    [Fact]
    public void A_life_that_finds_no_process_forgets_what_a_former_one_could_not()
    {
        Write(
            FlowRuns.Behaviour, $"{Run:D}", Recipe(), new AttemptStarting(1, Slots, Node), new RunFinished(1, AttemptOutcomes.Cancelled(null), null));
        Get(Key(Run), new GetRun(Run));
        Assert.Equal(["forget 1"], FlowRunner.New());

        // Of one that has had no attempt there is nothing to forget.
        Write(FlowRuns.Behaviour, $"{Other:D}", Recipe());
        Get(Key(Other), new GetRun(Other));
        Assert.Empty(FlowRunner.New());
    }

    [Fact]
    public void A_program_is_stopped_when_it_has_been_alive_for_as_long_as_it_may()
    {
        Start(timeout: TimeSpan.FromSeconds(20));
        Pass(TimeSpan.FromSeconds(60));
        // Not alive yet: that is counted from its first moment.
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(20));
        Assert.Empty(FlowRunner.New());

        Pass(TimeSpan.FromMilliseconds(10));
        Assert.Equal(["Terminate 1"], FlowRunner.New());
        Assert.Equal("run.attempt-stopping", Events(Key(Run))[^1]);
        Pass(TimeSpan.FromSeconds(7));
        Assert.Equal(["Kill 1"], FlowRunner.New());
    }

    [Fact]
    public void A_wall_clock_that_steps_ends_no_program()
    {
        Start(timeout: TimeSpan.FromSeconds(20));
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(1));
        Time.StepWallClock(TimeSpan.FromHours(1));
        Pass(TimeSpan.FromSeconds(18));
        Assert.Empty(FlowRunner.New());
        Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["Terminate 1"], FlowRunner.New());
    }

    [Fact]
    public void A_stop_goes_to_the_child_once_it_is_durable()
    {
        Start();
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(1));
        Store.Holding = true;
        var cancelled = Ask(Key(Run), new CancelRun(Run));
        Settle();
        Assert.Empty(FlowRunner.New());
        Store.ReleaseAll();
        Settle();
        Assert.IsType<RunCancelAccepted>(Ended(cancelled));
        Assert.Equal(["Terminate 1"], FlowRunner.New());

        Tell(Key(Run), new StopForShutdown(StopMode.Immediate));
        Assert.Equal(["Kill 1"], FlowRunner.New());
    }

    [Fact]
    public void A_node_that_is_being_stopped_asks_only_runs_with_a_process()
    {
        Write(FlowRuns.Behaviour, $"{Other:D}", Recipe(due: Now.AddHours(1)));
        Tell(Key(Other), new StopForShutdown(StopMode.Graceful));
        Assert.Equal(Made, Events(Key(Other)));

        Start();
        Tell(Key(Run), new StopForShutdown(StopMode.Graceful));
        Assert.Equal(["Terminate 1"], FlowRunner.New());
        Assert.Equal([.. Begun, "run.attempt-stopping"], Events(Key(Run)));
    }

    [Fact]
    public void Once_the_node_begins_no_more_an_attempt_is_committed_and_left_to_its_next_life()
    {
        Processes.Close();
        Create();
        Grant();
        Assert.Equal(Begun, Events(Key(Run)));
        Assert.Empty(Children);
        Assert.Empty(FlowRunner.Asked);
        Assert.Equal(0, Processes.Current);
    }

    [Fact]
    public void What_a_commit_has_answered_already_is_not_asked_again()
    {
        // The wake-up asks, and the grant of an earlier question is decided together with it.
        Write(FlowRuns.Behaviour, $"{Run:D}", Recipe());
        Get(Key(Run), new GetRun(Run));
        Store.Holding = true;
        Time.StepWallClock(FlowRunBehaviour.LateAfter);
        Tell(Key(Run), WakeUpNow.Instance);
        NewAtLimiter();
        Tell(Key(Run), WakeUpNow.Instance);
        Tell(Key(Run), new SlotsGranted(Run, Slots));
        Store.ReleaseAll();
        Settle();
        Assert.Equal("run.attempt-starting", Events(Key(Run))[^1]);
        Assert.DoesNotContain(NewAtLimiter().Skip(1), told => told is AcquireSlots);
        Assert.Equal(["start 1"], FlowRunner.New().Where(asked => asked.StartsWith("start", StringComparison.Ordinal)));
    }

    [Fact]
    public void It_stays_in_memory_while_its_attempt_has_a_process_and_leaves_afterwards()
    {
        Start();
        Observer.Started(Handle);
        Pass(TimeSpan.FromMinutes(5));
        Assert.NotNull(Actor);
        Assert.Equal(1, Lives);

        Observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0)));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Key(Run)));
    }

    [Fact]
    public void One_whose_shard_goes_elsewhere_is_brought_to_memory_there_and_looks_for_its_process()
    {
        Start();
        Observer.Started(Handle);
        Pass(TimeSpan.FromSeconds(1));
        Router.HandOver(EntityKinds.FlowRun);
        Settle();
        Assert.Equal(["recover 1 4711"], FlowRunner.New());
        Assert.Equal(["process-1"], Children);
        Assert.Equal(1, Processes.Current);
    }

    private Task<object?> Create(bool fresh = true, TimeSpan? timeout = null, int retries = 0)
    {
        var made = Ask(Key(Run), new CreateRun(Run, Recipe(timeout, retries), fresh));
        Settle();
        return made;
    }

    private void Grant()
    {
        Actor.Tell(new SlotsGranted(Run, Slots), Limiter);
        Settle();
    }

    /// <summary>A run whose program has been asked for.</summary>
    private void Start(TimeSpan? timeout = null, int retries = 0)
    {
        Create(timeout: timeout, retries: retries);
        Grant();
        Assert.Equal(["start 1"], FlowRunner.New());
        NewAtLimiter();
    }

    private void WriteBegun() => Write(FlowRuns.Behaviour, $"{Run:D}", Recipe(), new AttemptStarting(1, Slots, Node));
}
