using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Tests.Kit;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Limits;

/// <summary>
/// What the limiter's actor does beside its memory (<see cref="SlotTableTests"/>): reads rows, and keeps what comes meanwhile; says again what is not
/// answered; and asks the rows what is so. Limits are of one slot each, but for the node's, which has three.
/// </summary>
public sealed class LimiterActorTests : NodeWorld
{
    private static readonly TimeSpan Compare = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly List<(object Message, IActorRef Sender)> _toRun = [];
    private readonly IActorRef _run;
    private NodeDirectory _nodes;
    private Func<SlotCounts?>? _counts;
    private IActorRef _limiter = ActorRefs.Nobody;

    public LimiterActorTests(ITestOutputHelper output)
        : base(output)
    {
        _run = Sys.ActorOf(Heard.Props(_toRun));
        _nodes = new NodeDirectory(new NodeHere(Node, 3, ImmutableSortedDictionary<string, string>.Empty), isShared: false, Time);
        // What is told to runs is noted, and they do nothing.
        Router.NotHere.Add(EntityKinds.FlowRun);
        Write(new LimiterBehaviour(), EntityKinds.LimiterId, new LimitSet("db", 1), new LimitSet("gpu", 1));
    }

    [Fact]
    public void What_comes_while_rows_are_read_waits_and_is_answered_by_what_they_say()
    {
        Hold(new Slot("db", 0), Id(9));
        Begin(settle: false);
        Acquire(1, "db");
        Acquire(2, "gpu");
        var page = Ask(_limiter, new ListLimits());
        Settle();

        Expect(Answers(), new SlotsRefused(Id(1), "db"), Granted(2, "gpu"));
        Assert.Equal(["db", "gpu", NodeLimit], Assert.IsType<LimitPage>(Ended(page)).Items.Select(l => l.Name));
        Assert.All(_toRun, told => Assert.Equal(_limiter, told.Sender));
    }

    [Fact]
    public void Rows_that_cannot_be_read_are_tried_every_second_and_what_waits_is_not_lost()
    {
        Store.Away = true;
        Begin();
        Acquire(1, "db");
        Pass(TimeSpan.FromSeconds(3));
        Assert.Empty(_toRun);
        Assert.Equal(4, Lines.All.Count(line => line.Level == LogEventLevel.Warning));
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Expect(Answers(), Granted(1, "db"));
    }

    [Fact]
    public void It_answers_who_asked_and_hands_on_what_is_given_back_by_the_runs_region()
    {
        Begin();
        Acquire(1, "db");
        Acquire(2, "db");
        Expect(Answers(), Granted(1, "db"), new SlotsRefused(Id(2), "db"));
        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Tell(new WaitForSlot(Waiting(2, "db"), "db"));
        Assert.Empty(Router.Sent);

        Tell(new SlotsReleased(Id(1), Slots("db", 0)));

        Expect(ToRegion(2), Granted(2, "db"));
        Assert.Empty(_toRun);
    }

    [Fact]
    public void Who_waits_no_longer_is_passed_over_and_a_declined_grant_goes_to_the_next()
    {
        Begin();
        Acquire(1, "db");
        foreach (var run in (int[])[2, 3, 4])
        {
            Tell(new WaitForSlot(Waiting(run, "db"), "db"));
        }

        Tell(new StopWaiting(Id(2)));
        Tell(new SlotsDeclined(Id(1), Slots("db", 0), HeldByOthers: false));
        Assert.Empty(ToRegion(2));
        Expect(ToRegion(3), Granted(3, "db"));
        Assert.Empty(ToRegion(4));
    }

    [Fact]
    public void The_queue_in_the_rows_is_served_from_its_head()
    {
        Hold(new Slot("db", 0), Id(9));
        Wait(2, priority: 0);
        Wait(3, priority: 5);
        Begin();
        Assert.Empty(Router.Sent);
        Tell(new SlotsReleased(Id(9), Slots("db", 0)));
        Expect(ToRegion(3), Granted(3, "db"));
        Assert.Empty(ToRegion(2));
    }

