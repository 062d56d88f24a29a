using System.Diagnostics;
using Runner.Actors;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Persistence.Sqlite;
using Runner.Tests;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// What the group writers alone take: commits of one event, one row, one wake-up change, and events in commits of 64. On SQLite with full sync,
/// and on a PostgreSQL of our own on this machine, which waits for the disk too, where there is one to be started.
/// </summary>
internal static class StoreCommits
{
    private const int Each = 64;

    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var sqlite = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), Tables.All, Logger.None).ConfigureAwait(false);
        await using (sqlite.ConfigureAwait(false))
        {
            await MeasureAsync(report, "SQLite", sqlite).ConfigureAwait(false);
        }

        Directory.Delete(folder, recursive: true);
        if (!PostgresServer.IsInstalled)
        {
            Console.Error.WriteLine("  there is no PostgreSQL to start");
            return;
        }

        var server = await PostgresServer.StartAsync().ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            PostgresStoreOptions options = new(await server.CreateDatabaseAsync().ConfigureAwait(false));
            var postgres = await PostgresEntityStore.OpenAsync(options, Tables.All, Logger.None).ConfigureAwait(false);
            await using (postgres.ConfigureAwait(false))
            {
                await MeasureAsync(report, "PostgreSQL", postgres).ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureAsync(Report report, string name, IEntityStore store)
    {
        await RateAsync(store, "warm", 2000, 64, 1).ConfigureAwait(false);
        var one = await RateAsync(store, "one", 2000, 1, 1).ConfigureAwait(false);
        var eight = await RateAsync(store, "eight", 8000, 8, 1).ConfigureAwait(false);
        var many = await RateAsync(store, "many", 60_000, 1000, 1).ConfigureAwait(false);
        report.Add($"entity commits a second, {name}, 1,000 in flight (1 event, 1 row, 1 wake-up each)", $"{many:0}", $"8 in flight: {eight:0}; 1 in flight: {one:0}");
        await RateAsync(store, "warm events", 500, 100, Each).ConfigureAwait(false);
        var events = Each * await RateAsync(store, "events", 4_000, 1000, Each).ConfigureAwait(false);
        report.Add($"events a second, {name}, {Each} a commit (with 1 row, 1 wake-up), 1,000 commits in flight", $"{events:0}");
    }

    private static async Task<double> RateAsync(IEntityStore store, string prefix, int count, int inFlight, int events)
    {
        var next = 0;
        var payload = new byte[200];
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) <= count;)
            {
                var key = new EntityKey("Bench", $"{prefix}-{n}");
                var write = new EntityWrite(key, 0, [.. Enumerable.Range(1, events).Select(i => new StoredEvent(i, "bench", 1, DateTimeOffset.UnixEpoch, payload))])
                {
                    WakeUp = new WakeUpChange(DateTimeOffset.UnixEpoch.AddMilliseconds(n)),
                    Rows = [RowChange.Put(Tables.OpenRuns.Name, key.Id, "bench/true")],
                };
                await store.CommitAsync(new EntityCommit([write])).ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }
}
