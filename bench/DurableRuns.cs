using System.Diagnostics;

namespace Runner.Bench;

/// <summary>
/// Durable runs of /bin/true through the whole path, 8 in flight, beside the bare loop of the same processes: rounds of the two alternate, and
/// the ratio is the median of the rounds' ratios. The bare loop runs with as many in flight, and with fewer, for its best is not with 8.
/// </summary>
internal static class DurableRuns
{
    private const int InFlight = 8;
    private const int Rounds = 7;
    private const int RunsPerRound = 3000;
    private static readonly int[] BareThreads = [1, 2, 4, 8];

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        await node.DeployAsync(node.Spec("bench/true", "/bin/true")).ConfigureAwait(false);
        // Until the code is compiled as it will stay.
        await RunsAsync(node, 4 * RunsPerRound).ConfigureAwait(false);
        _ = BareSpawn.RunMany(node.Folder, RunsPerRound, InFlight);

        var rounds = new List<(double Bare, double Best, double Durable)>();
        for (var i = 0; i < Rounds; i++)
        {
            var bare = BareThreads.ToDictionary(threads => threads, threads => BareSpawn.RunMany(node.Folder, RunsPerRound, threads));
            rounds.Add((bare[InFlight], bare.Values.Max(), await RunsAsync(node, RunsPerRound).ConfigureAwait(false)));
        }

        report.Add(
            $"durable runs of /bin/true a second, {InFlight} in flight, SQLite with full sync",
            $"{Median(rounds.Select(r => r.Durable)):0}",
            $"bare posix_spawn loop, {InFlight} in flight: {Median(rounds.Select(r => r.Bare)):0}, ratio {Median(rounds.Select(r => r.Durable / r.Bare)):0%} "
            + $"(rounds: {string.Join(", ", rounds.Select(r => $"{r.Durable / r.Bare:0%}"))}); best of {string.Join(", ", BareThreads)} in flight: "
            + $"{Median(rounds.Select(r => r.Best)):0}, ratio {Median(rounds.Select(r => r.Durable / r.Best)):0%}");
    }

    private static async Task<double> RunsAsync(BenchNode node, int count)
    {
        var next = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) <= count)
            {
                await node.RunAsync("bench/true").ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
