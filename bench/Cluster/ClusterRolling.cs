using System.Diagnostics;
using System.Globalization;
using Runner.Cluster.Tests.Kit;

namespace Runner.Bench.Cluster;

/// <summary>
/// All nodes are restarted one after the other, each by <c>runner drain NODE --wait</c> and a new start, under the load, schedules of every second,
/// and programs on each node that run for longer than its restart takes.
/// </summary>
internal static class ClusterRolling
{
    private const int Long = 8;

    public static async Task MeasureAsync(Report report)
    {
        // Two nodes have room for all that three have.
        var rig = await ClusterRig.StartAsync("rolling", nodeLimit: 170).ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync().ConfigureAwait(false);
            await rig.Load.ScheduleAsync(rig.Lives, Scale.Of(20, 5)).ConfigureAwait(false);
            await Pause.For(Scale.OfSeconds(30, 10)).ConfigureAwait(false);
            var began = ProgramLives.Uptime();
            var rounds = new List<Round>();
            foreach (var node in rig.Nodes.ToArray())
            {
                for (var i = 0; i < Long * 3; i++)
                {
                    rig.Load.Submit(i * 3 + 1, Scale.Of(45, 15));
                }

                await Pause.For(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
                rounds.Add(await RestartAsync(rig, node).ConfigureAwait(false));
                ClusterRig.Say($"{node.Name}: {rounds[^1]}; load {ClusterRig.LoadOfMachine()}");
                await Pause.For(Scale.OfSeconds(10, 4)).ConfigureAwait(false);
            }

            var ended = ProgramLives.Uptime();
            await rig.Load.UnscheduleAsync().ConfigureAwait(false);
            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            report.Add(
                "rolling restart of all nodes: from a node's last program's end to the end of its process; from its start to a member that all see",
                string.Create(CultureInfo.InvariantCulture, $"{Of(rounds, r => r.Left)}; {Of(rounds, r => r.Back)}"),
                string.Create(CultureInfo.InvariantCulture, $"bars: 2 s, 5 s; drains took {Of(rounds, r => r.Drained)}, left to their end ")
                + string.Create(CultureInfo.InvariantCulture, $"{rounds.Sum(r => r.Programs)} programs; machine's load {load}"));
            foreach (var (what, scheduled) in ((string, bool)[])[("scheduled", true), ("submitted", false)])
            {
                report.Add(
                    $"rolling restart: how late {what} runs began that no limit held back",
                    Late(checker, scheduled, began, ended),
                    $"bar: 3 s; before the restarts {Late(checker, scheduled, 0, began)}; {checker.Summary}");
            }
        }
    }

    private static string Late(ClusterChecker checker, bool scheduled, double from, double to)
    {
        var late = new Samples();
        foreach (var (life, by) in checker.Late(scheduled).Where(late => late.Life.Began >= from && late.Life.Began < to))
        {
            late.Add(TimeSpan.FromSeconds(Math.Max(0, by)));
        }

        return late.Count == 0 ? "none" : string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {late.Percentile(50) / 1000:0.00} s, p99 {late.Percentile(99) / 1000:0.00} s, max {late.Percentile(100) / 1000:0.00} s ")
            + string.Create(CultureInfo.InvariantCulture, $"(n = {late.Count})");
    }

    private static string Of(List<Round> rounds, Func<Round, double> part) => string.Create(
        CultureInfo.InvariantCulture, $"{Samples.Median(rounds.Select(part)):0.00} s ({rounds.Min(part):0.00} to {rounds.Max(part):0.00})");

    private static async Task<Round> RestartAsync(ClusterRig rig, ClusterNode node)
    {
        var began = ProgramLives.Uptime();
        var ends = node.EndsAsync();
        var gone = ends.ContinueWith(_ => ProgramLives.Uptime(), TaskScheduler.Default);
        var other = rig.Nodes.First(n => n != node);
        await DrainAsync(node.Name, Path.Combine(rig.Kit.Root, other.Name)).ConfigureAwait(false);
        if (await ends.ConfigureAwait(false) is not 0 and var code)
        {
            rig.Violations.Add($"{node.Name} was drained and ended with {code}");
        }

        var at = await gone.ConfigureAwait(false);
        rig.Down.Add((node.Api, at, double.MaxValue));
        var (lives, _) = rig.Lives.Read();
        var left = lives.Where(l => l.Node == node.Api && l.Ended > began && l.Ended <= at).ToArray();
        if (lives.FirstOrDefault(l => l.Node == node.Api && l.Began < at && (l.Ended is null || l.Stopped || l.Ended > at)) is { } cut)
        {
            rig.Violations.Add($"{node.Name} left before a program of it had come to its end: {cut}");
        }

        var back = await rig.RestartAsync(node).ConfigureAwait(false);
        return new Round(at - began, at - left.Max(l => l.Ended!.Value), back.TotalSeconds, left.Length);
    }

    /// <summary>By the program that the nodes are of.</summary>
    private static async Task DrainAsync(string node, string data)
    {
        string[] command = ["exec", Path.Combine(AppContext.BaseDirectory, "runner.dll"), "drain", node, "--wait", "--data", data];
        using var process = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`runner drain {node} --wait` ended with {process.ExitCode}: {string.Concat(said)}");
        }
    }

    private sealed record Round(double Drained, double Left, double Back, int Programs)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"drained in {Drained:0.0} s with {Programs} programs, gone {Left:0.00} s after the last of them, a member again after {Back:0.00} s");
    }
}
