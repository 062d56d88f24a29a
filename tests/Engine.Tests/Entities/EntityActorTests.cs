using Runner.Engine.Entities;
using Runner.Entities.Store;

namespace Runner.Engine.Tests.Entities;

public sealed class EntityActorTests
{
    private readonly EntityWorld _world = new();

    [Fact]
    public async Task What_comes_while_a_commit_is_under_way_becomes_one_commit()
    {
        _world.Store.Holding = true;
        var first = _world.Ask(new Add(1));
        _world.Settle();
        var second = _world.Ask(new Add(2));
        var third = _world.Ask(new Add(3));
        _world.Settle();
        Assert.Single(_world.Store.Commits);
        Assert.False(first.IsCompleted);

        _world.Store.ReleaseOne();
        _world.Settle();
        Assert.Equal(1, await first);
        Assert.Equal(2, _world.Store.Commits.Count);
        Assert.Equal(2, _world.Store.Commits[1].Writes[0].Events.Length);
        Assert.False(second.IsCompleted);

        _world.Store.ReleaseOne();
        _world.Settle();
        // Sent at once, they may arrive in either order.
        Assert.Equal(6, Math.Max((int)await second, (int)await third));
    }

    [Fact]
    public async Task What_an_entity_creates_comes_to_memory_without_being_read_back()
    {
        var begot = _world.Ask(new Beget("d", 7));
        _world.Settle();
        Assert.Equal(0, await begot);
        var child = _world.Ask(new Add(1), "d");
        _world.Settle();

        Assert.Equal(8, await child);
        Assert.Equal([EntityWorld.Key], _world.Store.Loads);
        Assert.Equal(["0->0", "recovered", "recovered", "7->8"], _world.Said);
    }

    [Fact]
    public async Task What_was_there_before_it_was_to_be_created_is_read()
    {
        var first = _world.Ask(new Add(3), "d");
        _world.Settle();
        Assert.Equal(3, await first);
        _world.Pass(TimeSpan.FromMinutes(1));
        var begot = _world.Ask(new Beget("d", 7));
        _world.Settle();
        Assert.Equal(0, await begot);
        var child = _world.Ask(new Get(), "d");
        _world.Settle();

        Assert.Equal(3, await child);
    }

    [Fact]
    public async Task An_entity_that_hears_late_of_its_beginning_loses_nothing_that_came_since()
    {
        var begot = _world.Ask(new Beget("d", 7));
        _world.Settle();
        Assert.Equal(0, await begot);
        var first = _world.Ask(new Add(1), "d");
        _world.Settle();
        Assert.Equal(8, await first);
        // It is forgotten, and then the word of its beginning comes once more.
        _world.Pass(TimeSpan.FromMinutes(1));
        _world.Region.Tell(
            new EntityMessage(EntityWorld.Key with { Id = "d" }, new EntityBegan(_world.Store.Commits[0].Writes[1].Events)), _world.World.System.DeadLetters);
        var second = _world.Ask(new Add(1), "d");
        _world.Settle();

        Assert.Equal(9, await second);
    }

    [Fact]
    public async Task An_entity_that_somebody_else_wrote_to_is_read_again_and_decides_anew()
    {
        var first = _world.Ask(new Add(1));
        _world.Settle();
        Assert.Equal(1, await first);
        var other = new CounterCodec().Write(new Added(10));
        await _world.Store.Memory.CommitAsync(new EntityCommit(
            [new EntityWrite(EntityWorld.Key, 1, [new StoredEvent(2, other.Name, other.Version, Tests.Actors.World.Start, other.Payload)])]));

        var second = _world.Ask(new Add(1));
        _world.Settle();

        Assert.Equal(12, await second);
        Assert.Contains("caught up 1->11", _world.Said);
    }

    [Fact]
    public async Task A_commit_that_happened_though_its_answer_was_lost_is_not_repeated()
    {
        await Known();
        _world.Store.Answers.Enqueue(Answer.LostAfter);

        var reply = _world.Ask(new Add(5));
        _world.Pass(TimeSpan.FromSeconds(1));
        var after = _world.Ask(new Get());
        _world.Settle();

        Assert.Equal("refused: It is away.", await reply);
        Assert.Equal(6, await after);
        Assert.Equal(6, await _world.Durable());
        Assert.Contains("caught up 1->6", _world.Said);
    }

    [Fact]
    public async Task While_the_store_is_away_requests_are_refused_and_everything_else_is_kept()
    {
        await Known();
        _world.Store.Away = true;
        _world.Tell(new Note(10));
        var request = _world.Ask(new Add(100));
        _world.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("refused: It is away.", await request);
        _world.Tell(new Note(20));
        var later = _world.Ask(new Add(100));
        _world.Pass(TimeSpan.FromMinutes(3));
        Assert.Equal("refused: It is away.", await later);

        _world.Store.Away = false;
        _world.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(31, await _world.Durable());
    }

    [Fact]
    public async Task However_often_it_reads_again_it_recovers_once_for_each_time_it_has_read()
    {
        await Known();
        _world.Said.Clear();
        for (var i = 0; i < 5; i++)
        {
            _world.Store.Answers.Enqueue(Answer.FailedBefore);
        }

        _world.Tell(new Note(1));
        _world.Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(2, await _world.Durable());
        Assert.Single(_world.Said, "recovered");
    }

    [Fact]
    public async Task An_idle_entity_is_forgotten_and_comes_back_as_it_was()
    {
        await Known();
        Assert.Equal(1, _world.Lives);

        _world.Pass(TimeSpan.FromMinutes(1));
        var value = _world.Ask(new Get());
        _world.Settle();

        Assert.Equal(1, await value);
        Assert.Equal(2, _world.Lives);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Forgetting_loses_no_message_and_keeps_their_order(int seed)
    {
        var world = new EntityWorld((ulong)seed);
        for (var i = 0; i < 200; i++)
        {
            // Around the time at which it is asked to leave.
            world.Pass(TimeSpan.FromMilliseconds(9_999.5));
            world.Tell(new Note(1));
            world.World.Simulation.Step();
            world.Tell(new Note(1));
        }

        world.Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(400, await world.Durable());
        Assert.InRange(world.Lives, 50, 400);
    }

    [Fact]
    public async Task Of_many_idle_entities_those_that_have_been_idle_longest_are_forgotten_at_once()
    {
        for (var i = 0; i <= EntityRegion.MostIdle; i++)
        {
            var reply = _world.Ask(new Add(1), $"{i}");
            _world.Settle();
            Assert.Equal(1, await reply);
        }

        var lives = _world.Lives;
        var last = _world.Ask(new Get(), $"{EntityRegion.MostIdle}");
        _world.Settle();
        Assert.Equal(1, await last);
        Assert.Equal(lives, _world.Lives);

        var first = _world.Ask(new Add(1), "0");
        _world.Settle();
        Assert.Equal(2, await first);
        Assert.Equal(lives + 1, _world.Lives);
    }

    [Fact]
    public async Task A_long_history_is_replaced_by_snapshots()
    {
        for (var i = 0; i < 250; i++)
        {
            var reply = _world.Ask(new Add(1));
            _world.Settle();
            Assert.Equal(i + 1, await reply);
        }

        var history = await _world.Store.Memory.LoadAsync(EntityWorld.Key);
        Assert.Equal(200, history.Snapshot!.Sequence);
        Assert.Equal(50, history.Events.Length);
        Assert.Equal(250, await _world.Durable());
    }

    private async Task Known()
    {
        var first = _world.Ask(new Add(1));
        _world.Settle();
        Assert.Equal(1, await first);
    }
}
