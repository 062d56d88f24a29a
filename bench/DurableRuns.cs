using System.Diagnostics;

namespace Runner.Bench;

/// <summary>
/// Durable runs of /bin/true through the whole path, 8 and 32 in flight, on SQLite and on PostgreSQL, beside the bare loop of the same processes:
/// rounds of them alternate, and the ratio is the median of the rounds' ratios. The bare loop runs with as many in flight, and with fewer, for its
/// best is not with 8.
/// </summary>
internal static class DurableRuns
{
    private static readonly int[] InFlight = [8, 32];
    private static readonly int[] BareThreads = [1, 2, 4, 8, 32];

    private static int Rounds => Scale.Of(7, 1);

    private static int RunsPerRound => Scale.Of(3_000, 200);

    public static async Task MeasureAsync(Report report)
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            await MeasureAsync(report, kind).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(Report report, StoreKind kind)
    {
        await using var node = await BenchNode.StartAsync(kind).ConfigureAwait(false);
        await node.DeployAsync(node.Spec("bench/true", "/bin/true")).ConfigureAwait(false);
        // Until the code is compiled as it will stay.
        await RunsAsync(node, 4 * RunsPerRound, InFlight[0]).ConfigureAwait(false);
        _ = BareSpawn.RunMany(node.Folder, RunsPerRound, InFlight[0]);

        var rounds = new List<(Dictionary<int, double> Bare, Dictionary<int, double> Durable)>();
        for (var i = 0; i < Rounds; i++)
        {
            var bare = BareThreads.ToDictionary(threads => threads, threads => BareSpawn.RunMany(node.Folder, RunsPerRound, threads));
            var durable = new Dictionary<int, double>();
            foreach (var inFlight in InFlight)
            {
                durable.Add(inFlight, await RunsAsync(node, RunsPerRound, inFlight).ConfigureAwait(false));
            }

            rounds.Add((bare, durable));
        }

        foreach (var inFlight in InFlight)
        {
            var ratios = rounds.Select(r => r.Durable[inFlight] / r.Bare[inFlight]).ToArray();
            var bar = kind == StoreKind.Sqlite && inFlight == InFlight[0] ? "bar: at least 45%; " : "";
            report.Add(
                $"durable runs of /bin/true a second, {inFlight} in flight, {BenchStore.Text(kind)}",
                $"{Samples.Median(rounds.Select(r => r.Durable[inFlight])):0}",
                $"{bar}bare posix_spawn loop, {inFlight} in flight: {Samples.Median(rounds.Select(r => r.Bare[inFlight])):0}, "
                + $"ratio {Samples.Median(ratios):0%} (rounds: {string.Join(", ", ratios.Select(r => $"{r:0%}"))}); "
                + $"best of {string.Join(", ", BareThreads)} in flight: {Samples.Median(rounds.Select(r => r.Bare.Values.Max())):0}, "
                + $"ratio {Samples.Median(rounds.Select(r => r.Durable[inFlight] / r.Bare.Values.Max())):0%}");
        }
    }

    private static async Task<double> RunsAsync(BenchNode node, int count, int inFlight)
    {
        var next = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) <= count)
            {
                await node.RunAsync("bench/true").ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }
}
