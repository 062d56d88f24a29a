using System.Text;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Messages;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>B65: an entity that cannot be read rests, and costs nothing.</summary>
public sealed class UnreadableTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void B65_An_event_of_an_unknown_name_is_named_in_every_refusal_with_what_to_do()
    {
        Plant("c", "added", "addde", "added");

        var refusal = Assert.IsType<EntityUnreadable>(Get(new Add(1)));

        Assert.Equal(("Counter/c", 2L), (refusal.Entity, refusal.Sequence));
        Assert.Contains("Counter/c cannot be read and rests: its event 2 cannot be read (", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("`runner journal skip Counter/c 2`", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("runner restore", refusal.Message, StringComparison.Ordinal);
        Send(new Note(5));
        Send(WakeUpNow.Instance);
        Settle();
        Assert.Empty(Store.Commits);
        Assert.Empty(Said);
    }

    [Theory]
    [InlineData("added", 1, "no number", "cannot be read")]
    [InlineData("addde", 1, "1", "cannot be read")]
    [InlineData("broken", 1, "apply", "does not fit those before it (Broken: It is broken: apply)")]
    [InlineData("gap", 1, "", "is missing, though there are later ones")]
    public void B65_Each_kind_of_damage_is_told(string name, int version, string payload, string problem)
    {
        var first = new StoredEvent(1, "added", 1, Now, "1"u8.ToArray());
        var second = name == "gap" ? [] : (StoredEvent[])[new StoredEvent(2, name, version, Now, Encoding.UTF8.GetBytes(payload))];
        Store.Histories[Key()] = new EntityHistory(null, [first, .. second, new StoredEvent(3, "added", 1, Now, "1"u8.ToArray())], 3);

        var refusal = Assert.IsType<EntityUnreadable>(Get(new Get()));

        Assert.Equal(2, refusal.Sequence);
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B65_A_snapshot_that_cannot_be_read_is_told_with_its_number()
    {
        Store.Histories[Key()] = new EntityHistory(new StoredSnapshot(7, 1, "no number"u8.ToArray()), [], 7);
        Assert.Equal(7, Assert.IsType<EntityUnreadable>(Get(new Get())).Sequence);

        Store.Histories[Key("d")] = new EntityHistory(new StoredSnapshot(7, 2, "7"u8.ToArray()), [], 7);
        Assert.Contains(
            "a snapshot of version 2, which this program does not know", Assert.IsType<EntityUnreadable>(Get(new Get(), "d")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void B65_It_is_read_again_after_a_second_ten_a_minute_and_then_once_an_hour()
    {
        Plant("c", "addde");
        Get(new Get());

        var reads = new List<int>();
        foreach (var pause in (int[])[1, 10, 60, 3600, 3600])
        {
            var before = Store.Loads.Count;
            Pass(TimeSpan.FromSeconds(pause - 0.5));
            Get(new Get());
            Assert.Equal(before, Store.Loads.Count);
            Pass(TimeSpan.FromSeconds(0.6));
            reads.Add(Store.Loads.Count - before);
        }

        Assert.Equal([1, 1, 1, 1, 1], reads);
        Assert.True(Services.Unreadable.Look(1).First[0].Quarantined);
    }

    [Fact]
    public void B65_One_that_is_mended_goes_on_at_its_next_reading()
    {
        Plant("c", "addde");
        Get(new Get());
        Store.Histories[Key()] = new EntityHistory(null, [new StoredEvent(1, "added", 1, Now, "5"u8.ToArray())], 1);

        Pass(TimeSpan.FromSeconds(2));

        Assert.Equal(new Value(5), Get(new Get()));
        Assert.Equal(0, Services.Unreadable.Count);
        Assert.Contains("recovered", Said);
    }

    [Fact]
    public void B65_It_logs_one_line_and_not_one_more_in_a_day_though_all_the_time_it_is_asked_and_rung_at()
    {
        Plant("c", "added", "addde");
        Get(new Get());
        for (var tenMinutes = 0; tenMinutes < 24 * 6; tenMinutes++)
        {
            Pass(TimeSpan.FromMinutes(10));
            Send(WakeUpNow.Instance);
            Get(new Get());
        }

        var line = Assert.Single(Lines.All, l => l.Level >= LogEventLevel.Information);
        Assert.Equal(LogEventLevel.Error, line.Level);
        Assert.Contains("its event 2 cannot be read", line.Text, StringComparison.Ordinal);
        // Three soon, and one each hour.
        Assert.InRange(Store.Loads.Count, 1, 4 + 24);
    }

    [Fact]
    public void B65_Ten_thousand_of_them_log_two_lines_in_all_and_the_others_go_on()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Plant($"c{i}", "addde");
            Send(WakeUpNow.Instance, $"c{i}");
        }

        Settle();
        Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(2, Lines.All.Count(l => l.Level >= LogEventLevel.Information));
        Assert.Contains(
            "9999 more entities cannot be read and rest, 10000 in all", Lines.All.Last(l => l.Level >= LogEventLevel.Information).Text,
            StringComparison.Ordinal);
        Assert.Equal(10_000, Services.Unreadable.Count);
        Assert.Equal(new Value(1), Get(new Add(1), "well"));
        Assert.Equal(["Counter/c0", "Counter/c1"], Services.Unreadable.Look(2).First.Select(e => e.Entity.ToString()));
    }

    [Fact]
    public void B65_Alarms_do_not_ring_for_one_that_rests_and_do_when_it_has_left_this_node()
    {
        Plant("c", "addde");
        Ended(Store.Memory.CommitAsync(new EntityCommit([new EntityWrite(Key(), 1, []) { WakeUp = new WakeUpChange(Now) }])));
        var board = new AlarmBoard(Time, NodeLog);
        Sys.ActorOf(
            ActorProducer.Props(() => new AlarmWorker(EntitySlices.Of(Key()), Store, Time, Router, board, Services.Unreadable.IsHere)));
        Settle();
        Pass(TimeSpan.FromMinutes(2));
        Router.Sent.Clear();

        Pass(TimeSpan.FromMinutes(30));
        Assert.Empty(Router.Sent);

        Router.HandOver();
        Settle();
        Pass(AlarmWorker.RingAgain);
        Assert.Contains((Key(), WakeUpNow.Instance), Router.Sent);
        Assert.Equal(0, Services.Unreadable.Count);
    }

    [Fact]
    public void B65_A_store_that_is_away_is_no_damage()
    {
        Get(new Add(1));
        Store.Away = true;
        Send(new Note(1));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Services.Unreadable.Count);
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(new Value(2), Get(new Get()));
    }

    private void Plant(string id, params string[] names) => Assert.IsType<CommitResult.Committed>(Store.Memory.CommitAsync(new EntityCommit(
        [new EntityWrite(Key(id), 0, [.. names.Select((name, i) => new StoredEvent(i + 1, name, 1, Now, "1"u8.ToArray()))])]))
        .GetAwaiter().GetResult());
}
