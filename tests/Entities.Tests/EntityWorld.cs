using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Runner.Entities.Store;
using Runner.Persistence.Journal;
using Serilog;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>Counters on a store that answers when the test says, under virtual time, one turn after the other.</summary>
public abstract class EntityWorld : TestKit
{
    private protected static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(10);

    private static readonly Config s_config = ConfigurationFactory.ParseString("""
        akka.loglevel = ERROR
        akka.log-dead-letters = off
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        """)
        .WithFallback(TurnsDispatcherConfigurator.For("akka.actor.default-dispatcher", "akka.actor.internal-dispatcher"))
        .WithFallback(WrittenMessages.Config)
        .WithFallback(EntityJournalSetup.StoreConfig());

    private readonly Turns _turns;

    protected EntityWorld(ITestOutputHelper output)
        : this(new Turns(), new HeldStore(), output)
    {
    }

    private EntityWorld(Turns turns, HeldStore store, ITestOutputHelper output)
        : base(Setup(turns, store), output: output)
    {
        (_turns, Store) = (turns, store);
        NodeLog = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(Lines).CreateLogger();
        Router = new TestRouter(this);
        Fallen = new FallenEntities(Sys, () => Router);
        DeadLetters = Sys.ActorOf(Props.Create(() => new EntityDeadLetters(Router, Fallen)));
        Services = new EntityServices(Store, new CounterCodec(), Time, Router, NodeLog)
        {
            Fallen = Fallen,
            Idle = Sys.ActorOf(Props.Create(() => new IdleEntities(Time, IdleAfter)), "idle"),
        };
        Router.Begin();
        _turns.Take();
        Settle();
    }

    private protected VirtualTime Time { get; } = new();

    private protected HeldStore Store { get; }

    private protected TestRouter Router { get; }

    private protected FallenEntities Fallen { get; }

    private protected EntityServices Services { get; }

    private protected IActorRef DeadLetters { get; }

    private protected CounterBehaviour Behaviour { get; } = new();

    private protected LogLines Lines { get; } = new();

    private protected ILogger NodeLog { get; }

    /// <summary>What counters did outside.</summary>
    private protected List<string> Said { get; } = [];

    /// <summary>How often a counter was brought to memory.</summary>
    private protected int Lives { get; private set; }

    private protected new DateTimeOffset Now => Time.GetUtcNow();

    private protected Random? Chance
    {
        get => _turns.Chance;
        set => _turns.Chance = value;
    }

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

    /// <summary>What came of a task, of which nothing is left to wait for.</summary>
    private protected static T Ended<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted, "It has not ended.");
        return task.GetAwaiter().GetResult();
    }

    private protected void Send(object message, string id = "c") => Router.Tell(Key(id), message, ActorRefs.NoSender);

    private protected bool Step() => _turns.Step();

    /// <summary>Lets everything happen that needs no time to pass.</summary>
    private protected void Settle()
    {
        for (var turns = 0; Step(); turns++)
        {
            Assert.True(turns < 1_000_000, "It never ends.");
        }
    }

    /// <summary>Lets time pass, in steps that are short where little time passes.</summary>
    private protected void Pass(TimeSpan time)
    {
        Settle();
        var step = TimeSpan.FromMilliseconds(time <= TimeSpan.FromSeconds(1) ? 1 : time <= TimeSpan.FromMinutes(2) ? 10 : 500);
        for (var left = time; left > TimeSpan.Zero; left -= step)
        {
            var next = left < step ? left : step;
            Time.Advance(next);
            ((TestScheduler)Sys.Scheduler).Advance(next);
            Settle();
        }
    }

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
        var stored = events.Select((e, i) => codec.Write(e) is var (name, version, payload) ? new StoredEvent(after + i + 1, name, version, Now, payload) : null!);
        Assert.IsType<CommitResult.Committed>(
            Store.Memory.CommitAsync(new EntityCommit([new EntityWrite(Key(), after, [.. stored])])).GetAwaiter().GetResult());
    }

    protected override void AfterAll()
    {
        var refused = WrittenMessages.Of(Sys).Refused.Keys;
        _turns.GiveBack();
        base.AfterAll();
        Assert.Empty(refused);
    }

    private static ActorSystemSetup Setup(Turns turns, HeldStore store) =>
        ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(s_config), new EntityStoreSetup(store, new CounterCodec()), turns);

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

        public void Begin() => Shard = world.Sys.ActorOf(Props.Create(() => new TestShard(world.Entity)), $"shard-{++_shards}");

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

    private protected sealed class LogLines : Serilog.Core.ILogEventSink
    {
        public List<(LogEventLevel Level, string Text)> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add((logEvent.Level, logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }
}
