using Runner.Actors.Deployments;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Actors.Telemetry;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Entities;
using Runner.Entities.Store;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>
/// Every actor of a node and how they reach each other: the whole of a node but its surroundings, so that the simulator runs just this.
/// </summary>
internal sealed class NodeActors
{
    private readonly IActorRef _deployments;
    private readonly IActorRef _runs;
    private readonly IActorRef _limiter;
    private readonly StartsGate _startsGate = new();
    private volatile Action<RunStateChanged>[] _observers = [];

    public NodeActors(ActorSystem system, EngineRuntime runtime, IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, ILogger log, bool holdStarts = false)
    {
        _startsGate.IsShut = holdStarts;
        var codec = new JournalCodec();
        var telemetry = settings.Telemetry;
        var runBehaviour = new FlowRunBehaviour(settings.Name, settings.StoreIsShared);
        var deploymentBehaviour = new DeploymentBehaviour(runBehaviour, codec);
        Alarms = system.ActorOf(
            Props.Create(() => new AlarmClock(store, runtime.Clock, entity => Tell(entity, WakeUpNow.Instance, system.DeadLetters), log, telemetry?.Engine)),
            "alarms");
        var entities = new EntityServices(store, codec, runtime.Clock, Alarms, Tell, log) { Telemetry = telemetry?.Engine };
        var limiterBehaviour = new LimiterBehaviour();
        var nodeLimit = (LimitNames.Node(settings.Name), settings.ProcessLimit);
        // The singleton is never idle, so its region never forgets it.
        _limiter = Region("limiter", EntityKinds.Limiter, id => new LimiterActor(entities, limiterBehaviour, id, nodeLimit, _startsGate, telemetry?.Runs));
        var limiter = new SingletonRef(_limiter, new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId));
        var runServices = new FlowRunServices(
            runBehaviour, limiter, flowRunner, new ProcessSpecs(settings.ApiVariables), Processes, Publish)
        {
            Observer = telemetry is null ? null : new RunObserver(telemetry.Runs, new RunTracer(telemetry.Source, settings.Name)),
        };
        telemetry?.Runs.ObserveProcesses(Processes, settings.ProcessLimit);
        _runs = Region("flow-runs", EntityKinds.FlowRun, id => new FlowRunActor(entities, runServices, id));
        _deployments = Region("deployments", EntityKinds.Deployment, id => new DeploymentActor(entities, deploymentBehaviour, limiter, telemetry?.Runs, id));
        Limiter = limiter;
        Retention = system.ActorOf(
            Props.Create(() => new RetentionActor(
                store, runtime, settings.Retention, run => _runs!.Tell(new ToOneInMemory(run, EntityErased.Instance), system.DeadLetters), log)),
            "retention");
        limiter.Tell(WakeUpNow.Instance, system.DeadLetters);

        IActorRef Region(string name, string kind, Func<string, ActorBase> create) => system.ActorOf(
            Props.Create(() => new EntityRegion(create, runtime.Clock, settings.IdleAfter, count => telemetry?.Engine.ObserveEntities(kind, count))), name);
    }

    public IActorRef Alarms { get; }

    public IActorRef Limiter { get; }

    public IActorRef Retention { get; }

    public ProcessCount Processes { get; } = new();

    /// <summary>Whether what is due waits, whatever the limits allow.</summary>
    public void HoldStarts(bool hold, IActorRef sender)
    {
        _startsGate.IsShut = hold;
        _limiter.Tell(new EntityMessage(new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId), StartsGateChanged.Instance), sender);
    }

    /// <summary>From now on no process is started: attempts that were committed are started by the node's next life.</summary>
    public void StopStarting() => Processes.Close();

    /// <summary>For every run that is in memory.</summary>
    public void TellRuns(object message, IActorRef sender) => _runs.Tell(new ToAllInMemory(message), sender);

    /// <summary>Brings a message to an entity, whatever its kind.</summary>
    public void Tell(EntityKey entity, object message, IActorRef sender) => RegionOf(entity.Kind).Tell(new EntityMessage(entity, message), sender);

    public IDisposable Subscribe(Action<RunStateChanged> observer)
    {
        lock (_limiter)
        {
            _observers = [.. _observers, observer];
        }

        return new Subscription(() =>
        {
            lock (_limiter)
            {
                _observers = [.. _observers.Where(o => o != observer)];
            }
        });
    }

    private IActorRef RegionOf(string kind) => kind switch
    {
        EntityKinds.FlowRun => _runs,
        EntityKinds.Deployment => _deployments,
        EntityKinds.Limiter => _limiter,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There are no such entities."),
    };

    private void Publish(RunStateChanged change)
    {
        foreach (var observer in _observers)
        {
            observer(change);
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    /// <summary>The limiter as an address: an entity of one id behind its region.</summary>
    private sealed class SingletonRef(IActorRef region, EntityKey entity) : IActorRef
    {
        public string Name => entity.Id;

        public string Path => $"{region.Path}/{entity.Id}";

        public void Tell(object message, IActorRef? sender = null) => region.Tell(new EntityMessage(entity, message), sender);
    }
}
