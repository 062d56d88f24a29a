using Akka.Actor;
using Akka.Cluster.Sharding;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>How entities leave memory, and what becomes of what comes meanwhile.</summary>
public sealed class LeavingTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void An_idle_entity_is_forgotten_and_comes_back_as_it_was()
    {
        Get(new Add(1));
        Assert.Equal(1, Lives);
        Pass(IdleAfter - TimeSpan.FromMilliseconds(10));
        Assert.NotNull(Services.Residents.Find(Key()));

        Pass(TimeSpan.FromMilliseconds(20));
        Assert.Null(Services.Residents.Find(Key()));

        Assert.Equal(new Value(1), Get(new Get()));
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void One_that_has_something_to_look_after_stays_until_it_has_not()
    {
        Get(new BeBusy(true));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, Services.Residents.Count(CounterBehaviour.CounterKind));

        Get(new BeBusy(false));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Services.Residents.Count(CounterBehaviour.CounterKind));
        Assert.Equal(1, Lives);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Forgetting_loses_no_message(int seed)
    {
        Chance = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            // Around the time at which it is asked to leave.
            Pass(IdleAfter - TimeSpan.FromMilliseconds(1));
            Send(new Note(1));
            Time.Advance(TimeSpan.FromMilliseconds(1));
            ((Akka.TestKit.TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMilliseconds(1));
            for (var turns = Chance.Next(8); turns > 0; turns--)
            {
                Step();
            }

            Send(new Note(1));
        }

        Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(400, Durable());
        Assert.InRange(Lives, 20, 400);
    }

    [Fact]
    public void Under_a_parent_it_asks_to_be_let_go_and_decides_until_it_is()
    {
        var parent = CreateTestProbe();
        var entity = parent.ChildActorOf(Entity("c"));
        parent.Watch(entity);
        Settle();
        entity.Tell(LeaveIfIdle.Instance);
        Settle();
        Assert.Same(LeaveMemory.Instance, parent.ExpectMsg<Passivate>(TimeSpan.Zero).StopMessage);

        var answer = PromiseRef.AskAsync(Sys, Time, inline: true, TimeSpan.FromHours(1), s => entity.Tell(new Add(1), s), default);
        Settle();
        Assert.Equal(new Value(1), Ended(answer));

        entity.Tell(LeaveMemory.Instance);
        Settle();
        parent.ExpectTerminated(entity, TimeSpan.Zero);
    }

    [Fact]
    public void An_entity_that_is_busy_again_does_not_ask_to_leave()
    {
        var parent = CreateTestProbe();
        var entity = parent.ChildActorOf(Entity("c"));
        Settle();
        Store.Holding = true;
        entity.Tell(new Note(1));
        entity.Tell(LeaveIfIdle.Instance);
        Settle();
        parent.ExpectNoMsg(TimeSpan.Zero);

        // When it is idle again it says so again.
        Store.ReleaseAll();
        Pass(IdleAfter + TimeSpan.FromMilliseconds(10));
        parent.ExpectMsg<Passivate>(TimeSpan.Zero);
    }

    [Fact]
    public void It_hands_over_at_once_when_it_has_nothing_to_do()
    {
        Get(new Add(1));
        HandOver();
        Assert.Equal(new Value(2), Get(new Add(1)));
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void It_hands_over_when_what_it_writes_is_durable_and_answered()
    {
        Get(new Add(1));
        Store.Holding = true;
        var first = Ask(new Add(1));
        Settle();
        var second = Ask(new Add(1));
        Send(new Later(1));
        Settle();
        var shard = Router.Shard;
        Router.HandOver();
        Settle();
        Assert.NotNull(Services.Residents.Find(Key()));
        var third = Ask(new Add(1));
        Settle();

        Store.ReleaseOne();
        Settle();
        Assert.Equal(new Value(2), Ended(first));
        Store.ReleaseOne();
        Settle();
        Assert.Equal(new Value(3), Ended(second));
        Assert.Null(Services.Residents.Find(Key()));
        Assert.False(third.IsCompleted);

        Store.ReleaseAll();
        Router.TakeOver();
        Settle();
        Assert.NotEqual(shard, Router.Shard);
        Assert.Equal(new Value(5), Ended(third));
    }

    [Fact]
    public void It_hands_over_what_waited_to_be_written_at_once()
    {
        Send(new Later(1));
        Settle();
        Assert.Empty(Store.Commits);
        HandOver();
        Assert.Equal(1, Durable());
    }

    [Fact]
    public void It_hands_over_when_it_has_been_read()
    {
        var asked = Ask(new Add(1));
        Step();
        Router.HandOver();
        Settle();
        Router.TakeOver();
        Settle();
        Assert.Equal(new Value(1), Ended(asked));
    }

    [Fact]
    public void What_could_not_be_written_during_a_hand_over_is_decided_on_the_other_side()
    {
        Get(new Add(1));
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        Send(new Note(2));
        Router.HandOver();
        Settle();
        Store.Answers.Enqueue(Answer.FailedBefore);
        Store.ReleaseAll();
        Settle();
        Assert.Null(Services.Residents.Find(Key()));

        Router.TakeOver();
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(4, Durable());
    }

    [Fact]
    public void What_met_somebody_elses_write_during_a_hand_over_is_decided_on_the_other_side()
    {
        Get(new Add(1));
        Store.Holding = true;
        var asked = Ask(new Add(1));
        Settle();
        WriteElsewhere(1, new Added(10));
        Router.HandOver();
        Settle();
        Store.ReleaseAll();
        Settle();
        Router.TakeOver();
        Settle();

        Assert.Equal(new Value(12), Ended(asked));
    }

    [Fact]
    public void One_that_has_fallen_hands_over_and_comes_back_on_the_other_side()
    {
        Get(new Add(1));
        Store.Away = true;
        Send(new Note(1));
        Step();
        Router.HandOver();
        Settle();
        Assert.Null(Services.Residents.Find(Key()));
        Router.TakeOver();
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Durable());
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void One_that_has_something_to_look_after_is_woken_on_the_other_side()
    {
        Get(new BeBusy(true));
        Router.Sent.Clear();
        HandOver();
        Assert.Equal([(Key(), (object)WakeUpNow.Instance)], Router.Sent);
        Assert.NotNull(Services.Residents.Find(Key()));
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void A_wake_up_that_brings_an_entity_to_memory_is_not_decided_besides()
    {
        Get(new WakeMeAt(Now.AddSeconds(30)));
        Pass(TimeSpan.FromSeconds(29));
        Assert.Null(Services.Residents.Find(Key()));
        Pass(TimeSpan.FromSeconds(1));
        Store.Commits.Clear();
        Said.Clear();
        Store.Holding = true;
        Send(WakeUpNow.Instance);
        Settle();
        Store.ReleaseAll();
        Settle();

        Assert.Equal(1000, Durable());
        Assert.Equal(["0->1000"], Said);
        Assert.Single(Store.Commits);

        // One that comes later is decided.
        Send(WakeUpNow.Instance);
        Settle();
        Assert.Equal(["0->1000", "woken"], Said);
    }

    [Fact]
    public void A_wake_up_for_nothing_tells_the_alarms_so_though_it_is_not_decided()
    {
        Get(new Add(1));
        Pass(TimeSpan.FromMinutes(1));
        Router.Changes.Clear();
        Send(WakeUpNow.Instance);
        Settle();

        Assert.DoesNotContain("woken", Said);
        Assert.Equal([new AlarmChanged(Key(), null)], Router.Changes);
    }

    [Fact]
    public void A_wake_up_after_something_else_is_one_of_its_own()
    {
        // Nothing of it is the behaviour's, so nothing has been decided since.
        Send(new Outside(Breaks: false));
        Send(WakeUpNow.Instance);
        Settle();
        Assert.Contains("woken", Said);
    }

    private void HandOver()
    {
        Router.HandOver();
        Settle();
        Assert.Null(Services.Residents.Find(Key()));
        Router.TakeOver();
        Settle();
    }
}
