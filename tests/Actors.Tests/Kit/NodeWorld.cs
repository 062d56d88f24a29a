using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Nodes;
using Runner.Actors.Processes;
using Runner.Actors.Tests.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Kit;

/// <summary>
/// The actors of a node, one kind at a time, with a store in memory and a flow runner that does as the test says; limiter and alarms are noted
/// and do nothing. What they tell each other is written and read on its way.
/// </summary>
public abstract class NodeWorld : ActorKit
{
    private protected const string Node = "node-1";
    private protected const string Deployment = "flow/d";
    private protected static readonly string NodeLimit = LimitNames.Node(Node);
    private protected static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(10);
    private protected static readonly JournalCodec Codec = new();

    protected NodeWorld(ITestOutputHelper output)
        : base(new HeldStore(Tables.All), Codec, VerifyingSerializer.Config(), output)
    {
        Limiter = Sys.ActorOf(Heard.Props(ToLimiter), "limiter");
        Router = new WorldRouter(this);
        var fallen = new FallenEntities(Sys, () => Router);
        Sys.ActorOf(Props.Create(() => new EntityDeadLetters(Router, fallen)));
        Services = new EntityServices(Store, Codec, Time, Router, NodeLog)
        {
            Fallen = fallen,
            Idle = Sys.ActorOf(Props.Create(() => new IdleEntities(Time, IdleAfter)), "idle"),
        };
        Nodes = new NodeDirectory(new NodeHere(Node, 10, ImmutableSortedDictionary<string, string>.Empty), IsShared, Time);
        Processes = new ProcessCount(Time);
        FlowRuns = new FlowRunServices(
            new FlowRunBehaviour(Node, IsShared, nodes: Nodes), () => Limiter, FlowRunner, new ProcessSpecs(_ => []), Processes, Nodes,
            Changes.Add);
        Router.Begin();
        TakeTurns();
    }

    private protected WorldRouter Router { get; }

    /// <summary>The nodes that this one knows: itself, until a test tells it of others.</summary>
    private protected NodeDirectory Nodes { get; }

    /// <summary>Whether other nodes work on the store.</summary>
    private protected virtual bool IsShared => false;

    private protected EntityServices Services { get; }

    private protected FlowRunServices FlowRuns { get; }

    private protected RecordingFlowRunner FlowRunner { get; } = new();

    private protected ProcessCount Processes { get; }

    private protected IActorRef Limiter { get; set; }

    /// <summary>What the limiter was told, by whom.</summary>
    private protected List<(object Message, IActorRef Sender)> ToLimiter { get; } = [];

    /// <summary>What followers of runs were told.</summary>
    private protected List<RunStateChanged> Changes { get; } = [];

    /// <summary>How many lives entities have begun.</summary>
    private protected int Lives { get; private set; }

    /// <summary>Runs that deployments have made.</summary>
    private protected int Occurred { get; private set; }

    private protected override IEnumerable<Type> Unwritten => VerifyingSerializer.Of(Sys).Refused.Keys;

    private protected static EntityKey Key(Guid run) => new(EntityKinds.FlowRun, run.ToString("D"));

    private protected Task<object?> Ask(EntityKey entity, object message) => PromiseRef.AskAsync(
        Sys, Time, inline: true, TimeSpan.FromHours(1), sender => Router.Tell(entity, message, sender), default);

    private protected Task<object?> Ask(IActorRef actor, object message) => PromiseRef.AskAsync(
        Sys, Time, inline: true, TimeSpan.FromHours(1), sender => actor.Tell(message, sender), default);

    /// <summary>Asks, and lets everything happen that needs no time to pass.</summary>
    private protected object? Get(EntityKey entity, object message)
    {
        var answer = Ask(entity, message);
        Settle();
        return Ended(answer);
    }

    private protected void Tell(EntityKey entity, object message)
    {
        Router.Tell(entity, message, ActorRefs.NoSender);
        Settle();
    }

    /// <summary>The events of an entity by name, as the journal has them.</summary>
    private protected string[] Events(EntityKey entity) => [.. Ended(Store.Memory.LoadAsync(entity)).Events.Select(e => e.Type)];

    /// <summary>What the limiter was told since this was last called.</summary>
    private protected object[] NewAtLimiter()
    {
        object[] told = [.. ToLimiter.Select(t => t.Message)];
        ToLimiter.Clear();
        return told;
    }

