using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;

namespace Runner.Actors.Nodes;

/// <summary>
/// Reaches entities through the shard regions of their kinds, singletons through their proxies. Filled in while the node is composed.
/// </summary>
/// <param name="board">The alarm workers of this node.</param>
internal sealed class ClusterRouter(AlarmBoard board, DamagedRows damaged) : INodeRouter
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
    public void Tell(EntityKey entity, object message, IActorRef? sender)
    {
        if (_regions.TryGetValue(entity.Kind, out var region) && !EntityKinds.CannotBe(entity))
        {
            region.Tell(new EntityMessage(entity, message), sender);
        }
        else
        {
            // A damaged row names what no entity can be called. To bring one to memory for it would fail, at each ring of its wake-up.
            damaged.Found("wakeups", entity.ToString(), "names no entity there can be");
        }
    }

    /// <inheritdoc/>
    public void Tell(AlarmChanged change, IActorRef? sender)
    {
        var slice = EntitySlices.Of(change.Entity);
        if (board.Worker(slice) is { } worker)
        {
            // The region would bring it to the same actor, in two hand-offs more. One that is leaving misses it: its successor reads the rows.
            worker.Tell(change, sender ?? ActorRefs.NoSender);
        }
        else
        {
            Alarms.Tell(new ShardingEnvelope(slice.ToString(CultureInfo.InvariantCulture), change), sender ?? ActorRefs.NoSender);
        }
    }

    /// <inheritdoc/>
    public EntityKey? Find(ActorPath path) =>
        path.Depth >= 5 && _kinds.TryGetValue(path.Parent.Parent.Name, out var kind) ? new EntityKey(kind, Uri.UnescapeDataString(path.Name)) : null;
}
