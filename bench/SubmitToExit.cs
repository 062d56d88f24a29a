using System.Diagnostics;

namespace Runner.Bench;

/// <summary>From the call that submits /bin/true on an idle node to its durable end.</summary>
internal static class SubmitToExit
{
    private const int Warm = 500;
    private const int Counted = 2000;

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        await node.DeployAsync(node.Spec("bench/true", "/bin/true")).ConfigureAwait(false);
        var samples = new Samples();
        for (var i = 0; i < Warm + Counted; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await node.RunAsync("bench/true").ConfigureAwait(false);
            if (i >= Warm)
            {
                samples.Add(Stopwatch.GetElapsedTime(started));
            }
        }

        report.Add("submit to durable exit of /bin/true, idle node", samples.ToString(), "aim: p50 under 6 ms, p99 under 20 ms");
    }
}
