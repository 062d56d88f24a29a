using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.TestKit;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Persistence.Journal;
using Runner.Persistence.Sqlite;
using Xunit.Abstractions;

namespace Runner.Persistence.Tests.Journal;

/// <summary>What was written through the store is read by Akka.Persistence.Sql's query side, from the same file.</summary>
public sealed class SqliteQueryTests(ITestOutputHelper output) : JournalFixture(output)
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("queries");

    protected override Config Config => EntityJournalSetup.SqliteQueryConfig().WithFallback(EntityJournalSetup.Config());

    protected override bool SerializesMessages => false;

    private string DatabasePath => Path.Combine(_directory.FullName, "runner.db");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Events_are_followed_by_tag_as_they_are_written()
    {
        var node = Start(EntityJournalSetup.SqliteQueries(DatabasePath));
        var (a, b) = (await node.RecoverAsync("a"), await node.RecoverAsync("b"));
        await a.WriteAsync("one", "two");
        await CommitAsync(new EntityWrite(new EntityKey("Other", "x"), 0, [Event(1, "of another kind")]));

        var followed = Follow(node, journal => journal.EventsByTag("Sample", Offset.NoOffset()));
        await ExpectAsync(followed, "Sample/a", 1, "one");
        await ExpectAsync(followed, "Sample/a", 2, "two");
        await b.WriteAsync("three");
        await ExpectAsync(followed, "Sample/b", 1, "three");
        await a.WriteAsync("four");
        var last = await ExpectAsync(followed, "Sample/a", 3, "four");
        Assert.Equal(SampleEntity.At.AddTicks(3).UtcTicks, last.Timestamp);
    }

    [Fact]
    public async Task An_entitys_events_are_followed_and_the_entities_listed()
    {
        var node = Start(EntityJournalSetup.SqliteQueries(DatabasePath));
        var a = await node.RecoverAsync("a");
        await (await node.RecoverAsync("b")).WriteAsync("another's");
        await a.WriteAsync("one");

        var followed = Follow(node, journal => journal.EventsByPersistenceId("Sample/a", 0, long.MaxValue));
        await ExpectAsync(followed, "Sample/a", 1, "one");
        await a.WriteAsync("two");
        await ExpectAsync(followed, "Sample/a", 2, "two");

        var listed = Follow(node, journal => journal.CurrentPersistenceIds());
        Assert.Equal(["Sample/a", "Sample/b"], new[] { await listed.ExpectMsgAsync<string>(), await listed.ExpectMsgAsync<string>() }.Order());
    }

    [Fact]
    public async Task The_packages_own_snapshot_store_reads_our_snapshots()
    {
        var node = Start(EntityJournalSetup.SqliteQueries(DatabasePath));
        await CommitAsync(new EntityWrite(Key("a"), 0, [Event(1, "one")]) { Snapshot = new StoredSnapshot(1, 7, "state"u8.ToArray()) });

        var snapshots = Akka.Persistence.Persistence.Instance.Apply(node.System).SnapshotStoreFor("akka.persistence.snapshot-store.sql");
        snapshots.Tell(
            new Akka.Persistence.LoadSnapshot("Sample/a", Akka.Persistence.SnapshotSelectionCriteria.Latest, long.MaxValue), node.TestActor);
        var loaded = (await node.ExpectMsgAsync<Akka.Persistence.LoadSnapshotResult>()).Snapshot;
        Assert.Equal(1, loaded.Metadata.SequenceNr);
        var snapshot = Assert.IsType<JournaledSnapshot>(loaded.Snapshot);
        Assert.Equal((7, "state"), (snapshot.Version, Encoding.UTF8.GetString(snapshot.Payload.Span)));
    }

    protected override async Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(DatabasePath), tables, Serilog.Core.Logger.None);

    private static StoredEvent Event(long sequence, string text) => new(sequence, "sample.noted", 1, SampleEntity.At, Encoding.UTF8.GetBytes(text));

    private static TestProbe Follow<T>(Node node, Func<SqlReadJournal, Akka.Streams.Dsl.Source<T, Akka.NotUsed>> query)
    {
        var probe = node.CreateTestProbe();
        var journal = PersistenceQuery.Get(node.System).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier);
        _ = query(journal).RunForeach(item => probe.Ref.Tell(item!), node.System.Materializer());
        return probe;
    }

    private static async Task<EventEnvelope> ExpectAsync(TestProbe followed, string persistenceId, long sequence, string text)
    {
        var found = await followed.ExpectMsgAsync<EventEnvelope>();
        Assert.Equal((persistenceId, sequence, text), (found.PersistenceId, found.SequenceNr, found.Event));
        return found;
    }

    private async Task CommitAsync(EntityWrite write) => Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(new EntityCommit([write])));
}
