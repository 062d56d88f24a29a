using Runner.Entities.Store;
using Runner.Persistence.Postgres;

namespace Runner.Persistence.Tests.Postgres;

/// <summary>Several stores on one database: nodes of a cluster, or one that should not be there.</summary>
[Collection(PostgresTests.Name)]
public sealed class PostgresSharingTests(SharedPostgres shared)
{
    [Fact]
    public async Task Of_two_stores_that_write_one_entity_exactly_one_writes_each_number_and_nobody_elses_write_fails()
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        await using PostgresEntityStore one = await OpenAsync(options);
        await using PostgresEntityStore other = await OpenAsync(options);
        const int rounds = 60;
        for (int i = 0; i < rounds; i++)
        {
            int n = i;
            Task<CommitResult>[] contested = [one.CommitAsync(Numbered("hot", n, "\"one\"")), other.CommitAsync(Numbered("hot", n, "\"other\""))];
            Task<CommitResult>[] innocent = [.. Enumerable.Range(0, 10)
                .SelectMany(k => (Task<CommitResult>[])[one.CommitAsync(Numbered($"one{k}", n)), other.CommitAsync(Numbered($"other{k}", n))])];
            CommitResult[] results = await Task.WhenAll(contested);
            Assert.Single(results, result => result is CommitResult.Committed);
            Assert.Single(results, result => result == new CommitResult.SequenceConflict(StoreConformance.Run("hot"), n + 1));
            Assert.All(await Task.WhenAll(innocent), result => Assert.IsType<CommitResult.Committed>(result));
        }

        Assert.Equal(
            Enumerable.Range(1, rounds).Select(i => (long)i), (await one.LoadAsync(StoreConformance.Run("hot"))).Events.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_stores_that_snapshot_erase_and_write_the_same_entities_leave_no_number_twice_and_no_gap(bool erase)
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        await using PostgresEntityStore one = await OpenAsync(options);
        await using PostgresEntityStore other = await OpenAsync(options);
        int[] used = await Task.WhenAll(((PostgresEntityStore[])[one, other, one, other]).Select((store, writer) => Task.Run(async () =>
        {
            int committed = 0;
            for (int i = 0; i < 150; i++)
            {
                EntityKey entity = StoreConformance.Run($"e{i % 3}");
                long last = (await store.LoadAsync(entity)).LastSequence;
                EntityWrite write = (i + writer) % 5 == 0 && last > 0
                    ? erase ? EntityWrite.Erase(entity, last)
                        : new EntityWrite(entity, last, []) { Rows = [RowChange.Put("notes", entity.Id, $"{last}")] }
                    : StoreConformance.Write(
                        entity.Id, last) with { Snapshot = (i + writer) % 3 == 0 ? new StoredSnapshot(last + 1, 1, "{}"u8.ToArray()) : null };
                if (await store.CommitAsync(StoreConformance.Commit(write)) is CommitResult.Committed { Skipped.IsEmpty: true }
                    && !write.Events.IsEmpty)
                {
                    committed++;
                }
            }

            return committed;
        })));

        // Each number was given once: there are as many as were acknowledged.
        long numbers = 0;
        for (int i = 0; i < 3; i++)
        {
            EntityHistory history = await one.LoadAsync(StoreConformance.Run($"e{i}"));
            numbers += history.LastSequence;
            if (!erase)
            {
                long from = history.Snapshot?.Sequence ?? 0;
                Assert.Equal(Enumerable.Range(1, history.Events.Length).Select(n => from + n), history.Events.Select(e => e.Sequence));
            }
        }

        Assert.Equal(used.Sum(), numbers);
    }

    [Fact]
    public async Task A_slot_is_taken_by_one_of_two_stores()
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        await using PostgresEntityStore one = await OpenAsync(options);
        await using PostgresEntityStore other = await OpenAsync(options);
        for (int i = 0; i < 40; i++)
        {
            CommitResult[] results = await Task.WhenAll(
                ((PostgresEntityStore[])[one, other]).Select((store, writer) => store.CommitAsync(StoreConformance.Commit(
                    StoreConformance.Write($"{writer}.{i}", 0) with { Slots = [new SlotChange("limit", i, true)] }))));
            Assert.Single(results, result => result is CommitResult.Committed);
            Assert.Single(results, result => result is CommitResult.SlotConflict);
        }
    }

    [Fact]
    public async Task Nodes_that_open_a_new_database_at_once_make_its_tables_once()
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        PostgresEntityStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync(options))));
        foreach (PostgresEntityStore store in stores)
        {
            await store.PingAsync();
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_second_node_is_refused_while_the_first_lives_and_takes_over_when_it_has_died()
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        NodeLock first = await NodeLock.TakeAsync(options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1));
        StoreTakenException refused = await Assert.ThrowsAsync<StoreTakenException>(
            () => NodeLock.TakeAsync(options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1)));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await (await NodeLock.TakeAsync(options, Serilog.Core.Logger.None)).DisposeAsync();

        // One that has died without giving it back.
        await using PostgresEntityStore store = await OpenAsync(options);
        string database = new Npgsql.NpgsqlConnectionStringBuilder(options.Connection).Database!;
        await shared.Server.ExecuteAsync(database, "UPDATE leases SET owner = 'dead', expires = now() + interval '1 second' WHERE name = 'node'");
        await (await NodeLock.TakeAsync(options, Serilog.Core.Logger.None)).DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_was_taken_over_from_writes_nothing_more()
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync());
        await using NodeLock held = await NodeLock.TakeAsync(options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1));
        await using PostgresEntityStore store = await OpenAsync(options with { Lock = held });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.CommitAsync(Numbered($"{i}", 0))));
        await store.PingAsync();

        string database = new Npgsql.NpgsqlConnectionStringBuilder(options.Connection).Database!;
        await shared.Server.ExecuteAsync(database, "UPDATE leases SET owner = 'another' WHERE name = 'node'");
        StoreTakenException taken = await Assert.ThrowsAsync<StoreTakenException>(() => store.CommitAsync(Numbered("late", 0)));
        Assert.Contains("Another node has taken over the PostgreSQL database", taken.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreTakenException>(store.PingAsync);
        Assert.Equal(0, (await store.LoadAsync(StoreConformance.Run("late"))).LastSequence);
        TaskCompletionSource lost = new();
        using CancellationTokenRegistration registered = held.LostToken.Register(lost.SetResult);
        await lost.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static EntityCommit Numbered(string id, int after, string payload = "{}") =>
        StoreConformance.Commit(new EntityWrite(StoreConformance.Run(id), after, [StoreConformance.Event(after + 1, payload)]));

    private static Task<PostgresEntityStore> OpenAsync(PostgresStoreOptions options) =>
        PostgresEntityStore.OpenAsync(options, SampleTables.All, Serilog.Core.Logger.None);
}
