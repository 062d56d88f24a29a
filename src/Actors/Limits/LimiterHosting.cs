using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Runner.Actors.Nodes;
using Runner.Entities;

namespace Runner.Actors.Limits;

/// <summary>Composes the limiter, which there is once in a cluster, and the entity that keeps the sizes of named limits.</summary>
internal static class LimiterHosting
{
    private const string Region = "limits";

    public static AkkaConfigurationBuilder AddLimiter(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithSingleton<LimiterActor>("limiter", (_, _, _) => Props(parts), NodeHosting.Singletons)
        .WithShardRegion<LimitSizesActor>(Region, id => SizesProps(parts, id), EntityExtractor.Instance, NodeHosting.Shards)
        .WithActors((_, registry) =>
        {
            router.Limiter = registry.Get<LimiterActor>();
            router.Add(EntityKinds.Limiter, Region, registry.Get<LimitSizesActor>());
        });

    public static Props Props(NodeParts parts) => ActorProducer.Props(() => new LimiterActor(parts.Limits));

    public static Props SizesProps(NodeParts parts, string id) =>
        ActorProducer.Props(() => new LimitSizesActor(parts.Entities, new LimiterBehaviour(), () => parts.Router.Limiter, id));
}
