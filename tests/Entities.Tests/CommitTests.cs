using Runner.Messages;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>What an entity makes durable, when, and what follows from it.</summary>
public sealed class CommitTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void What_comes_while_a_commit_is_under_way_becomes_one_commit()
    {
        Store.Holding = true;
        var first = Ask(new Add(1));
        Settle();
        var (second, third) = (Ask(new Add(2)), Ask(new Add(3)));
        Settle();
        Assert.Single(Store.Commits);
        Assert.False(first.IsCompleted);

        Store.ReleaseOne();
        Settle();
        Assert.Equal(new Value(1), Ended(first));
        Assert.Equal(2, Store.Commits.Count);
        Assert.Equal(2, Store.Commits[1].Writes[0].Events.Length);
        Assert.False(second.IsCompleted);

        Store.ReleaseOne();
        Settle();
        Assert.Equal([new Value(3), new Value(6)], [Ended(second), Ended(third)]);
        Assert.Equal(6, Durable());
    }

    [Fact]
    public void A_commit_has_64_messages_at_most()
    {
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        for (var i = 0; i < 100; i++)
        {
            Send(new Note(1));
        }

        Settle();
        Store.ReleaseAll();
        Settle();

        Assert.Equal([1, 64, 36], Store.Commits.Select(c => c.Writes[0].Events.Length));
        Assert.Equal(101, Durable());
    }

    [Fact]
    public void What_may_wait_is_written_after_two_milliseconds_with_what_came_along()
    {
        Send(new Later(1));
        Settle();
        Assert.Empty(Store.Commits);
        Pass(TimeSpan.FromMilliseconds(1));
        Send(new Later(2));
        Settle();
        Assert.Empty(Store.Commits);

        // The first of them decides how long.
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, Assert.Single(Store.Commits).Writes[0].Events.Length);
        Pass(TimeSpan.FromMilliseconds(10));
        Assert.Single(Store.Commits);
    }

    [Fact]
    public void Events_that_may_wait_go_into_the_commit_of_those_that_may_not()
    {
        Send(new Later(1));
        Settle();

        Assert.Equal(new Value(3), Get(new Add(2)));

        Assert.Equal(2, Assert.Single(Store.Commits).Writes[0].Events.Length);

        // What waited is not written twice, and the next that may wait does so for as long.
        Send(new Later(1));
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Single(Store.Commits);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(4, Durable());
    }

    [Fact]
    public void What_is_asked_meanwhile_is_answered_with_what_it_saw_when_that_is_durable()
    {
        Send(new Later(5));
        var value = Ask(new Get());
        Settle();
        Assert.False(value.IsCompleted);

        Pass(TimeSpan.FromMilliseconds(2));

        Assert.Equal(new Value(5), Ended(value));
    }

    [Fact]
    public void Sixty_four_events_that_may_wait_are_written_at_once()
    {
        for (var i = 0; i < 64; i++)
        {
            Send(new Later(1));
        }

        Settle();

        Assert.Equal(64, Durable());
    }

    [Fact]
    public void Nobody_hears_of_what_is_not_durable_and_everybody_in_order_afterwards()
    {
        Get(new Get());
        Said.Clear();
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        var answers = new[] { Ask(new AddAndTell(2)), Ask(new Tell("told")), Ask(new AddAndTell(3)) };
        Settle();
        Assert.Empty(Said);

        Store.ReleaseOne();
        Settle();
        Assert.Equal(["0->1"], Said);

        Store.ReleaseOne();
        Settle();
        Assert.Equal(["0->1", "1->6", "added 2", "told 1", "told 2", "added 3"], Said);
        Assert.Equal([new Value(3), new Value(3), new Value(6)], answers.Select(a => Ended(a)));
    }

    [Fact]
    public void Another_entity_may_give_the_answer()
    {
        Get(new Add(7), "d");
        Assert.Equal(new Value(7), Get(new GetOther("d")));
    }

    [Fact]
    public void A_request_that_no_behaviour_answers_is_refused_at_once()
    {
        Assert.Equal(new RequestNotHandled("Unknown", "Counter/c"), Get(new Unknown()));
        Assert.Empty(Store.Commits);
    }

    [Fact]
    public void A_wake_up_that_changes_is_told_to_the_alarms_once_it_is_durable()
    {
        Get(new Get());
        Router.Changes.Clear();
        Store.Holding = true;
        var at = Now.AddHours(1);
        var asked = Ask(new WakeMeAt(at));
        Settle();
        Assert.Empty(Router.Changes);

        Store.ReleaseAll();
        Settle();

        Assert.True(asked.IsCompleted);
        Assert.Equal(new AlarmChanged(Key(), at), Assert.Single(Router.Changes));
    }

    [Fact]
    public void What_an_entity_creates_is_in_its_own_commit()
    {
        Assert.Equal(new Value(0), Get(new Beget("d", 7)));

        Assert.Equal([Key(), Key("d")], Assert.Single(Store.Commits).Writes.Select(w => w.Entity));
        Assert.Equal(new Value(7), Get(new Get(), "d"));
    }

    [Fact]
    public void What_was_there_before_it_was_to_be_created_stays()
    {
        Get(new Add(3), "d");
        Assert.Equal(new Value(0), Get(new Beget("d", 7)));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(new Value(3), Get(new Get(), "d"));
    }

    [Fact]
    public void An_entity_creates_nothing_without_an_event_of_its_own()
    {
        Assert.IsType<StoreNotAvailable>(Get(new Beget("d", 7, Alone: true)));
        Pass(TimeSpan.FromSeconds(1));

        Assert.Empty(Store.Commits);
        Assert.Equal(new Value(0), Get(new Get()));
    }

    [Fact]
    public void A_long_history_is_replaced_by_snapshots()
    {
        for (var i = 0; i < 250; i++)
        {
            Assert.Equal(new Value(i + 1), Get(new Add(1)));
        }

        var history = Ended(Store.Memory.LoadAsync(Key()));
        Assert.Equal(200, history.Snapshot!.Sequence);
        Assert.Equal(50, history.Events.Length);
        Assert.Equal(250, Durable());

        // And it is read back from them.
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(new Value(250), Get(new Get()));
        Assert.Equal(2, Lives);

        for (var i = 0; i < 50; i++)
        {
            Get(new Add(1));
        }

        Assert.Equal(300, Ended(Store.Memory.LoadAsync(Key())).Snapshot!.Sequence);
    }
}
