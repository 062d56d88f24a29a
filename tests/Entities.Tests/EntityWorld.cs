using Akka.Actor;
using Runner.Entities.Store;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>Counters on a store that answers when the test says, under virtual time, one turn after the other.</summary>
public abstract class EntityWorld : ActorKit
{
    private protected static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(10);

    protected EntityWorld(ITestOutputHelper output)
        : base(new HeldStore([]), new CounterCodec(), WrittenMessages.Config, output)
    {
        Router = new TestRouter(this);
        Fallen = new FallenEntities(Sys, () => Router);
        DeadLetters = Sys.ActorOf(Props.Create(() => new EntityDeadLetters(Router, Fallen)));
        Services = new EntityServices(Store, new CounterCodec(), Time, Router, NodeLog)
        {
            Fallen = Fallen,
            Idle = Sys.ActorOf(Props.Create(() => new IdleEntities(Time, IdleAfter)), "idle"),
        };
        Router.Begin();
        TakeTurns();
    }

    private protected TestRouter Router { get; }

    private protected FallenEntities Fallen { get; }

    private protected EntityServices Services { get; }

    private protected IActorRef DeadLetters { get; }

    private protected CounterBehaviour Behaviour { get; } = new();

    /// <summary>What counters did outside.</summary>
    private protected List<string> Said { get; } = [];

    /// <summary>How often a counter was brought to memory.</summary>
    private protected int Lives { get; private set; }

    private protected override IEnumerable<Type> Unwritten => WrittenMessages.Of(Sys).Refused.Keys;

    private protected static EntityKey Key(string id = "c") => new(CounterBehaviour.CounterKind, id);

    private protected Props Entity(string id)
    {
        Lives++;
        return ActorProducer.Props(() => new CounterActor(Services, Behaviour, id, Said.Add));
    }

    private protected Task<object?> Ask(object message, string id = "c") =>
        PromiseRef.AskAsync(Sys, Time, inline: true, TimeSpan.FromHours(1), sender => Router.Tell(Key(id), message, sender), default);

    /// <summary>Asks, and lets everything happen that needs no time to pass.</summary>
    private protected object? Get(object message, string id = "c")
    {
        var answer = Ask(message, id);
        Settle();
        Assert.True(answer.IsCompleted, $"{message} was not answered");
        return Ended(answer);
    }

    private protected void Send(object message, string id = "c") => Router.Tell(Key(id), message, ActorRefs.NoSender);

    /// <summary>The sum of what the journal holds.</summary>
    private protected int Durable(string id = "c")
    {
        var history = Store.Memory.LoadAsync(Key(id)).GetAwaiter().GetResult();
        var codec = new CounterCodec();
        var start = history.Snapshot is { } snapshot ? Behaviour.FromSnapshot(id, snapshot.Payload) : Behaviour.Initial(id);
        return history.Events.Aggregate(start, (s, e) => Behaviour.Apply(s, codec.Read(e.Type, e.Version, e.Payload.Span), e.At)).Value;
    }

    /// <summary>Somebody else writes to a counter.</summary>
    private protected void WriteElsewhere(long after, params object[] events)
    {
        var codec = new CounterCodec();
        var stored = events.Select(
            (e, i) => codec.Write(e) is var (name, version, payload) ? new StoredEvent(after + i + 1, name, version, Now, payload) : null!);
        Assert.IsType<CommitResult.Committed>(
            Store.Memory.CommitAsync(new EntityCommit([new EntityWrite(Key(), after, [.. stored])])).GetAwaiter().GetResult());
    }

    /// <summary>Reaches counters through a shard, and notes what alarms are told.</summary>
    private protected sealed class TestRouter(EntityWorld world) : IEntityRouter
    {
        private readonly List<(EntityMessage Message, IActorRef? Sender)> _kept = [];
        private int _shards;
        private bool _handsOver;

        public IActorRef Shard { get; private set; } = ActorRefs.Nobody;

        /// <summary>What was sent to entities.</summary>
        public List<(EntityKey Entity, object Message)> Sent { get; } = [];

        public List<AlarmChanged> Changes { get; } = [];

        public IActorRef Alarms { get; set; } = ActorRefs.Nobody;

        public void Begin() =>
            Shard = world.Sys.ActorOf(Props.Create(() => new TestShard(world.Entity, new EntityExtractor(world.Services.New))), $"shard-{++_shards}");

        /// <summary>The shard goes to another node: here, to another shard.</summary>
        public void HandOver()
        {
            _handsOver = true;
            Shard.Tell(new TestShard.HandOver());
        }

        /// <summary>The other node has the shard.</summary>
        public void TakeOver()
        {
            Begin();
            _handsOver = false;
            foreach (var (message, sender) in _kept)
            {
                Shard.Tell(message, sender);
            }

            _kept.Clear();
        }

        public void Tell(EntityKey entity, object message, IActorRef? sender)
        {
            Sent.Add((entity, message));
            if (_handsOver)
            {
                _kept.Add((new EntityMessage(entity, message), sender));
            }
            else
            {
                Shard.Tell(new EntityMessage(entity, message), sender);
            }
        }

        public void Tell(AlarmChanged change, IActorRef? sender)
        {
            Changes.Add(change);
            Alarms.Tell(change, sender);
        }

        public EntityKey? Find(ActorPath path) =>
            path.Parent.Name.StartsWith("shard-", StringComparison.Ordinal) ? Key(Uri.UnescapeDataString(path.Name)) : null;
    }
}
