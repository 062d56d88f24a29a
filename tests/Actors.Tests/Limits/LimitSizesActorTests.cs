using Runner.Actors.Limits;
using Runner.Actors.Tests.Kit;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Limits;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Limits;

/// <summary>The limiter hears of a limit's size when it is durable, and hears of it in any case.</summary>
public sealed class LimitSizesActorTests(ITestOutputHelper output) : NodeWorld(output)
{
    private static readonly EntityKey Sizes = new(EntityKinds.Limiter, EntityKinds.LimiterId);

    [Fact]
    public void The_limiter_is_told_of_a_size_once_it_is_durable()
    {
        Store.Holding = true;
        var set = Ask(Sizes, new SetLimit("db", 3));
        Settle();
        Assert.Empty(ToLimiter);
        Store.ReleaseAll();
        Settle();
        Assert.Equal(new LimitChanged("db", 3, Changed: true), Ended(set));
        Assert.Equal([new LimitSizeChanged("db", 3)], NewAtLimiter());

        Assert.Equal(new LimitChanged("db", 3, Changed: false), Get(Sizes, new SetLimit("db", 3)));
        Assert.Empty(ToLimiter);
        Get(Sizes, new DeleteLimit("db"));
        Assert.Equal([new LimitSizeChanged("db", 3, Ending: true)], NewAtLimiter());
        Tell(Sizes, new LimitUnused("db"));
        Settle();
        Assert.Equal([new LimitSizeChanged("db", null)], NewAtLimiter());
    }

    [Fact]
    public void Of_what_was_written_though_nobody_heard_it_is_told_by_the_next_life()
    {
        Get(Sizes, new SetLimit("db", 3));
        Get(Sizes, new SetLimit("gpu", 1));
        NewAtLimiter();
        Store.Answers.Enqueue(Answer.LostAfter);
        Assert.IsType<StoreNotAvailable>(Get(Sizes, new SetLimit("db", 4)));
        Assert.Empty(ToLimiter);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([new LimitSizeChanged("db", 4)], NewAtLimiter());

        Store.Answers.Enqueue(Answer.LostAfter);
        Get(Sizes, new DeleteLimit("gpu"));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([new LimitSizeChanged("gpu", 1, Ending: true)], NewAtLimiter());
    }

    [Fact]
    public void The_limiter_is_not_told_of_a_size_that_was_not_written()
    {
        Store.Answers.Enqueue(Answer.FailedBefore);
        Assert.IsType<StoreNotAvailable>(Get(Sizes, new SetLimit("db", 4)));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(ToLimiter);
    }
}
