using System.Diagnostics;

namespace Runner.Bench;

/// <summary>
/// Durable runs of /bin/true through the whole path, 8 in flight, beside the bare loop of the same processes: rounds of the two alternate, and
/// the ratio is the median of the rounds' ratios. The bare loop runs with 1, 2, 4 and 8 threads in every round, and its best counts.
/// </summary>
internal static class DurableRuns
{
    private const int InFlight = 8;
    private const int Rounds = 5;
    private const int RunsPerRound = 3000;
    private static readonly int[] BareThreads = [1, 2, 4, 8];

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        await node.DeployAsync(node.Spec("bench/true", "/bin/true")).ConfigureAwait(false);
        await RunsAsync(node, RunsPerRound).ConfigureAwait(false);
        _ = Bare(node);

        var rounds = new List<(double Bare, double Durable)>();
        for (var i = 0; i < Rounds; i++)
        {
            rounds.Add((Bare(node), await RunsAsync(node, RunsPerRound).ConfigureAwait(false)));
        }

        var ratio = Median(rounds.Select(r => r.Durable / r.Bare));
        report.Add(
            $"durable runs of /bin/true a second, {InFlight} in flight, SQLite with full sync",
            $"{Median(rounds.Select(r => r.Durable)):0}",
            $"bare posix_spawn loop: {Median(rounds.Select(r => r.Bare)):0}; ratio {ratio:0%} (rounds: {string.Join(", ", rounds.Select(r => $"{r.Durable / r.Bare:0%}"))})");
    }

    private static double Bare(BenchNode node) => BareThreads.Max(threads => BareSpawn.RunMany(node.Folder, RunsPerRound / 2, threads));

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