    [Fact]
    public void B90_who_is_to_give_way_is_told_again_until_it_has_also_by_a_limiter_that_was_begun_anew()
    {
        const string limit = "deployment:flow/d";
        var recipe = Recipe();
        recipe = recipe with { Recipe = recipe.Recipe with { Concurrency = new ConcurrencySpec(1, OnFull.CancelRunning) } };
        Hold(new Slot(limit, 0), Id(9));
        Write(FlowRuns.Behaviour, $"{Id(2):D}", recipe, new RunAwaitingSlot(limit));
        Write(FlowRuns.Behaviour, $"{Id(3):D}", recipe with { Due = Now.AddSeconds(1) }, new RunAwaitingSlot(limit));

        Begin();

        Expect(ToRegion(9), new GiveWay(Id(9), Id(3)));
        Expect(ToRegion(2), new GiveWay(Id(2), Id(3)));
        Assert.Empty(ToRegion(3));
        Tell(new StopWaiting(Id(2)));
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(2, ToRegion(9).Length);
        Assert.Single(ToRegion(2));
        Tell(new SlotsReleased(Id(9), [new Slot(limit, 0)]));
        Expect(ToRegion(3), new SlotsGranted(Id(3), [new Slot(limit, 0), new Slot("db", 0), new Slot(NodeLimit, 0)]));
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(2, ToRegion(9).Length);
    }

    [Fact]
    public void A_grant_that_is_not_answered_is_repeated_until_it_is()
    {
        Begin();
        Acquire(1, "db");
        Answers();
        // It was not there at the last reminder, so that it has between ten and twenty seconds.
        Pass(TimeSpan.FromSeconds(20) - Moment);
        Assert.Empty(ToRegion(1));
        Pass(Moment);
        Expect(ToRegion(1), Granted(1, "db"));
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(2, ToRegion(1).Length);

        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(2, ToRegion(1).Length);
    }

    [Fact]
    public void Who_was_told_to_wait_and_has_not_answered_is_told_again_until_it_has()
    {
        Begin();
        Acquire(1, "db");
        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Acquire(2, "db");
        Answers();
        Pass(TimeSpan.FromSeconds(20) - Moment);
        Assert.Empty(ToRegion(2));
        Pass(Moment);
        Expect(ToRegion(2), new SlotsRefused(Id(2), "db"));

        Tell(new WaitForSlot(Waiting(2, "db"), "db"));
        Pass(TimeSpan.FromSeconds(30));
        Assert.Single(ToRegion(2));
        Tell(new SlotsReleased(Id(1), Slots("db", 0)));
        Assert.Equal(2, ToRegion(2).Length);
    }

