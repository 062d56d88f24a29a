using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Actors.Telemetry;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>
/// What the actors of one node share, but for how they reach each other: that is <see cref="Router"/>, which a cluster and the simulation
/// each fill in their own way.
/// </summary>
internal sealed class NodeParts
{

    public NodeParts(NodeSettings settings, IEntityStore store, IFlowRunner flowRunner, TimeProvider time, ILogger log)
    {
        (Settings, Store, FlowRunner, Time, Log) = (settings, store, flowRunner, time, log);
        Processes = new ProcessCount(time);
        Board = new AlarmBoard(time, log);
        Nodes = new NodeDirectory(
            new NodeHere(settings.Name, settings.ProcessLimit, settings.Labels) { ApiUrl = settings.ApiUrl, Draining = settings.Drain.IsOn },
            settings.StoreIsShared, time);
        Changes = new RunChanges(Nodes);
        RunBehaviour = new FlowRunBehaviour(settings.Name, settings.StoreIsShared, settings.AllKnow, Nodes);
        Unreadable = new UnreadableEntities(time, log);
        DamagedRows = new DamagedRows(time, log);
        settings.Telemetry?.Engine.ObserveUnreadable(() => Unreadable.Count);
        settings.Telemetry?.Engine.ObserveAlarms(() => Board.Behind);
        settings.Telemetry?.Runs.ObserveProcesses(Processes, settings.ProcessLimit);
    }

    public NodeSettings Settings { get; }

    public IEntityStore Store { get; }

    public IFlowRunner FlowRunner { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public IEventCodec Codec { get; } = new JournalCodec();

    public AlarmBoard Board { get; }

    /// <summary>The entities of this node that cannot be read.</summary>
    public UnreadableEntities Unreadable { get; }

    /// <summary>The rows that were met and cannot be read.</summary>
    public DamagedRows DamagedRows { get; }

    public FlowRunBehaviour RunBehaviour { get; }

    public ProcessCount Processes { get; }

    public NewEntities NewEntities { get; } = new();

    /// <summary>The nodes of the cluster; of a node on its own, this one.</summary>
    public NodeDirectory Nodes { get; }

    /// <summary>Who hears of changes of runs.</summary>
    public RunChanges Changes { get; }

    /// <summary>Which ended runs are kept, and where those that are not have left their output.</summary>
    public RetentionSettings Retention => Settings.StoreIsShared
        ? Settings.Retention with { Output = new EverywhereOutput(Settings.Retention.Output, Nodes) } : Settings.Retention;

    /// <summary>How actors reach each other; filled in as they come to be.</summary>
    public INodeRouter Router { get; private set; } = null!;

    /// <summary>What every entity works with.</summary>
    public EntityServices Entities { get; private set; } = null!;

    public FlowRunServices FlowRuns { get; private set; } = null!;

    public LimiterServices Limits { get; private set; } = null!;

    /// <summary>Makes what needs the actor system, before any entity comes to memory.</summary>
    public void Begin(ActorSystem system, INodeRouter router)
    {
        Router = router;
        var telemetry = Settings.Telemetry;
        var fallen = new FallenEntities(system, () => router);
        var idle = system.ActorOf(Props.Create(() => new IdleEntities(Time, Settings.IdleAfter)), "idle-entities");
        system.ActorOf(Props.Create(() => new EntityDeadLetters(router, fallen)), "entity-dead-letters");
        Entities = new EntityServices(Store, Codec, Time, router, Log)
        {
            Fallen = fallen, Unreadable = Unreadable, Models = EntityModels.All(RunBehaviour, Codec), New = NewEntities, Idle = idle,
            Telemetry = telemetry?.Engine
        };
        FlowRuns = new FlowRunServices(
            RunBehaviour, () => router.Limiter, FlowRunner, new ProcessSpecs(Settings.ApiVariables), Processes, Nodes,
            Changes.Publish)
        {
            HoldsLeases = Settings.HoldsLeases,
            Observer = telemetry is null ? null : new RunObserver(telemetry.Runs, new RunTracer(telemetry.Source, Settings.Name)),
        };
        Limits = new LimiterServices(
            Entities, Nodes, telemetry is null ? null : telemetry.Runs.ObserveSlots, DamagedRows);
        foreach (var kind in (ImmutableArray<string>)[EntityKinds.Deployment, EntityKinds.FlowRun, EntityKinds.Limiter])
        {
            telemetry?.Engine.ObserveEntities(kind, () => Entities.Residents.Count(kind));
        }
    }

    /// <summary>The programs of this node begin, or no more begin until it is told otherwise.</summary>
    public void HoldStarts(bool hold) => Nodes.SetOwn(own => own with { Size = hold ? 0 : Settings.ProcessLimit });
}

/// <summary>How the actors of a node reach each other, and those of other nodes.</summary>
internal interface INodeRouter : IEntityRouter
{
    /// <summary>The cluster's limiter, wherever it is.</summary>
    IActorRef Limiter { get; }

    /// <summary>Who deletes ended runs, wherever it is.</summary>
    IActorRef Retention { get; }
}
