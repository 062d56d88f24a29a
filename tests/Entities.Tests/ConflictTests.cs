using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>Somebody else was first.</summary>
public sealed class ConflictTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void An_entity_that_somebody_else_wrote_to_is_read_again_and_decides_anew()
    {
        Assert.Equal(new Value(1), Get(new Add(1)));
        WriteElsewhere(1, new Added(10));

        Assert.Equal(new Value(12), Get(new Add(1)));

        Assert.Contains("caught up 1->11", Said);
        Assert.Equal(2, Lives);
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void All_that_was_to_be_decided_is_decided_in_its_order()
    {
        Get(new Add(1));
        WriteElsewhere(1, new Added(10));
        Store.Holding = true;
        var first = Ask(new Add(1));
        Settle();
        Send(new Note(2));
        var second = Ask(new Add(3));
        Settle();

        Store.ReleaseAll();
        Settle();

        Assert.Equal([new Value(12), new Value(17)], [Ended(first), Ended(second)]);
        Assert.Equal(17, Durable());
    }

    [Fact]
    public void It_recovers_once_for_each_time_it_is_read()
    {
        Behaviour.CountsRecoveries = true;
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        WriteElsewhere(0, new Added(10));

        Store.ReleaseAll();
        Settle();

        Assert.Equal(111, Durable());
    }

    [Fact]
    public void A_request_that_comes_before_it_has_left_is_not_refused()
    {
        Get(new Add(1));
        WriteElsewhere(1, new Added(10));
        Store.Holding = true;
        var first = Ask(new Add(1));
        Settle();

        // It is in the mailbox when the refusal is.
        var second = Ask(new Add(1));
        Store.ReleaseAll();
        Settle();

        Assert.Equal([new Value(12), new Value(13)], new[] { Ended(first), Ended(second) }.OrderBy(v => ((Value)v!).Of));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Of_two_incarnations_on_one_journal_exactly_one_writes_each_number(int seed)
    {
        Chance = new Random(seed);
        var other = Sys.ActorOf(Props.Create(() => new TestShard(Entity, EntityExtractor.Instance)), "shard-other");
        List<Task<object?>> answers = [];
        for (var i = 0; i < 200; i++)
        {
            answers.Add(i % 2 == 0 ? Ask(new Add(1)) : PromiseRef.AskAsync(
                Sys, Time, inline: true, TimeSpan.FromHours(1), sender => other.Tell(new EntityMessage(Key(), new Add(1)), sender), default));
            for (var turns = Chance.Next(20); turns > 0; turns--)
            {
                Step();
            }
        }

        Pass(TimeSpan.FromMinutes(1));

        // What was decided again may have been refused, or have become durable: never both, never twice.
        Assert.Equal(Enumerable.Range(1, 200), answers.Select(a => Assert.IsType<Value>(Ended(a)).Of).Order());
        var history = Ended(Store.Memory.LoadAsync(Key()));
        Assert.Equal(200, history.LastSequence);
        Assert.Equal(200, Durable());
        Assert.True(Lives > 4, "they never met");
        Assert.DoesNotContain(Lines.All, line => line.Level >= Serilog.Events.LogEventLevel.Warning);

        // What the loser knew goes, though its messages came to the other one and nobody has asked for it.
        Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void A_slot_that_somebody_else_holds_refuses_what_wanted_it_and_nothing_else()
    {
        Assert.Equal(new Value(0), Get(new TakeSlot(), "d"));
        Get(new Get());
        Store.Holding = true;
        Send(new Note(1));
        Settle();
        var (taking, adding) = (Ask(new TakeSlot()), Ask(new Add(2)));
        Settle();

        Store.ReleaseAll();
        Settle();

        // Whose slot it is has been said; who asked for it hears from whoever was told.
        Assert.Contains("slot 0 is Counter/d's", Said);
        Assert.False(taking.IsCompleted);
        Assert.Equal(new Value(3), Ended(adding));
        Assert.Equal(3, Durable());
        Assert.DoesNotContain(Said, said => said.StartsWith("caught up", StringComparison.Ordinal));
        Assert.Equal(0, Fallen.Count);
    }

    [Fact]
    public void An_entity_that_was_erased_while_it_waited_to_write_begins_anew()
    {
        Get(new Add(5));
        Send(new Later(1));
        Settle();
        Erase(1);

        Services.Residents.Find(Key())!.Tell(EntityErased.Instance);
        Pass(TimeSpan.FromSeconds(1));

        // Its past is gone, what was to be decided is not.
        Assert.Equal(new Value(1), Get(new Get()));
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void An_entity_that_was_erased_while_it_wrote_is_read_again()
    {
        Get(new Add(5));
        Store.Holding = true;
        var written = Ask(new Add(1));
        Settle();
        var queued = Ask(new Add(2));
        Erase(1);
        Services.Residents.Find(Key())!.Tell(EntityErased.Instance);
        Settle();

        Store.ReleaseAll();
        Settle();

        // The store lets an erased entity go on from its number: what was written is all that is left of it.
        Assert.Equal(new Value(6), Ended(written));
        Assert.Equal(new Value(3), Ended(queued));
        Assert.Equal(3, Durable());
    }

    [Fact]
    public void An_entity_that_was_erased_while_it_did_nothing_leaves()
    {
        Get(new Add(5));
        Erase(1);
        Services.Residents.Find(Key())!.Tell(EntityErased.Instance);
        Settle();

        Assert.Null(Services.Residents.Find(Key()));
        Assert.Equal(new Value(0), Get(new Get()));
    }

    private void Erase(long last) => Assert.Equal(
        ImmutableArray<EntityKey>.Empty,
        Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(new EntityCommit([EntityWrite.Erase(Key(), last)])))).Skipped);
}
