using Akka.Actor;
using Runner.Actors;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// Composes a node's actors as <see cref="NodeHosting"/> does, on what stands in for the cluster: regions, singletons and alarm workers of
/// the simulation.
/// </summary>
internal sealed class SimulatedRouter : INodeRouter
{
    // A path of an entity: …/REGION/SHARD/ENTITY.
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IActorRef> _regions = new(StringComparer.Ordinal);
    private readonly ActorSystem _system;
    private readonly RegionFaults? _faults;
    private readonly IActorRef[] _alarms;

    /// <param name="faults">How wrong they are; null for never.</param>
    public SimulatedRouter(ActorSystem system, NodeParts parts, RegionFaults? faults)
    {
        (_system, _faults) = (system, faults);
        parts.Begin(system, this);
        Limiter = Singleton("limiter", LimiterHosting.Props(parts));
        Retention = Singleton("retention", RetentionHosting.Props(parts));
        Region(EntityKinds.Limiter, "limits", id => LimiterHosting.SizesProps(parts, id));
        Region(EntityKinds.FlowRun, "flow-runs", id => FlowRunHosting.Props(parts, id), parts.NewEntities);
        Region(EntityKinds.Deployment, "deployments", id => DeploymentHosting.Props(parts, id));
        _alarms = [.. Enumerable.Range(0, EntitySlices.Count).Select(slice => Singleton($"alarms-{slice}", NodeHosting.AlarmProps(parts, slice)))];
    }

    /// <inheritdoc/>
    public IActorRef Limiter { get; }

    /// <inheritdoc/>
    public IActorRef Retention { get; }

    /// <summary>Those that there is one of.</summary>
    public IEnumerable<IActorRef> Singletons => [Limiter, Retention, .. _alarms];

    /// <summary>One for each kind of entity.</summary>
    public IEnumerable<IActorRef> Regions => _regions.Values;

    /// <inheritdoc/>
    public void Tell(EntityKey entity, object message, IActorRef? sender) => _regions[entity.Kind].Tell(new EntityMessage(entity, message), sender);

    /// <inheritdoc/>
    public void Tell(AlarmChanged change, IActorRef? sender) => _alarms[EntitySlices.Of(change.Entity)].Tell(change, sender);

    /// <inheritdoc/>
    public EntityKey? Find(ActorPath path) =>
        path.Depth >= 4 && _kinds.TryGetValue(path.Parent.Parent.Name, out var kind) ? new EntityKey(kind, Uri.UnescapeDataString(path.Name)) : null;

    private void Region(string kind, string name, Func<string, Props> entity, NewEntities? newEntities = null)
    {
        _kinds.Add(name, kind);
        var region = ActorProducer.Props(() => new SimulatedRegion(entity, new EntityExtractor(newEntities), LeaveMemory.Instance, _faults));
        _regions.Add(kind, _system.ActorOf(region, name));
    }

    private IActorRef Singleton(string name, Props props) =>
        _system.ActorOf(ActorProducer.Props(() => new SimulatedSingleton(props, PoisonPill.Instance, _faults)), name);
}
