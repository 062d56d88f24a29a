using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

/// <summary>What is erased makes the file smaller, and does not hold up what is written meanwhile.</summary>
public sealed class SqliteSpaceTests : IDisposable
{
    private const int Entities = 400;
    private static readonly string Large = new('x', 20_000);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("space");

    private string DatabasePath => Path.Combine(_directory.FullName, "runner.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task The_file_shrinks_after_erasures_and_keeps_what_is_left()
    {
        await using SqliteEntityStore store = await OpenAsync();
        await FillAsync(store);
        StoreSpace before = await store.SpaceAsync();
        Assert.True(before is { GivesBack: true, Bytes: > Entities * 20_000 }, $"{before}");

        await EraseAsync(store, 0, Entities - 10);
        await UntilAsync(store, space => space.Bytes < before.Bytes / 4);
        await store.DisposeAsync();

        Assert.True(new FileInfo(DatabasePath).Length < before.Bytes / 4);
        await using SqliteEntityStore again = await OpenAsync();
        for (int i = 0; i < Entities; i++)
        {
            Assert.Equal(i < Entities - 10 ? 0 : 1, (await again.LoadAsync(StoreConformance.Run($"{i}"))).Events.Length);
        }
    }

    [Fact]
    public async Task The_file_itself_is_cut_while_the_store_is_open()
    {
        // The log is short, so that what is written is in the file and not in the log alone.
        await using SqliteEntityStore store = await SqliteEntityStore.OpenAsync(
            new SqliteStoreOptions(DatabasePath) { CheckpointPages = 50 }, SampleTables.All, Serilog.Core.Logger.None);
        await FillAsync(store);
        await UntilAsync(store, _ => new FileInfo(DatabasePath).Length > Entities * 10_000);
        long before = new FileInfo(DatabasePath).Length;
        await EraseAsync(store, 0, Entities);
        await UntilAsync(store, _ => new FileInfo(DatabasePath).Length < before / 4);
    }

    [Fact]
    public async Task What_a_killed_process_had_no_time_to_give_back_its_next_life_gives_back()
    {
        await using (SqliteEntityStore store = await OpenAsync())
        {
            await FillAsync(store);
        }

        using (Database database = new DatabaseFile(new SqliteStoreOptions(DatabasePath)).OpenWriter(create: false))
        {
            database.Execute("DELETE FROM journal");
        }

        long before = new FileInfo(DatabasePath).Length;
        await using SqliteEntityStore again = await OpenAsync();
        await UntilAsync(again, space => space.Bytes < before / 4);
    }

    private Task<SqliteEntityStore> OpenAsync() =>
        SqliteEntityStore.OpenAsync(new SqliteStoreOptions(DatabasePath), SampleTables.All, Serilog.Core.Logger.None);

    private static async Task FillAsync(IEntityStore store)
    {
        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, Entities).Select(i => store.CommitAsync(StoreConformance.Commit(
            new EntityWrite(StoreConformance.Run($"{i}"), 0, [StoreConformance.Event(1, Large)]) { Rows = [SampleTables.Put($"{i}", "Late", i)] }))));
        Assert.All(results, result => Assert.IsType<CommitResult.Committed>(result));
    }

    private static async Task EraseAsync(IEntityStore store, int from, int to)
    {
        ImmutableArray<EntityWrite> writes =
            [.. Enumerable.Range(from, to - from).Select(i => EntityWrite.Erase(StoreConformance.Run($"{i}"), 1, RowChange.Delete("runs", $"{i}")))];
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new EntityCommit(writes)));
    }

    /// <summary>Looks after each turn of the writer, which does a step whenever nothing is queued.</summary>
    private static async Task UntilAsync(IEntityStore store, Predicate<StoreSpace> isSo)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!isSo(await store.SpaceAsync()))
        {
            patience.Token.ThrowIfCancellationRequested();
            await store.PingAsync();
        }
    }
}
