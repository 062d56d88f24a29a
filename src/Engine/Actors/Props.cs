namespace Runner.Engine.Actors;

/// <summary>How to make an actor. Immutable; one instance may serve any number of actors.</summary>
public sealed class Props
{
    private Props(Func<ActorBase> factory, SupervisorStrategy? strategy, int stashCapacity)
    {
        Factory = factory;
        SupervisorStrategy = strategy;
        StashCapacity = stashCapacity;
    }

    internal Func<ActorBase> Factory { get; }

    internal SupervisorStrategy? SupervisorStrategy { get; }

    internal int StashCapacity { get; }

    /// <param name="factory">Called at every start and restart; returns a new instance each time.</param>
    public static Props Create(Func<ActorBase> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(factory, null, int.MaxValue);
    }

    /// <summary>How the actor supervises its children, in place of its own SupervisorStrategy.</summary>
    public Props WithSupervisorStrategy(SupervisorStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        return new Props(Factory, strategy, StashCapacity);
    }

    /// <summary>Bounds the stash, in messages (1 or more); without it there is no bound.</summary>
    public Props WithStashCapacity(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        return new Props(Factory, SupervisorStrategy, capacity);
    }
}
