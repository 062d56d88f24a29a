using Akka.Actor;
using Runner.Actors;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>
/// Composes a node's actors as <see cref="NodeHosting"/> does, on regions and singletons of a simulated cluster.
/// </summary>
internal sealed class SimulatedClusterRouter : INodeRouter
{
    /// <summary>One of each is on the oldest member; the alarm workers are wherever the cluster puts them.</summary>
    public static readonly string[] Singletons = ["limiter", "retention"];

    public static readonly string[] Daemons = [.. Enumerable.Range(0, EntitySlices.Count).Select(DaemonOf)];

    public static readonly string[] RegionNames = ["limits", "flow-runs", "deployments"];

    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IActorRef> _regions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IActorRef> _regionsByKind = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IActorRef> _places = new(StringComparer.Ordinal);
    private readonly ClusterLife _life;
    private readonly AlarmBoard _board;

    public SimulatedClusterRouter(ClusterLife life, NodeParts parts)
    {
        (_life, _board) = (life, parts.Board);
        parts.Begin(life.System, this);
        Place("limiter", LimiterHosting.Props(parts));
        Place("retention", RetentionHosting.Props(parts));
        Region(EntityKinds.Limiter, "limits", id => LimiterHosting.SizesProps(parts, id));
        Region(EntityKinds.FlowRun, "flow-runs", id => FlowRunHosting.Props(parts, id), parts.NewEntities);
        Region(EntityKinds.Deployment, "deployments", id => DeploymentHosting.Props(parts, id));
        for (var slice = 0; slice < EntitySlices.Count; slice++)
        {
            Place(DaemonOf(slice), NodeHosting.AlarmProps(parts, slice));
        }
    }

    /// <inheritdoc/>
    public IActorRef Limiter => _places["limiter"];

    /// <inheritdoc/>
    public IActorRef Retention => _places["retention"];

    /// <inheritdoc/>
    public void Tell(EntityKey entity, object message, IActorRef? sender) =>
        _regionsByKind[entity.Kind].Tell(new EntityMessage(entity, message), sender);

    /// <inheritdoc/>
    public void Tell(AlarmChanged change, IActorRef? sender)
    {
        var slice = EntitySlices.Of(change.Entity);
        (_board.Worker(slice) ?? _places[DaemonOf(slice)]).Tell(change, sender ?? ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public EntityKey? Find(ActorPath path) =>
        path.Depth >= 4 && _kinds.TryGetValue(path.Parent.Parent.Name, out var kind) ? new EntityKey(kind, Uri.UnescapeDataString(path.Name)) : null;

    /// <summary>The region of a kind of entity.</summary>
    public IActorRef RegionOf(string name) => _regions[name];

    /// <summary>What stands for a singleton or a daemon here.</summary>
    public IActorRef PlaceOf(string name) => _places[name];

    /// <summary>Who is a member, as its node believes, has changed.</summary>
    /// <param name="gone">Who has gone; null for nobody.</param>
    public void MembersChanged(ClusterLife? gone) => All(new MembersChanged(gone));

    /// <summary>The leases of its node are lost: nothing of what they were for may go on.</summary>
    public void LeasesLost() => All(LeasesAreLost.Instance);

    private static string DaemonOf(int slice) => $"alarms-{slice}";

    private void All(object message)
    {
        foreach (var actor in _regions.Values.Concat(_places.Values))
        {
            actor.Tell(message, ActorRefs.NoSender);
        }
    }

    private void Region(string kind, string name, Func<string, Props> entity, NewEntities? newEntities = null)
    {
        _kinds.Add(name, kind);
        var region = _life.System.ActorOf(
            ActorProducer.Props(() => new ClusterRegion(_life, name, entity, new EntityExtractor(newEntities))), name);
        _regions.Add(name, region);
        _regionsByKind.Add(kind, region);
    }

    private void Place(string name, Props props) =>
        _places.Add(name, _life.System.ActorOf(ActorProducer.Props(() => new ClusterPlace(_life, name, props)), name));
}

/// <summary>To regions and places: who is a member has changed in the eyes of their node.</summary>
internal sealed record MembersChanged(ClusterLife? Gone);

/// <summary>To regions and places: their node has lost its leases.</summary>
internal sealed record LeasesAreLost
{
    public static readonly LeasesAreLost Instance = new();
}
