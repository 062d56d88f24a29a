using Akka.Actor;

namespace Runner.Simulation.Runtime;

/// <summary>Makes actors by a plain function: without expressions to compile for each, which cost more than a whole life of an actor.</summary>
internal sealed class Producer<TActor>(Func<TActor> create) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => create();

    public void Release(ActorBase actor)
    {
    }
}
