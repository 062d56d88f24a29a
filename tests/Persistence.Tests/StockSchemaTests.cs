using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Query;
using Akka.Serialization;
using Akka.Streams;
using Akka.Streams.Dsl;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

/// <summary>
/// What the store writes is read by Akka.Persistence.Sql as it comes in its package, and its tables are those the package would make.
/// </summary>
public sealed class StockSchemaTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("stock");

    private string StorePath => Path.Combine(_directory.FullName, "runner.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("journal", "Csv")]
    [InlineData("journal_metadata", "Csv")]
    [InlineData("snapshot", "Csv")]
    [InlineData("tags", "TagTable")]
    public async Task The_tables_have_the_columns_that_the_package_makes(string table, string tagMode)
    {
        await (await OpenAsync()).DisposeAsync();
        string stock = Path.Combine(_directory.FullName, "stock.db");
        await InSystemAsync(stock, tagMode, async system =>
        {
            // It answers when its tables are made.
            _ = await system.ActorOf(Props.Create(() => new Asker("a"))).Ask<string>("up to", Patience);
            return true;
        });

        Assert.Equal(Columns(stock, table), Columns(StorePath, table));
        Assert.NotEmpty(Columns(StorePath, table));
    }

    [Fact]
    public async Task The_package_reads_events_by_entity_and_by_tag()
    {
        await using (SqliteEntityStore store = await OpenAsync())
        {
            await CommitAsync(store, StoreConformance.Write("a", 0, 2), new EntityWrite(
                new EntityKey("Deployment", "d/ü"), 0, [StoreConformance.Event(1, """{"n":1}""")]));
            await CommitAsync(
                store, new EntityWrite(StoreConformance.Run("a"), 2, [new StoredEvent(3, "run.completed", 4, Noon.AddTicks(7), "{}"u8.ToArray())]));
        }

        (EventEnvelope[] entity, EventEnvelope[] tagged, string[] ids) = await InSystemAsync(StorePath, "Csv", async system =>
        {
            SqlReadJournal journal = PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>("akka.persistence.query.journal.sql");
            ActorMaterializer streams = system.Materializer();
            return (
                await ReadAsync(journal.CurrentEventsByPersistenceId("FlowRun/a", 0, long.MaxValue), streams),
                await ReadAsync(journal.CurrentEventsByTag("Deployment", Offset.NoOffset()), streams),
                await ReadAsync(journal.CurrentPersistenceIds(), streams));
        });

        Assert.Equal(["run.changed/1 {}", "run.changed/1 {}", "run.completed/4 {}"], entity.Select(e => e.Event));
        Assert.Equal([1L, 2, 3], entity.Select(e => e.SequenceNr));
        Assert.Equal(Noon.AddTicks(7).UtcTicks, entity[^1].Timestamp);
        EventEnvelope only = Assert.Single(tagged);
        Assert.Equal(("Deployment/d/ü", 1L, """run.changed/1 {"n":1}"""), (only.PersistenceId, only.SequenceNr, only.Event));
        Assert.Equal(["Deployment/d/ü", "FlowRun/a"], ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_package_recovers_an_entity_from_snapshot_events_and_remembered_numbers()
    {
        await using (SqliteEntityStore store = await OpenAsync())
        {
            await CommitAsync(
                store, StoreConformance.Write("both", 0, 3) with { Snapshot = new StoredSnapshot(2, 5, """{"n":2}"""u8.ToArray()) },
                StoreConformance.Write("erased", 0, 4));
            await CommitAsync(
                store, EntityWrite.Erase(StoreConformance.Run("erased"), 4),
                StoreConformance.Write("replaced", 0, 2) with { Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()) });
        }

        string[] recovered = await InSystemAsync(StorePath, "Csv", async system => new[]
        {
            await system.ActorOf(Props.Create(() => new Asker("FlowRun/both"))).Ask<string>("up to", Patience),
            await system.ActorOf(Props.Create(() => new Asker("FlowRun/erased"))).Ask<string>("up to", Patience),
            await system.ActorOf(Props.Create(() => new Asker("FlowRun/replaced"))).Ask<string>("up to", Patience),
        });

        Assert.Equal("""FlowRun.snapshot/5 {"n":2}, run.changed/1 {}: 3""", recovered[0]);
        Assert.Equal(": 4", recovered[1]);
        Assert.Equal("FlowRun.snapshot/1 {}: 2", recovered[2]);
    }

    private Task<SqliteEntityStore> OpenAsync() => SqliteEntityStore.OpenAsync(new SqliteStoreOptions(StorePath), [], Serilog.Core.Logger.None);

    private static async Task CommitAsync(SqliteEntityStore store, params ImmutableArray<EntityWrite> writes) =>
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new EntityCommit(writes)));

    private static Task<T[]> ReadAsync<T>(Source<T, Akka.NotUsed> source, ActorMaterializer streams) =>
        source.RunWith(Sink.Seq<T>(), streams).ContinueWith(read => read.Result.ToArray(), TaskScheduler.Default).WaitAsync(Patience);

    /// <summary>Names, types and whether null is refused; in whatever order.</summary>
    private static IEnumerable<string> Columns(string path, string table)
    {
        using Database database = new(path, SQLitePCL.raw.SQLITE_OPEN_READWRITE, TimeSpan.FromSeconds(5));
        return database.Query($"PRAGMA table_info({table})", row => $"{row.Text(1)} {row.Text(2)} {row.Int64(3)}")
            .Order(StringComparer.Ordinal).ToList();
    }

    private static async Task<T> InSystemAsync<T>(string path, string tagMode, Func<ActorSystem, Task<T>> work)
    {
        string database =
            $"""connection-string = "Data Source={path};Pooling=False", provider-name = "SQLite.MS", read-isolation-level = read-uncommitted""";
        Config config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = WARNING
            akka.persistence {
                journal.plugin = akka.persistence.journal.sql
                journal.sql { {{database}}, tag-write-mode = {{tagMode}}, delete-compatibility-mode = on, auto-initialize = on }
                query.journal.sql { {{database}}, tag-read-mode = {{tagMode}} }
                snapshot-store.plugin = akka.persistence.snapshot-store.sql
                snapshot-store.sql { {{database}}, auto-initialize = on }
            }
            akka.actor {
                serializers.texts = "{{typeof(Texts).AssemblyQualifiedName}}"
                serialization-identifiers { "{{typeof(Texts).AssemblyQualifiedName}}" = {{DatabaseSchema.EventSerializer}} }
            }
            """).WithFallback(SqlPersistence.DefaultConfiguration);
        ActorSystem system = ActorSystem.Create("stock", config);
        try
        {
            return await work(system);
        }
        finally
        {
            await system.Terminate();
        }
    }

    /// <summary>Says what it recovered from, and up to which number.</summary>
    private sealed class Asker : Akka.Persistence.UntypedPersistentActor
    {
        private readonly List<string> _read = [];

        public Asker(string id) => PersistenceId = id;

        public override string PersistenceId { get; }

        protected override void OnCommand(object message) => Sender.Tell($"{string.Join(", ", _read)}: {LastSequenceNr}");

        protected override void OnRecover(object message)
        {
            if (message is not Akka.Persistence.RecoveryCompleted)
            {
                _read.Add($"{(message as Akka.Persistence.SnapshotOffer)?.Snapshot ?? message}");
            }
        }
    }

    /// <summary>Stands in for the serializer of events: what it reads is the manifest and the text.</summary>
    public sealed class Texts(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => DatabaseSchema.EventSerializer;

        public override string Manifest(object o) => "";

        public override byte[] ToBinary(object obj) => throw new NotSupportedException();

        public override object FromBinary(byte[] bytes, string manifest) => $"{manifest} {Encoding.UTF8.GetString(bytes)}";
    }
}
