using System.Diagnostics;
using Runner.Actors;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>Commits of one event, one row, one wake-up change on SQLite with full sync.</summary>
internal static class StoreCommits
{
    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), Tables.All, Logger.None)
            .ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await RateAsync(store, "warm", 2000, 64).ConfigureAwait(false);
            var one = await RateAsync(store, "one", 2000, 1).ConfigureAwait(false);
            var eight = await RateAsync(store, "eight", 8000, 8).ConfigureAwait(false);
            var many = await RateAsync(store, "many", 60_000, 1000).ConfigureAwait(false);
            report.Add("entity commits a second, 1,000 in flight (1 event, 1 row, 1 wake-up each)", $"{many:0}", $"8 in flight: {eight:0}; 1 in flight: {one:0}");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<double> RateAsync(SqliteEntityStore store, string prefix, int count, int inFlight)
    {
        var next = 0;
        var payload = new byte[200];
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) <= count;)
            {
                var key = new EntityKey("Bench", $"{prefix}-{n}");
                var write = new EntityWrite(key, 0, [new StoredEvent(1, "bench", 1, DateTimeOffset.UnixEpoch, payload)])
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