    [Fact]
    public void What_was_granted_on_a_node_that_is_gone_before_it_was_taken_is_granted_on_another()
    {
        const string there = "there";
        _nodes = new NodeDirectory(_nodes.Own with { Size = 0 }, isShared: true, Time);
        var its = Sys.ActorOf(Heard.Props([]), there);
        _nodes.Set(new NodeHere(there, 9, ImmutableSortedDictionary<string, string>.Empty), its);
        Begin();
        Acquire(1, "db");
        Assert.Equal(there, Assert.IsType<SlotsGranted>(Assert.Single(Answers())).Node);
        Tell(new WaitForSlot(Waiting(2, "db"), "db"));
        _nodes.SetOwn(own => own with { Size = 1 });
        Settle();

        _nodes.Remove(its.Path.Address);
        Settle();

        Expect(ToRegion(1), new SlotsConflicted(Id(1)));
        // Who had waited behind it is served, and it stands in its place.
        Assert.Equal(Node, Assert.IsType<SlotsGranted>(Assert.Single(ToRegion(2))).Node);
        Tell(new SlotsDeclined(Id(2), Slots("db", 0), HeldByOthers: false));
        Acquire(1, "db");
        Assert.Equal(Node, Assert.IsType<SlotsGranted>(Assert.Single(Answers())).Node);
        Pass(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(ToRegion(1), told => told is SlotsGranted { Node: there });
    }

    [Fact]
    public void Who_asks_again_before_it_has_answered_gets_the_same_grant()
    {
        Begin();
        Acquire(1, "db");
        Acquire(1, "db");
        Expect(Answers(), Granted(1, "db"), Granted(1, "db"));
    }

    [Fact]
    public void Once_the_node_is_being_stopped_nothing_more_is_granted()
    {
        Begin();
        Acquire(1, "db");
        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Tell(new WaitForSlot(Waiting(2, "db"), "db"));
        Answers();
        IsDraining();

        Tell(new SlotsReleased(Id(1), Slots("db", 0)));
        Acquire(3, "gpu");
        Pass(Compare + Compare);

        Assert.Empty(Answers());
        Assert.Empty(ToRegion(2));
    }

    [Fact]
    public void Grants_suspended_while_rows_are_read_stay_suspended()
    {
        Begin(settle: false);
        Acquire(1, "db");
        _nodes.SetOwn(own => own with { Draining = true });
        Settle();
        Assert.Empty(Answers());
        // It still tells what is so.
        var page = Ask(_limiter, new ListLimits());
        Settle();
        Assert.IsType<LimitPage>(Ended(page));
    }

    [Fact]
    public void What_was_given_back_and_not_told_is_found_in_the_rows_within_a_minute()
    {
        Hold(new Slot("db", 0), Id(9));
        Wait(2);
        Begin();
        GiveBack(new Slot("db", 0), Id(9));
        Pass(Compare - Moment);
        Assert.Empty(ToRegion(2));
        Pass(Moment);
        Expect(ToRegion(2), Granted(2, "db"));
    }

    [Fact]
    public void What_was_taken_and_not_told_is_found_in_the_rows_too()
    {
        Begin();
        Hold(new Slot("db", 0), Id(9));
        Pass(Compare);
        Acquire(1, "db");
        Expect(Answers(), new SlotsRefused(Id(1), "db"));
    }

    [Fact]
    public void A_grant_that_nobody_has_answered_is_not_taken_for_free_because_the_rows_do_not_have_it()
    {
        Begin();
        Acquire(1, "db");
        Pass(Compare + Compare);
        Answers();
        Acquire(2, "db");
        Expect(Answers(), new SlotsRefused(Id(2), "db"));
    }

    [Fact]
    public void A_deleted_limit_is_over_only_once_the_rows_say_so_too()
    {
        Begin();
        // Granted by a limiter that is gone, and written after this one had read.
        Hold(new Slot("db", 0), Id(9));
        WriteAfter([new LimitSet("db", 1), new LimitSet("gpu", 1)], new LimiterBehaviour(), EntityKinds.LimiterId, new LimitEnding("db"));
        Tell(new LimitSizeChanged("db", 1, Ending: true));
        Assert.Empty(Unused());

        GiveBack(new Slot("db", 0), Id(9));
        Tell(new SlotsReleased(Id(9), Slots("db", 0)));
        Expect(Unused(), new LimitUnused("db"));

        object[] Unused() => [.. Router.Sent.Select(sent => sent.Message).Where(message => message is LimitUnused)];
    }

    [Fact]
    public void Who_waits_by_the_rows_alone_is_served_after_the_next_comparison()
    {
        Begin();
        Acquire(1, "db");
        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Hold(new Slot("db", 0), Id(1));
        Wait(2);
        Pass(Compare);
        Assert.Empty(ToRegion(2));
        GiveBack(new Slot("db", 0), Id(1));
        Tell(new SlotsReleased(Id(1), Slots("db", 0)));
        Expect(ToRegion(2), Granted(2, "db"));
    }

    [Fact]
    public void A_run_that_found_its_slot_held_is_told_to_ask_again_once_the_rows_are_read()
    {
        Begin();
        Acquire(1, "db");
        Hold(new Slot("db", 0), Id(9));
        Answers();

        Tell(new SlotsDeclined(Id(1), Slots("db", 0), HeldByOthers: true));

        Expect(ToRegion(1), new SlotsConflicted(Id(1)));
        Acquire(1, "db");
        Expect(Answers(), new SlotsRefused(Id(1), "db"));
    }

    [Fact]
    public void While_the_gate_is_shut_whoever_is_due_waits_for_the_node_and_is_served_when_it_opens()
    {
        Holds(true);
        Begin();
        Acquire(1, "db");
        Expect(Answers(), new SlotsRefused(Id(1), NodeLimit));
        Tell(new WaitForSlot(Waiting(1, "db"), NodeLimit));
        Assert.Empty(ToRegion(1));
        Holds(false);
        Expect(ToRegion(1), Granted(1, "db"));

        Holds(true);
        Acquire(2, "gpu");
        Expect(Answers(), new SlotsRefused(Id(2), NodeLimit));
    }

    [Fact]
    public void A_limit_that_grows_or_goes_serves_its_queue()
    {
        Begin();
        Acquire(1, "db");
        foreach (var run in (int[])[2, 3])
        {
            Tell(new WaitForSlot(Waiting(run, "db"), "db"));
        }

        Tell(new LimitSizeChanged("db", 2));
        Expect(ToRegion(2), new SlotsGranted(Id(2), [new("db", 1), new(NodeLimit, 1)]));
        Assert.Empty(ToRegion(3));
        Tell(new LimitSizeChanged("db", null));
        Assert.Single(ToRegion(3));
    }

    [Fact]
    public void A_queue_that_could_not_be_read_is_read_at_the_next_reminder()
    {
        Hold(new Slot("db", 0), Id(9));
        Wait(2);
        Begin();
        Store.Away = true;
        Tell(new SlotsReleased(Id(9), Slots("db", 0)));
        GiveBack(new Slot("db", 0), Id(9));
        Store.Away = false;
        Assert.Empty(ToRegion(2));
        Pass(TimeSpan.FromSeconds(10));
        Expect(ToRegion(2), Granted(2, "db"));
    }

    [Fact]
    public void The_next_one_knows_from_the_rows_what_the_former_was_told()
    {
        Begin();
        Acquire(1, "db");
        Tell(new SlotsTaken(Id(1), Slots("db", 0)));
        Hold(new Slot("db", 0), Id(1));
        Answers();
        // The counts are asked for from anywhere.
        Assert.Equal(1, _counts!()!.Value.Named);
        Sys.Stop(_limiter);
        Begin();
        Acquire(2, "db");
        Expect(Answers(), new SlotsRefused(Id(2), "db"));
        Assert.Equal(1, _counts!()!.Value.Named);
    }

    private static Guid Id(int number) => new($"00000000-0000-8000-8000-00000000000{number}");

    private static ImmutableArray<Slot> Slots(string limit, int ofNode) => [new(limit, 0), new(NodeLimit, ofNode)];

    /// <summary>The first grant of a test: both numbers are the lowest.</summary>
    private static SlotsGranted Granted(int run, string limit) => new(Id(run), Slots(limit, 0));

    private static void Expect(object[] actual, params object[] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Same(pair.First, pair.Second), $"{pair.Second} in place of {pair.First}"));
    }

    private static bool Same(object expected, object actual) => expected is SlotsGranted granted
        ? actual is SlotsGranted other && granted.Run == other.Run && granted.Slots.SequenceEqual(other.Slots)
        : expected is SlotsRefused refused ? actual is SlotsRefused no && refused with { Ready = no.Ready } == no
        : expected.Equals(actual);

    private WaitingRun Waiting(int run, params ImmutableArray<string> limits) => new(Id(run), limits, 0, Now.AddSeconds(run));

    /// <summary>A run whose wait is durable.</summary>
    private void Wait(int run, int priority = 0) =>
        Write(FlowRuns.Behaviour, $"{Id(run):D}", Recipe() with { Priority = priority }, new RunAwaitingSlot("db"));

    private void GiveBack(Slot slot, Guid holder) => Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(new EntityCommit(
    [
        new EntityWrite(Key(holder), 1, [new StoredEvent(2, "run.late", 1, Now, "{}"u8.ToArray())]) { Slots = [new SlotChange(
            slot.Limit, slot.Number, Take: false)] },
    ]))));

    private void IsDraining()
    {
        _nodes.SetOwn(own => own with { Draining = true });
        Settle();
    }

    /// <summary>The node starts nothing now.</summary>
    private void Holds(bool hold)
    {
        _nodes.SetOwn(own => own with { Size = hold ? 0 : 3 });
        Settle();
    }

    private void Begin(bool settle = true)
    {
        var services = new LimiterServices(Services, _nodes, counts => _counts = counts, new DamagedRows(Time, NodeLog));
        _limiter = Sys.ActorOf(ActorProducer.Props(() => new LimiterActor(services)));
        if (settle)
        {
            Settle();
        }
    }

    private void Acquire(int run, string limit)
    {
        var isReading = _counts?.Invoke() is null;
        _limiter.Tell(new AcquireSlots(Waiting(run, limit)), _run);
        if (!isReading)
        {
            Settle();
        }
    }

    private void Tell(object message)
    {
        _limiter.Tell(message);
        Settle();
    }

    /// <summary>What those who asked were told since this was last called.</summary>
    private object[] Answers()
    {
        object[] answers = [.. _toRun.Select(told => told.Message)];
        _toRun.Clear();
        return answers;
    }

    private object[] ToRegion(int run) => [.. Router.Sent.Where(sent => sent.Entity == Key(Id(run))).Select(sent => sent.Message)];
}
