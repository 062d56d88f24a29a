using System.Diagnostics;
using Runner.Actors;
using Runner.Entities.Store;

namespace Runner.Bench;

/// <summary>Commits of one event, one row, one wake-up change on a store with full sync.</summary>
internal static class StoreCommits
{
    public static async Task MeasureAsync(Report report)
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            var store = await BenchStore.OpenAsync(kind, Tables.All).ConfigureAwait(false);
            await using var own = store.ConfigureAwait(false);
            await RateAsync(store.Store, "warm", 2000, 64).ConfigureAwait(false);
            var one = await RateAsync(store.Store, "one", Scale.Of(2000, 200), 1).ConfigureAwait(false);
            var eight = await RateAsync(store.Store, "eight", Scale.Of(8000, 800), 8).ConfigureAwait(false);
            var many = await RateAsync(store.Store, "many", Scale.Of(60_000, 6_000), 1000).ConfigureAwait(false);
            report.Add(
                $"entity commits a second, 1,000 in flight (1 event, 1 row, 1 wake-up each), {BenchStore.Text(kind)}", $"{many:0}",
                $"8 in flight: {eight:0}; 1 in flight: {one:0}");
        }
    }

    private static async Task<double> RateAsync(IEntityStore store, string prefix, int count, int inFlight)
    {
        var next = 0;
        var payload = new byte[200];
        Array.Fill(payload, (byte)' ');
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
