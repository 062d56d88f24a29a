using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Wire;

namespace Runner.Actors.Nodes;

/// <summary>Composes the actors of a node, each by the extension beside its actor.</summary>
internal static class NodeHosting
{
    /// <summary>What every shard region of entities is started with.</summary>
    public static ShardOptions Shards { get; } = new()
    {
        Role = ClusterRoles.Node,
        StateStoreMode = StateStoreMode.DData,
        // Wake-ups are rows: a million idle entities cost no memory.
        RememberEntities = false,
        // Entities say themselves when they are idle: one with a process must stay.
        PassivateIdleEntityAfter = TimeSpan.Zero,
        HandOffStopMessage = LeaveMemory.Instance,
    };

    /// <summary>What every singleton is started with.</summary>
    public static ClusterSingletonOptions Singletons { get; } = new() { Role = ClusterRoles.Node };

    public static AkkaConfigurationBuilder AddNode(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithActors((system, _) => parts.Begin(system, router))
        .WithActors((system, _) => system.ActorOf(NodeProps(parts, new ClusterPeers(system)), NodeActor.Name))
        .AddLimiter(parts, router)
        .AddRetention(parts, router)
        .AddFlowRuns(parts, router)
        .AddDeployments(parts, router)
        .AddAlarms(parts, router);

    /// <summary>The alarm workers, one for each slice of the entities, spread over the nodes.</summary>
    private static AkkaConfigurationBuilder AddAlarms(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithShardedDaemonProcess<AlarmWorker>(
            "alarms", EntitySlices.Count, (_, _, _) => slice => AlarmProps(parts, slice),
            new ClusterDaemonOptions { KeepAliveInterval = TimeSpan.FromSeconds(1), Role = ClusterRoles.Node })
        .WithActors((system, _) => router.Alarms = ClusterSharding.Get(system).ShardRegion("sharded-daemon-process-alarms"));

    public static Props NodeProps(NodeParts parts, INodePeers? peers) => ActorProducer.Props(() => new NodeActor(parts, peers));

    public static Props AlarmProps(NodeParts parts, int slice) => ActorProducer.Props(
        () => new AlarmWorker(slice, parts.Store, parts.Time, parts.Router, parts.Board, parts.Unreadable.IsHere));
}
