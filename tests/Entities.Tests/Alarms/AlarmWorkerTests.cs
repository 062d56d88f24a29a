using Akka.Actor;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Entities.Tests.Alarms;

public sealed class AlarmWorkerTests : EntityWorld
{
    private readonly AlarmBoard _board;
    private IActorRef _worker = ActorRefs.Nobody;

    public AlarmWorkerTests(ITestOutputHelper output)
        : base(output) => _board = new AlarmBoard(Time, NodeLog);

    private int Rings => Router.Sent.Count(sent => sent is { Entity: var entity, Message: WakeUpNow } && entity == Key());

    [Theory]
    [InlineData(1)]
    [InlineData(90)]
    [InlineData(60 * 60)]
    [InlineData(26 * 60 * 60)]
    public void An_entity_is_woken_at_its_time_in_memory_or_not(int seconds)
    {
        Begin();
        Get(new WakeMeAt(Now.AddSeconds(seconds)));

        Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(10));
        Assert.Equal(0, Durable());
        Pass(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void What_came_due_before_it_began_rings_at_once()
    {
        Get(new WakeMeAt(Now.AddSeconds(20)));
        Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(0, Durable());

        Begin();

        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void A_worker_rings_those_of_its_slice_only()
    {
        // Of many entities some are in other slices.
        var ids = Enumerable.Range(0, 64).Select(i => $"{i}").ToArray();
        foreach (var id in ids)
        {
            Get(new WakeMeAt(Now.AddSeconds(20)), id);
        }

        Begin();
        Pass(TimeSpan.FromSeconds(21));

        var mine = ids.Where(id => EntitySlices.Of(Key(id)) == EntitySlices.Of(Key())).ToArray();
        Assert.InRange(mine.Length, 1, 20);
        Assert.Equal(mine, ids.Where(id => Durable(id) == 1000));
        Assert.All(Store.Pages, page => Assert.Equal(EntitySlices.Of(Key()), page.Slice));
    }

    [Fact]
    public void It_reads_page_after_page_and_every_row_once()
    {
        var at = Now.AddSeconds(30);
        var slice = EntitySlices.Of(Key());
        var keys = Enumerable.Range(0, 40_000).Select(i => Key($"{i}")).Where(key => EntitySlices.Of(key) == slice).Take(2_100).ToArray();
        Assert.Equal(2_100, keys.Length);
        foreach (var key in keys)
        {
            Store.Memory.CommitAsync(new EntityCommit([new EntityWrite(key, 0, []) { WakeUp = new WakeUpChange(at) }]));
        }

        Begin();
        Assert.Equal([false, true, true], Store.Pages.Select(page => page.After is not null));
        Assert.Single(Store.Pages.Select(page => page.Until).Distinct());
        Pass(TimeSpan.FromSeconds(31));

        Assert.Equal(2_100, Router.Sent.Count(sent => sent.Message is WakeUpNow));
    }

    [Fact]
    public void A_ring_that_its_entity_only_confirms_rings_again_a_minute_later_and_not_at_once()
    {
        Begin();
        Router.Alarms = ActorRefs.Nobody;
        var due = new AlarmChanged(Key("somebody's"), Now.AddSeconds(-1));
        _worker.Tell(due);
        Settle();
        Assert.Equal(1, RingsOf(due));
        _worker.Tell(due);
        Settle();
        Assert.Equal(1, RingsOf(due));

        for (var minute = 0; minute < 10; minute++)
        {
            Pass(TimeSpan.FromMinutes(1));
            _worker.Tell(due);
        }

        Assert.InRange(RingsOf(due), 10, 12);
    }

    [Fact]
    public void One_that_is_changed_rings_at_its_new_time_only()
    {
        Begin();
        Get(new WakeMeAt(Now.AddSeconds(30)));
        Pass(TimeSpan.FromSeconds(1));
        Get(new WakeMeAt(Now.AddSeconds(60)));
        Pass(TimeSpan.FromSeconds(40));
        Assert.Equal(0, Durable());
        Assert.Equal(0, Rings);

        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(1000, Durable());
        Assert.Equal(1, Rings);
    }

    [Fact]
    public void One_that_is_moved_nearer_rings_then()
    {
        Begin();
        Get(new WakeMeAt(Now.AddHours(5)));
        Pass(TimeSpan.FromSeconds(1));
        Get(new WakeMeAt(Now.AddMilliseconds(700)));
        Pass(TimeSpan.FromMilliseconds(699));
        Assert.Equal(0, Durable());
        Pass(TimeSpan.FromMilliseconds(2));
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void One_that_is_due_already_rings_at_once()
    {
        Begin();
        Get(new WakeMeAt(Now));
        Settle();
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void After_a_step_of_the_wall_clock_it_is_woken_within_seconds()
    {
        Begin();
        Get(new WakeMeAt(Now.AddHours(5)));
        Pass(TimeSpan.FromMinutes(1));

        Time.StepWallClock(TimeSpan.FromHours(6));
        Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void After_a_step_back_it_rings_when_the_time_has_come_again()
    {
        Begin();
        Get(new WakeMeAt(Now.AddSeconds(30)));
        Pass(TimeSpan.FromSeconds(10));
        Time.StepWallClock(TimeSpan.FromHours(-1));
        Pass(TimeSpan.FromMinutes(59));
        Assert.Equal(0, Durable());

        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void What_is_due_rings_again_within_a_minute_though_the_wall_clock_went_back()
    {
        Begin();
        Router.Alarms = ActorRefs.Nobody;
        var due = new AlarmChanged(Key("somebody's"), Now.AddSeconds(-1));
        _worker.Tell(due);
        Settle();
        Time.StepWallClock(TimeSpan.FromMilliseconds(-500));
        Router.Sent.Clear();
        Pass(TimeSpan.FromSeconds(61));
        Assert.InRange(RingsOf(due), 1, 2);
    }

    [Fact]
    public void What_came_due_while_the_store_was_away_rings_when_it_is_back()
    {
        Begin();
        Get(new WakeMeAt(Now.AddMinutes(5)));
        Pass(TimeSpan.FromMinutes(1));
        Store.Away = true;
        Pass(TimeSpan.FromMinutes(10));
        Assert.True(_board.Behind > TimeSpan.Zero);
        // Said once, however often it is tried.
        Assert.Single(Lines.All, line => line.Level == LogEventLevel.Warning);

        Store.Away = false;
        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(1000, Durable());
        Assert.True(_board.Behind < TimeSpan.Zero);
    }

    [Fact]
    public void What_could_not_be_read_at_first_is_tried_every_second()
    {
        Store.Away = true;
        Begin();
        Assert.Null(_board.Until);
        Pass(TimeSpan.FromSeconds(10));
        Assert.InRange(Store.Pages.Count, 10, 12);
        Assert.Null(_board.Until);

        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.NotNull(_board.Until);
    }

    [Fact]
    public void A_wake_up_from_start_up_on_rings_at_the_start_whatever_the_clock_says()
    {
        Store.Memory.CommitAsync(new EntityCommit([new EntityWrite(Key(), 0, []) { WakeUp = new WakeUpChange(EntityWakeUps.FromStartUp) }]));
        Time.StepWallClock(TimeSpan.FromDays(-30));
        Begin();
        Assert.Equal(1, Rings);

        // One that says so itself is in memory already.
        var other = new AlarmChanged(Key("other"), EntityWakeUps.FromStartUp);
        _worker.Tell(other);
        Settle();
        Assert.Equal(0, RingsOf(other));
    }

    [Fact]
    public void An_entity_that_only_has_to_be_in_memory_tells_no_worker_and_is_rung_by_the_next_reading_if_its_actor_is_gone()
    {
        Begin();
        Get(new WakeMeAt(EntityWakeUps.FromStartUp));
        Assert.Empty(Router.Changes);

        // Gone, and nobody had time to say so.
        Sys.Stop(Services.Residents.Find(Key())!);
        Settle();
        Assert.Null(Services.Residents.Find(Key()));
        Assert.Equal(0, Rings);
        var read = Store.Pages.Count;
        Pass(AlarmWorker.Horizon / 2 - TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), (Rings, Store.Pages.Count - read));
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal((1, 1), (Rings, Store.Pages.Count - read));
        // What is due is done, and whoever is not to be in memory any more says so to its worker.
        Assert.Equal(1000, Durable());
        Assert.Equal([new AlarmChanged(Key(), null)], Router.Changes);
    }

    [Fact]
    public void What_was_in_the_memory_of_a_node_that_is_gone_is_rung_at_once()
    {
        Begin();
        Get(new WakeMeAt(EntityWakeUps.FromStartUp));
        Sys.Stop(Services.Residents.Find(Key())!);
        Settle();

        _board.NodeIsGone();
        Settle();

        Assert.Equal(1, Rings);
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void What_was_in_the_memory_of_a_node_that_is_gone_is_rung_though_it_said_something_before_that_lies_ahead_by_now()
    {
        Begin();
        Get(new WakeMeAt(Now.AddSeconds(30)));
        Get(new WakeMeAt(EntityWakeUps.FromStartUp));
        Sys.Stop(Services.Residents.Find(Key())!);
        Settle();

        _board.NodeIsGone();
        Settle();

        Assert.Equal(1, Rings);
        Assert.Equal(1000, Durable());
    }

    [Fact]
    public void What_is_due_rings_at_once_and_once_more_when_a_node_is_gone()
    {
        Begin();
        Router.Alarms = ActorRefs.Nobody;
        var due = new AlarmChanged(Key("somebody's"), Now.AddSeconds(-1));
        _worker.Tell(due);
        Settle();
        Router.Sent.Clear();

        _board.NodeIsGone();
        Settle();
        Assert.Equal(1, RingsOf(due));
        // What was sent before the regions knew of it went to the node that is gone.
        Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(2, RingsOf(due));
        // It goes on as ever: not twice from now on.
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(3, RingsOf(due));
    }

    [Fact]
    public void A_worker_that_failed_begins_again_and_one_that_left_is_not_waited_for()
    {
        Begin();
        Assert.NotNull(_board.Until);
        _worker.Tell(Kill.Instance);
        Settle();
        Assert.Null(_board.Until);
        Assert.Null(_board.Behind);
    }

    private int RingsOf(AlarmChanged alarm) => Router.Sent.Count(sent => sent.Entity == alarm.Entity && sent.Message is WakeUpNow);

    private void Begin()
    {
        _worker = Sys.ActorOf(ActorProducer.Props(() => new AlarmWorker(EntitySlices.Of(Key()), Store, Time, Router, _board)));
        Router.Alarms = _worker;
        Settle();
    }
}
