using System.Diagnostics;
using System.Globalization;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>From the call that cancels a shell with two sleeping children, one in a session of its own, until none of the three exists.</summary>
internal static class CancelToDead
{
    private static int Times => Scale.Of(100, 5);

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        const string Script = "sleep 1000 & echo $! >&1; setsid sleep 1000 & echo $!; echo $$; wait";
        await node.DeployAsync(node.Spec("bench/tree", "/bin/sh", "-c", Script)).ConfigureAwait(false);
        var dead = new Samples();
        var known = new Samples();
        for (var i = 0; i < Times; i++)
        {
            var run = await node.SubmitAsync("bench/tree").ConfigureAwait(false);
            var pids = await PidsAsync(node, run).ConfigureAwait(false);
            var started = Stopwatch.GetTimestamp();
            var cancelled = node.Node.AskAsync(new CancelRun(run), default);
            while (pids.Any(Alive))
            {
                await Task.Yield();
            }

            dead.Add(Stopwatch.GetElapsedTime(started));
            await cancelled.ConfigureAwait(false);
            await node.EndOf(run).ConfigureAwait(false);
            known.Add(Stopwatch.GetElapsedTime(started));
        }

        report.Add("cancel of an obedient program: its whole tree of three dead", dead.ToString(), "bar: p99 under 100 ms");
        report.Add("the same, until Cancelled is durable", known.ToString());
    }

    private static bool Alive(int pid)
    {
        try
        {
            // A zombie is dead: it only waits for its parent.
            return File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].TrimStart()[0] != 'Z';
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<int[]> PidsAsync(BenchNode node, Guid run)
    {
        var path = new Runner.Actors.FlowRunners.RunFiles(node.Folder).Stdout(new(run, 1));
        while (true)
        {
            var lines = File.Exists(path) ? await File.ReadAllLinesAsync(path).ConfigureAwait(false) : [];
            if (lines.Length == 3)
            {
                return [.. lines.Select(l => int.Parse(l, CultureInfo.InvariantCulture))];
            }

            await Task.Yield();
        }
    }
}
