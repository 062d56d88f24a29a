using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Persistence.Journal;
using Xunit.Abstractions;

namespace Runner.Persistence.Tests.Journal;

/// <summary>Tests with one store, and as many actor systems on it as a test makes.</summary>
public abstract class JournalFixture(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly List<Node> _nodes = [];

    /// <summary>The journal under test.</summary>
    protected virtual Config Config => EntityJournalSetup.Config();

    /// <summary>Whether messages are serialized though they stay in the process. The package's query side cannot do that.</summary>
    protected virtual bool SerializesMessages => true;

    /// <summary>Everything goes through this; it is told to fail, and counts.</summary>
    private protected WatchedStore Store { get; private set; } = null!;

    /// <summary>Opens a new, empty store.</summary>
    protected abstract Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables);

    public virtual async Task InitializeAsync() => Store = new WatchedStore(await OpenAsync(SampleTables.All));

    public virtual async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.System.Terminate();
            node.Dispose();
        }

        await Store.DisposeAsync();
    }

    /// <summary>An actor system on the store.</summary>
    private protected Node Start(params Setup[] more)
    {
        var config = ConfigurationFactory.ParseString(
            """
            akka.loglevel = WARNING
            akka.test.single-expect-default = 15s
            """).WithFallback(SerializesMessages ? EntityJournalSetup.SerializeMessagesConfig() : Akka.Configuration.Config.Empty)
            .WithFallback(Config);
        ActorSystemSetup setup = more.Aggregate(
            ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), new EntityStoreSetup(Store, new TextCodec())),
            (all, one) => all.And(one));
        var node = new Node(setup, output);
        _nodes.Add(node);
        return node;
    }

    private protected static EntityKey Key(string id) => new("Sample", id);

    private protected async Task<string[]> TextsAsync(string id) =>
        [.. (await Store.LoadAsync(Key(id))).Events.Select(e => System.Text.Encoding.UTF8.GetString(e.Payload.Span))];

    /// <summary>A system with the means to watch its entities.</summary>
    private protected sealed class Node(ActorSystemSetup setup, ITestOutputHelper output) : TestKit(setup, output: output)
    {
        public ActorSystem System => Sys;

        public Incarnation Make(string id, bool lives = false, bool hasSnapshots = false, string? persistenceId = null, bool isNew = false)
        {
            var watcher = CreateTestProbe();
            var entity = Sys.ActorOf(Props.Create(() => new SampleEntity(Key(id), watcher.Ref, lives, hasSnapshots, persistenceId, isNew)));
            watcher.Watch(entity);
            return new Incarnation(entity, watcher);
        }

        /// <summary>One that has recovered.</summary>
        public async Task<Incarnation> RecoverAsync(string id, bool lives = false, bool hasSnapshots = false, bool isNew = false)
        {
            var made = Make(id, lives, hasSnapshots, isNew: isNew);
            made.Recovered = await made.HearAsync<Told.Recovered>();
            return made;
        }
    }

    /// <summary>An entity in the memory of one system.</summary>
    private protected sealed class Incarnation(IActorRef entity, Akka.TestKit.TestProbe watcher)
    {
        public Told.Recovered Recovered { get; set; } = null!;

        public void Tell(object message) => entity.Tell(message);

        public async Task<T> HearAsync<T>() => await watcher.ExpectMsgAsync<T>();

        public async Task<Told.Written> WriteAsync(params ImmutableArray<string> texts)
        {
            Tell(new Note(texts));
            return await HearAsync<Told.Written>();
        }

        public async Task<Exception> RefusedAsync(Note note)
        {
            Tell(note);
            return (await HearAsync<Told.Refused>()).Cause;
        }

        public async Task GoneAsync() => await watcher.ExpectTerminatedAsync(entity);
    }
}
