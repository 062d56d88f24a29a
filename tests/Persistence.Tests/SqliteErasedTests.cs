using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

/// <summary>What is left of erased entities in the database, and for how long.</summary>
public sealed class SqliteErasedTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("erased");
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private SqliteStoreOptions Options => new(Path.Combine(_directory.FullName, "runner.db")) { Time = _time, ErasedKept = TimeSpan.FromHours(1) };

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Erased_entities_are_forgotten_a_few_at_a_time_also_after_the_store_was_opened_anew()
    {
        const int entities = 150;
        await using (SqliteEntityStore store = await OpenAsync())
        {
            ImmutableArray<int> numbers = [.. Enumerable.Range(0, entities)];
            await CommitAsync(store, [.. numbers.Select(i => StoreConformance.Write($"{i}", 0))]);
            await CommitAsync(store, [.. numbers.Select(i => EntityWrite.Erase(StoreConformance.Run($"{i}"), 1))]);
            Assert.Equal((entities, entities), Count());
        }

        _time.Advance(TimeSpan.FromHours(1));
        await using SqliteEntityStore again = await OpenAsync();
        await again.PingAsync();
        Assert.Equal((entities, entities), Count());
        for (int left = entities, commit = 0; left > 0; commit++)
        {
            left = Math.Max(0, left - 64);
            await CommitAsync(again, StoreConformance.Write($"other {commit}", 0));
            Assert.Equal((left, left), Count());
        }
    }

    private Task<SqliteEntityStore> OpenAsync() => SqliteEntityStore.OpenAsync(Options, SampleTables.All, Serilog.Core.Logger.None);

    private static async Task CommitAsync(SqliteEntityStore store, params ImmutableArray<EntityWrite> writes) =>
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new EntityCommit(writes)));

    private (long Erased, long Numbers) Count()
    {
        using Database database = new DatabaseFile(Options).OpenReader();
        return (database.Cached("SELECT count(*) FROM erased").Scalar() ?? 0, database.Cached("SELECT count(*) FROM journal_metadata").Scalar() ?? 0);
    }
}
