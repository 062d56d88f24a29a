using Runner.Messages;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>The store fails, or this program.</summary>
public sealed class FailureTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void While_the_store_is_away_requests_are_refused_and_everything_else_is_kept()
    {
        Get(new Add(1));
        Store.Away = true;
        Send(new Note(10));
        Assert.Equal(new StoreNotAvailable("It is away."), Get(new Add(100)));
        Pass(TimeSpan.FromSeconds(1));
        Send(new Note(20));
        Assert.Equal(new StoreNotAvailable("It is away."), Get(new Add(100)));
        Pass(TimeSpan.FromMinutes(3));
        Assert.Equal(new StoreNotAvailable("It is away."), Get(new Add(100)));

        Store.Away = false;
        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(31, Durable());
        Assert.Equal(0, Fallen.Count);
        Assert.DoesNotContain(Lines.All, line => line.Level >= LogEventLevel.Warning);
    }

    [Fact]
    public void A_full_store_is_a_refusal_of_its_own()
    {
        Get(new Add(1));
        Store.Full = true;
        Assert.Equal(new StoreIsFull("It is full."), Get(new Add(100)));
        Send(new Note(10));
        Pass(TimeSpan.FromMinutes(1));

        Store.Full = false;
        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(11, Durable());
    }

    [Fact]
    public void All_requests_of_a_batch_that_failed_and_those_behind_it_are_refused_once()
    {
        Get(new Add(1));
        Store.Holding = true;
        List<Task<object?>> answers = [Ask(new Add(1))];
        Settle();
        answers.AddRange(Enumerable.Range(0, 70).Select(_ => Ask(new Add(1))));
        Settle();
        Store.Answers.Enqueue(Answer.FailedBefore);

        Store.ReleaseAll();
        Settle();

        Assert.All(answers, a => Assert.Equal(new StoreNotAvailable("It is away."), Ended(a)));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Durable());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_pauses_grow_from_100_milliseconds_to_5_seconds_until_something_is_durable(bool away)
    {
        Get(new Add(1));
        // One that is full can be read, so that each life begins well.
        (Store.Away, Store.Full) = (away, !away);
        Send(new Note(1));
        Settle();
        var began = Now;
        List<int> loads = [];
        var seen = Store.Loads.Count;
        while (loads.Count < 10)
        {
            Pass(TimeSpan.FromMilliseconds(10));
            if (Store.Loads.Count > seen)
            {
                seen = Store.Loads.Count;
                loads.Add((int)(Now - began).TotalMilliseconds);
                began = Now;
            }
        }

        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000], loads);

        (Store.Away, Store.Full) = (false, false);
        Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(2, Durable());
        Assert.Equal(0, Fallen.Count);

        // The next fall is a new one.
        Store.Answers.Enqueue(Answer.FailedBefore);
        Send(new Note(1));
        Pass(TimeSpan.FromMilliseconds(99));
        Assert.Equal(2, Durable());
        Pass(TimeSpan.FromMilliseconds(2));
        Assert.Equal(3, Durable());
    }

    [Fact]
    public void What_recovering_wants_durable_does_not_pile_up()
    {
        Behaviour.CountsRecoveries = true;
        Store.Full = true;
        Send(WakeUpNow.Instance);
        Pass(TimeSpan.FromMinutes(10));

        Store.Full = false;
        Router.Sent.Clear();
        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(100, Durable());
        Assert.Single(Router.Sent);
        Assert.DoesNotContain("woken", Said);
    }

    [Fact]
    public void A_commit_that_happened_though_its_answer_was_lost_is_not_repeated()
    {
        Get(new Add(1));
        Store.Answers.Enqueue(Answer.LostAfter);

        Assert.Equal(new StoreNotAvailable("It is away."), Get(new Add(5)));
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(new Value(6), Get(new Get()));
        Assert.Equal(6, Durable());
        Assert.Contains("caught up 1->6", Said);
    }

    [Fact]
    public void Who_was_created_by_a_commit_whose_answer_was_lost_is_woken_and_so_are_the_alarms()
    {
        var at = Now.AddHours(1);
        Get(new WakeMeAt(at));
        Store.Answers.Enqueue(Answer.LostAfter);
        Get(new Beget("d", 7));
        Assert.DoesNotContain((Key("d"), (object)WakeUpNow.Instance), Router.Sent);
        Router.Changes.Clear();

        Pass(TimeSpan.FromSeconds(1));

        Assert.Contains((Key("d"), (object)WakeUpNow.Instance), Router.Sent);
        Assert.Contains(new AlarmChanged(Key(), at), Router.Changes);
        Assert.Equal(7, Durable("d"));
    }

    [Theory]
    [InlineData("decide")]
    [InlineData("apply")]
    [InlineData("write")]
    public void A_request_that_makes_the_behaviour_fail_is_refused_and_not_tried_again(string where)
    {
        Get(new Add(1));

        Assert.StartsWith(
            $"The node could not carry out the command (It is broken: {where}.)", Assert.IsType<StoreNotAvailable>(Get(new Break(where))).Detail,
            StringComparison.Ordinal);
        Assert.Contains(Lines.All, line => line.Level == LogEventLevel.Error);
        Assert.Null(Services.Residents.Find(Key()));

        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Lives);
        Assert.Equal(new Value(3), Get(new Add(2)));
        Assert.Equal(1, Lines.All.Count(line => line.Level == LogEventLevel.Error));
    }

    [Fact]
    public void Who_waits_for_one_that_failed_in_the_queue_is_refused_and_the_others_are_not_answered_twice()
    {
        Get(new Add(1));
        Store.Holding = true;
        var first = Ask(new Add(1));
        Settle();
        var (second, broken, last) = (Ask(new Add(1)), Ask(new Break("decide")), Ask(new Add(1)));
        Send(new Note(5));
        Settle();

        Store.ReleaseAll();
        Settle();

        Assert.Equal(new Value(2), Ended(first));
        Assert.All([second, broken, last], a => Assert.IsType<StoreNotAvailable>(Ended(a)));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(7, Durable());
    }

    [Fact]
    public void What_is_durable_is_answered_though_carrying_something_out_failed()
    {
        Get(new Add(1));
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        var (broken, behind) = (Ask(new Break("carry")), Ask(new AddAndTell(3)));
        Settle();

        Store.ReleaseAll();
        Settle();

        Assert.Equal([new Value(3), new Value(6)], [Ended(broken), Ended(behind)]);
        Assert.Equal(6, Durable());
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(new Value(6), Get(new Get()));
    }

    [Fact]
    public void What_nobody_waits_for_is_not_tried_again_when_it_has_failed()
    {
        Get(new Add(1));
        Send(new BreakQuietly());
        Send(new Note(1));
        Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(2, Durable());
        Assert.Equal(2, Lives);
        Assert.Equal(1, Lines.All.Count(line => line.Level == LogEventLevel.Error));
    }

    [Fact]
    public void A_failure_outside_the_behaviour_while_a_commit_is_under_way_is_one_failure()
    {
        Get(new Add(1));
        Store.Holding = true;
        var adding = Ask(new Add(1));
        Settle();

        Assert.IsType<StoreNotAvailable>(Get(new Outside(Breaks: true)));
        // Nobody knows whether it will be durable.
        Assert.IsType<StoreNotAvailable>(Ended(adding));
        Store.ReleaseAll();
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(new Value(2), Get(new Get()));
        Assert.Contains("caught up 1->2", Said);
        Assert.Equal(1, Lines.All.Count(line => line.Level == LogEventLevel.Error));
    }

    [Fact]
    public void B65_A_behaviour_that_cannot_recover_is_tried_ever_less_often_and_said_once_a_minute()
    {
        Behaviour.FailsToRecover = new InvalidOperationException("It cannot.");
        Send(new Note(1));
        Pass(TimeSpan.FromMinutes(1));
        Assert.InRange(Lives, 8, 11);
        Assert.Single(Lines.All, line => line.Level >= LogEventLevel.Warning);
        Pass(TimeSpan.FromMinutes(9));
        Assert.InRange(Lives, 16, 20);
        Assert.InRange(Lines.All.Count(line => line.Level >= LogEventLevel.Warning), 5, 10);

        Behaviour.FailsToRecover = null;
        Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(1, Durable());
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void What_came_while_an_entity_could_not_be_read_is_answered_or_kept()
    {
        Get(new Add(1));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Key()));
        Store.Away = true;
        // Both wait in the entity's stash while its history is asked for.
        Send(new Note(4));
        Assert.Equal(new StoreNotAvailable("It is away."), Get(new Add(1)));

        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(5, Durable());
    }
}
