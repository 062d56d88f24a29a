using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>
/// What is made under an id of its own comes to memory unread, and is believed to be new only as long as the store does not say otherwise.
/// </summary>
public sealed class NewEntitiesTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void What_is_made_under_a_fresh_id_is_not_read_and_its_first_commit_proves_that_it_is_new()
    {
        Assert.Equal(new Value(7), Get(new Make(7, HasFreshId: true)));

        Assert.Equal(0, Assert.Single(Assert.Single(Store.Commits).Writes).ExpectedSequence);
        Assert.Equal(new Value(7), Get(new Get()));
        Assert.Equal(new Value(10), Get(new Add(3)));
        Assert.Empty(Store.Loads);
        Assert.Equal(1, Lives);
        Assert.Equal(10, Durable());
        // Not even what every recovery does.
        Assert.DoesNotContain("recovered", Said);
    }

    [Fact]
    public void What_is_made_under_an_id_that_others_may_know_is_read()
    {
        Assert.Equal(new Value(7), Get(new Make(7, HasFreshId: false)));
        Assert.Equal([Key()], Store.Loads);
    }

    [Fact]
    public void One_that_is_made_again_and_exists_is_refused_by_the_fence_and_answered_as_it_is()
    {
        WriteElsewhere(0, new Added(3));

        Assert.Equal(new Value(3), Get(new Make(7, HasFreshId: true)));

        Assert.Single(Store.Commits);
        Assert.Equal([Key()], Store.Loads);
        Assert.Equal(2, Lives);
        Assert.Equal(3, Durable());
        Assert.DoesNotContain(Said, said => said.Contains("->10", StringComparison.Ordinal) || said == "0->7");
    }

    [Fact]
    public void What_came_with_a_doubled_creation_is_decided_by_the_entity_that_exists()
    {
        WriteElsewhere(0, new Added(3));
        Store.Holding = true;
        var made = Ask(new Make(7, HasFreshId: true));
        Settle();
        var (read, added) = (Ask(new Get()), Ask(new Add(2)));
        Settle();
        Assert.False(made.IsCompleted || read.IsCompleted || added.IsCompleted);

        Store.ReleaseAll();
        Settle();

        Assert.Equal([new Value(3), new Value(3), new Value(5)], [Ended(made), Ended(read), Ended(added)]);
        Assert.Equal(5, Durable());
    }

    [Fact]
    public void Many_doubled_creations_at_once_are_refused_once_and_read_once()
    {
        WriteElsewhere(0, new Added(3));
        Store.Holding = true;
        Task<object?>[] made = [.. Enumerable.Range(0, 100).Select(i => Ask(new Make(10 + i, HasFreshId: true)))];
        Settle();
        Store.ReleaseAll();
        Settle();

        Assert.All(made, answer => Assert.Equal(new Value(3), Ended(answer)));
        Assert.Single(Store.Commits);
        Assert.Equal([Key()], Store.Loads);
        Assert.Equal(2, Lives);
        Assert.False(Services.New.Take(Key()));
    }

    [Fact]
    public void What_came_too_late_for_a_life_that_is_leaving_is_read_for()
    {
        WriteElsewhere(0, new Added(3));
        Store.Holding = true;
        var made = Ask(new Make(7, HasFreshId: true));
        Settle();
        var life = Services.Residents.Find(Key())!;
        // One that is past its shard already.
        var late = PromiseRef.AskAsync(
            Sys, Time, inline: true, TimeSpan.FromHours(1), sender => life.Tell(new Make(8, HasFreshId: true), sender), default);
        Store.ReleaseAll();
        Settle();

        Assert.Equal([new Value(3), new Value(3)], [Ended(made), Ended(late)]);
        Assert.Equal([Key()], Store.Loads);
    }

    [Fact]
    public void A_request_that_reaches_one_wrongly_presumed_new_is_answered_from_its_history()
    {
        PresumeWrongly();

        Assert.Equal(new Value(7), Get(new Get()));

        Assert.Equal([Key()], Store.Loads);
        Assert.Equal(3, Lives);
    }

    [Fact]
    public void So_is_a_request_to_write_without_writing_over_the_history()
    {
        PresumeWrongly();
        Assert.Equal(new Value(9), Get(new Add(2)));
        Assert.Equal(9, Durable());
    }

    [Fact]
    public void Events_that_may_wait_are_kept_when_a_presumption_was_wrong()
    {
        PresumeWrongly();
        Send(new Later(1));
        Settle();
        Send(new Note(1));
        Pass(TimeSpan.FromMilliseconds(2));
        Assert.Equal(9, Durable());
    }

    [Fact]
    public void A_wake_up_that_reaches_one_wrongly_presumed_new_wakes_the_one_that_exists()
    {
        PresumeWrongly(wakeAt: Now.AddMinutes(2));
        Pass(TimeSpan.FromMinutes(1));
        Router.Changes.Clear();

        Send(WakeUpNow.Instance);
        Settle();

        Assert.Equal(1007, Durable());
        // And never was it said that there was nothing to wait for before that was so.
        Assert.Equal([new AlarmChanged(Key(), null)], Router.Changes);
    }

    [Fact]
    public void An_entity_is_presumed_new_for_one_life_only()
    {
        PresumeWrongly();
        Get(new Get());
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(new Value(7), Get(new Get()));
        // One read for each of the two lives that followed, and none was begun for nothing.
        Assert.Equal([Key(), Key()], Store.Loads);
        Assert.Equal(4, Lives);
    }

    [Fact]
    public void A_store_that_is_away_when_it_is_made_leaves_nothing_behind()
    {
        Store.Away = true;
        Assert.IsType<Messages.StoreNotAvailable>(Get(new Make(7, HasFreshId: true)));
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(0, Durable());
        Assert.Equal(new Value(7), Get(new Make(7, HasFreshId: true)));
        Assert.Equal(7, Durable());
    }

    [Fact]
    public void One_whose_first_commit_happened_though_nobody_heard_is_found_by_its_next_life()
    {
        Store.Answers.Enqueue(Answer.LostAfter);
        Assert.IsType<Messages.StoreNotAvailable>(Get(new Make(7, HasFreshId: true)));
        Assert.Equal(new Value(7), Get(new Make(7, HasFreshId: true)));
        Assert.Equal(7, Durable());
    }

    [Fact]
    public void The_mark_is_taken_once_and_of_too_many_the_oldest_are_forgotten()
    {
        var entities = new NewEntities();
        entities.Add(Key("once"));
        entities.Add(Key("once"));
        Assert.True(entities.Take(Key("once")));
        Assert.False(entities.Take(Key("once")));
        Assert.False(entities.Take(Key("never")));

        for (var i = 0; i <= 10_000; i++)
        {
            entities.Add(Key($"{i}"));
        }

        Assert.False(entities.Take(Key("0")));
        Assert.All(Enumerable.Range(1, 10_000), i => Assert.True(entities.Take(Key($"{i}"))));
    }

    [Fact]
    public void Only_a_creation_under_a_fresh_id_marks_its_entity_and_only_on_its_way_to_it()
    {
        var entities = new NewEntities();
        var extractor = new EntityExtractor(entities);
        foreach (var message in (object[])[new Make(1, HasFreshId: false), new Add(1), WakeUpNow.Instance])
        {
            Assert.Same(message, extractor.EntityMessage(new EntityMessage(Key(), message)));
            Assert.False(entities.Take(Key()));
        }

        var creation = new Make(1, HasFreshId: true);
        Assert.Same(creation, extractor.EntityMessage(creation));
        Assert.False(entities.Take(Key()));
        Assert.Same(creation, EntityExtractor.Instance.EntityMessage(new EntityMessage(Key(), creation)));
        Assert.False(entities.Take(Key()));
        Assert.Same(creation, extractor.EntityMessage(new EntityMessage(Key(), creation)));
        Assert.True(entities.Take(Key()));
    }

    [Fact]
    public void A_creation_that_comes_again_to_one_in_memory_leaves_no_mark_for_its_next_life()
    {
        Get(new Make(7, HasFreshId: true));
        Assert.Equal(new Value(7), Get(new Make(8, HasFreshId: true)));
        Assert.False(Services.New.Take(Key()));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(new Value(7), Get(new Get()));
        Assert.Equal([Key()], Store.Loads);
        Assert.Equal(2, Lives);
    }

    /// <summary>A counter of 7 that is not in memory, and that is taken for new when it comes there.</summary>
    private void PresumeWrongly(DateTimeOffset? wakeAt = null)
    {
        Get(new Make(7, HasFreshId: true));
        if (wakeAt is { } at)
        {
            Get(new WakeMeAt(at));
        }

        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Key()));
        Assert.Empty(Store.Loads);
        Assert.Equal(1, Lives);
        Services.New.Add(Key());
    }
}
