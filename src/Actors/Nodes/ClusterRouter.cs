using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Actors.Nodes;

/// <summary>Reaches entities through the shard regions of their kinds, singletons through their proxies. Filled in while the node is composed.</summary>
internal sealed class ClusterRouter : INodeRouter
{
    // A path of an entity: …/sharding/REGION/SHARD/ENTITY.
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IActorRef> _regions = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IActorRef Limiter { get; set; } = ActorRefs.Nobody;

    /// <inheritdoc/>
    public IActorRef Retention { get; set; } = ActorRefs.Nobody;

    /// <summary>The region of the alarm workers.</summary>
    public IActorRef Alarms { get; set; } = ActorRefs.Nobody;

    public void Add(string kind, string regionName, IActorRef region)
    {
        _kinds.Add(regionName, kind);
        _regions.Add(kind, region);
    }

    /// <inheritdoc/>
    public void Tell(EntityKey entity, object message, IActorRef? sender) => _regions[entity.Kind].Tell(new EntityMessage(entity, message), sender);

    /// <inheritdoc/>
    public void Tell(AlarmChanged change, IActorRef? sender) =>
        Alarms.Tell(new ShardingEnvelope(EntitySlices.Of(change.Entity).ToString(CultureInfo.InvariantCulture), change), sender);

    /// <inheritdoc/>
    public EntityKey? Find(ActorPath path) =>
        path.Depth >= 5 && _kinds.TryGetValue(path.Parent.Parent.Name, out var kind) ? new EntityKey(kind, Uri.UnescapeDataString(path.Name)) : null;
}
