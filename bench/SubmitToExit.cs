using System.Diagnostics;

namespace Runner.Bench;

/// <summary>From the call that submits /bin/true on an idle node to its durable end.</summary>
internal static class SubmitToExit
{
    private static int Warm => Scale.Of(500, 20);

    private static int Counted => Scale.Of(2_000, 50);

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

        report.Add("submit to durable exit of /bin/true, idle node", samples.ToString(), "bar: p50 under 4 ms, p99 under 15 ms");
    }
}
