using Akka.Actor;

namespace Runner.Entities;

/// <summary>
/// Makes actors by a function. An expression, as Props.Create takes, is taken apart and put together again for every actor; entities come
/// to memory thousands of times a second.
/// </summary>
public sealed class ActorProducer<TActor>(Func<TActor> create) : IIndirectActorProducer
    where TActor : ActorBase
{
    /// <inheritdoc/>
    public Type ActorType => typeof(TActor);

    /// <inheritdoc/>
    public ActorBase Produce() => create();

    /// <inheritdoc/>
    public void Release(ActorBase actor)
    {
    }
}

/// <inheritdoc cref="ActorProducer{TActor}"/>
public static class ActorProducer
{
    /// <summary>Props of actors that the function makes.</summary>
    public static Props Props<TActor>(Func<TActor> create)
        where TActor : ActorBase => Akka.Actor.Props.CreateBy(new ActorProducer<TActor>(create));
}