    /// <summary>Has an entity's history and rows written as an earlier life of the node would have.</summary>
    private protected void Write<TState, TEvent, TIntent>(IEntityBehaviour<TState, TEvent, TIntent> behaviour, string id, params TEvent[] events)
        where TState : class
        where TEvent : class
        where TIntent : class => WriteAfter([], behaviour, id, events);

    /// <summary>As another life of an entity would, after what it wrote already.</summary>
    private protected void WriteAfter<TState, TEvent, TIntent>(
        TEvent[] written, IEntityBehaviour<TState, TEvent, TIntent> behaviour, string id, params TEvent[] events)
        where TState : class
        where TEvent : class
        where TIntent : class
    {
        var before = written.Aggregate(behaviour.Initial(id), (state, e) => behaviour.Apply(state, e, Now));
        var after = events.Aggregate(before, (state, e) => behaviour.Apply(state, e, Now));
        var write = EntityWrites.Build(behaviour, Codec, id, before, after, written.Length, 0, [.. events.Select(e => (e, Now))]);
        Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(new EntityCommit([write]))));
    }

    /// <summary>Has somebody else hold a slot.</summary>
    private protected void Hold(Slot slot, Guid holder) => Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(new EntityCommit(
    [
        new EntityWrite(Key(holder), 0, [new StoredEvent(1, "run.late", 1, Now, "{}"u8.ToArray())]) { Slots = [new SlotChange(
            slot.Limit, slot.Number, Take: true)] },
    ]))));

    private protected RunScheduled Recipe(TimeSpan? timeout = null, int retries = 0, DateTimeOffset? due = null) => new(
        Deployment,
        new RunRecipe(
            ["true"], "/", ImmutableSortedDictionary<string, EnvValue?>.Empty, ["db"], null,
            new RetrySpec { Count = retries, Delay = TimeSpan.FromSeconds(30) }, timeout, TimeSpan.FromSeconds(7), null),
        ImmutableSortedDictionary<string, JsonElement>.Empty, due ?? Now, 0, []);

    private Props Entity(EntityKey entity)
    {
        Lives++;
        return entity.Kind switch
        {
            EntityKinds.FlowRun => ActorProducer.Props(() => new FlowRunActor(Services, FlowRuns, entity.Id)),
            EntityKinds.Deployment => ActorProducer.Props(() => new DeploymentActor(
                Services, new DeploymentBehaviour(FlowRuns.Behaviour, Codec), () => Limiter, new DamagedRows(Time, NodeLog), () => Occurred++,
                entity.Id)),
            EntityKinds.Limiter => ActorProducer.Props(() => new LimitSizesActor(Services, new LimiterBehaviour(), () => Limiter, entity.Id)),
            _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, null),
        };
    }

    /// <summary>Reaches entities through a shard for each kind.</summary>
    private protected sealed class WorldRouter(NodeWorld world) : INodeRouter
    {
        private readonly Dictionary<string, IActorRef> _shards = [];
        private int _next;

        /// <summary>What was sent to entities.</summary>
        public List<(EntityKey Entity, object Message)> Sent { get; } = [];

        public List<AlarmChanged> Alarms { get; } = [];

        /// <summary>Entities of kinds that are only noted.</summary>
        public HashSet<string> NotHere { get; } = [];

        public IActorRef Limiter => world.Limiter;

        public IActorRef Retention => ActorRefs.Nobody;

        public void Begin()
        {
            foreach (var kind in (string[])[EntityKinds.FlowRun, EntityKinds.Deployment, EntityKinds.Limiter])
            {
                Begin(kind);
            }
        }

        /// <summary>Has a shard go to another node: here, to another shard, which has whatever comes from now on.</summary>
        public void HandOver(string kind)
        {
            _shards[kind].Tell(new TestShard.HandOver());
            Begin(kind);
        }

        public void Tell(EntityKey entity, object message, IActorRef? sender)
        {
            Sent.Add((entity, message));
            if (!NotHere.Contains(entity.Kind))
            {
                _shards[entity.Kind].Tell(new EntityMessage(entity, message), sender);
            }
        }

        public void Tell(AlarmChanged change, IActorRef? sender) => Alarms.Add(change);

        public EntityKey? Find(ActorPath path) => path.Parent.Name.Split('-') is ["shard", var kind, _]
            ? new EntityKey(kind, Uri.UnescapeDataString(path.Name))
            : null;

        private void Begin(string kind) => _shards[kind] = world.Sys.ActorOf(
            Props.Create(() => new TestShard(id => world.Entity(new EntityKey(kind, id)), new EntityExtractor(world.Services.New))),
            $"shard-{kind}-{++_next}");
    }
}
