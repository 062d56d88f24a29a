using Xunit.Abstractions;

namespace Runner.Entities.Tests;

public sealed class IdleEntitiesTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void Of_many_idle_entities_those_that_have_been_idle_longest_are_forgotten_at_once()
    {
        for (var i = 0; i <= IdleEntities.MostIdle; i++)
        {
            Get(new Get(), $"{i}");
        }

        Assert.Equal(IdleEntities.MostIdle, Services.Residents.Count(CounterBehaviour.CounterKind));
        Assert.Null(Services.Residents.Find(Key("0")));
        Assert.NotNull(Services.Residents.Find(Key("1")));
        Assert.NotNull(Services.Residents.Find(Key($"{IdleEntities.MostIdle}")));

        var lives = Lives;
        Get(new Get(), "0");
        Assert.Equal(lives + 1, Lives);
    }

    [Fact]
    public void Each_idle_entity_leaves_after_its_own_idle_time()
    {
        Get(new Get(), "a");
        Pass(TimeSpan.FromSeconds(6));
        Get(new Get(), "b");
        Pass(TimeSpan.FromSeconds(4.1));
        Assert.Null(Services.Residents.Find(Key("a")));
        Assert.NotNull(Services.Residents.Find(Key("b")));
        Pass(TimeSpan.FromSeconds(6));
        Assert.Null(Services.Residents.Find(Key("b")));

        // Also after nobody was idle for a while.
        Pass(TimeSpan.FromMinutes(1));
        Get(new Get(), "a");
        Pass(IdleAfter);
        Pass(TimeSpan.FromMilliseconds(10));
        Assert.Null(Services.Residents.Find(Key("a")));
    }

    [Fact]
    public void One_that_was_used_meanwhile_may_leave_too_and_loses_nothing()
    {
        Get(new Add(1));
        Pass(TimeSpan.FromSeconds(9));
        Get(new Add(1));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Key()));
        Assert.Equal(new Value(2), Get(new Get()));
    }
}
