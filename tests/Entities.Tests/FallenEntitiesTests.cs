using Akka.Actor;
using Runner.Entities.Store;
using Runner.Messages;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

public sealed class FallenEntitiesTests(ITestOutputHelper output) : EntityWorld(output)
{
    private static readonly EntityMemory Memory = new(new CounterState("c", 3), 3, []);

    [Fact]
    public void Pauses_grow_while_it_falls_and_begin_again_when_it_stands()
    {
        Store.Away = true;
        List<double> pauses = [];
        for (var i = 0; i < 8; i++)
        {
            pauses.Add(Fallen.Fell(Key("x"), new StoreUnavailableException("gone"), null, []).TotalMilliseconds);
        }

        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000], pauses);
        Assert.Equal(1, Fallen.Count);

        // Not while it is still to be brought back with what it has not decided.
        Fallen.Stands(Key("x"));
        Assert.Equal(1, Fallen.Count);
        Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), Fallen.Fell(Key("y"), new StoreUnavailableException("gone"), null, []));
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void An_entity_that_fell_is_told_with_the_memory_it_began_with()
    {
        Assert.Equal((false, null), Fallen.Restarted(Key()));
        Fallen.BeginsAnew(Key(), Memory, []);
        Fallen.Fell(Key(), new StoreUnavailableException("gone"), Memory with { Sequence = 9 }, []);

        Assert.Equal((true, Memory), Fallen.Restarted(Key()));
        Assert.Equal((true, null), Fallen.Restarted(Key()));
    }

    [Fact]
    public void Until_it_is_back_requests_are_refused_with_the_cause_and_the_rest_waits()
    {
        Fallen.Fell(Key(), new StoreFullException("No room."), null, []);
        var asked = PromiseRef.AskAsync(Sys, Time, inline: true, TimeSpan.FromHours(1), sender => Fallen.Keep(Key(), new Add(1), sender), default);
        Fallen.Keep(Key(), new Note(5), ActorRefs.NoSender);
        // Every life is told anew what is true: once is enough.
        Fallen.Keep(Key(), new Note(5), ActorRefs.NoSender);
        Fallen.Keep(Key(), WakeUpNow.Instance, ActorRefs.NoSender);
        // One life's own.
        Fallen.Keep(Key(), LeaveIfIdle.Instance, ActorRefs.NoSender);
        Settle();

        Assert.Equal(new StoreIsFull("No room."), Ended(asked));
        Assert.Empty(Router.Sent);
        Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal([WakeUpNow.Instance, new Note(5)], Router.Sent.Select(sent => sent.Message));
        Assert.Equal(5, Durable());
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void What_comes_too_late_for_one_that_has_not_fallen_goes_to_its_next_life()
    {
        Fallen.Keep(Key(), new Note(5), ActorRefs.NoSender);
        Settle();
        Assert.Equal(5, Durable());
    }

    [Fact]
    public void One_that_comes_to_memory_elsewhere_is_not_remembered_for_ever()
    {
        // Nobody here reads it: its shard is on another node.
        Router.HandOver();
        Settle();
        Fallen.Fell(Key(), new StoreUnavailableException("gone"), Memory, [(new Note(1), null)]);
        Fallen.BeginsAnew(Key("d"), Memory, []);
        Pass(TimeSpan.FromMinutes(4));
        Assert.Equal(2, Fallen.Count);

        Pass(TimeSpan.FromMinutes(7));
        Assert.Equal(0, Fallen.Count);
        Assert.Equal((false, null), Fallen.Restarted(Key()));
    }

    [Fact]
    public void One_that_is_here_and_has_written_nothing_since_is_remembered_until_it_leaves()
    {
        Behaviour.FailsToRecover = new InvalidOperationException("It cannot.");
        Send(new Note(0));
        Settle();
        Behaviour.FailsToRecover = null;
        Store.Full = true;
        Pass(TimeSpan.FromSeconds(1));
        Store.Full = false;
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(0, Fallen.Count);

        // One that has nothing to write.
        Store.Away = true;
        Assert.IsType<StoreNotAvailable>(Get(new Get(), "d"));
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.NotNull(Services.Residents.Find(Key("d")));
        Assert.Equal(1, Fallen.Count);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Key("d")));
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void One_that_begins_anew_gets_what_it_had_not_decided_or_is_woken()
    {
        Fallen.BeginsAnew(Key(), null, [(new Note(1), null), (new Note(2), null)]);
        Assert.Equal([new Note(1), new Note(2)], Router.Sent.Select(sent => sent.Message));
        Assert.Equal(0, Fallen.Count);

        Router.Sent.Clear();
        Fallen.BeginsAnew(Key(), null, []);
        Assert.Equal([WakeUpNow.Instance], Router.Sent.Select(sent => sent.Message));
    }
}
