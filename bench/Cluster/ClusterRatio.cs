using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Bench.Cluster;

/// <summary>Runs of <c>/bin/true</c> a second of three nodes beside one, with the same number in flight in all, in turn.</summary>
internal sealed record ClusterRatio(int Times)
{
    private const int InFlight = 48;
    private const int Deployments = 100;

    /// <summary>The code is instrumented for some 30 s of work of each node before it is compiled as it stays, and three share the work.</summary>
    private const int LeastTurnsOfNode = 5;
    private const int MostTurnsOfNode = 12;
    private const double Steady = 0.95;

    public async Task MeasureAsync(Report report)
    {
        var runs = Scale.Of(6_000, 400);
        // A file system is slow to make files where many have just been deleted, so that what comes first would be the faster one.
        var folders = new List<string>();
        var rates = new Dictionary<int, List<double>> { [1] = [], [3] = [] };
        var costs = new Dictionary<int, string>();
        for (var round = 0; round < Times; round++)
        {
            foreach (var nodes in rates.Keys)
            {
                var rig = await ClusterRig.StartAsync("ratio", nodes, InFlight / nodes).ConfigureAwait(false);
                await using (rig.ConfigureAwait(false))
                {
                    rig.Kit.KeepsRoot = true;
                    folders.Add(rig.Kit.Root);
                    var clients = rig.Clients;
                    await clients[0].RegisterAsync([.. Enumerable.Range(0, Deployments).Select(i => new DeploymentSpec
                    {
                        Name = ClusterLoad.Name(i), Command = ["/bin/true"], Workdir = "/",
                    })]).ConfigureAwait(false);
                    await WarmAsync(rig, clients, runs).ConfigureAwait(false);
                    var before = await ClusterCost.NowAsync(rig).ConfigureAwait(false);
                    var watch = Stopwatch.StartNew();
                    await RunAsync(rig, clients, runs).ConfigureAwait(false);
                    rates[nodes].Add(runs / watch.Elapsed.TotalSeconds);
                    costs[nodes] = (await ClusterCost.NowAsync(rig).ConfigureAwait(false)).Since(before, runs);
                    ClusterRig.Say(string.Create(CultureInfo.InvariantCulture, $"{nodes} nodes: {rates[nodes][^1]:0} runs a second; load ")
                        + $"{ClusterRig.LoadOfMachine()}; a run: {costs[nodes]}");
                }
            }
        }

        folders.ForEach(folder => Directory.Delete(folder, recursive: true));
        var ratios = rates[3].Zip(rates[1], (three, one) => three / one).ToArray();
        report.Add(
            $"three nodes beside one, {InFlight} in flight in all, /bin/true: runs a second",
            string.Create(CultureInfo.InvariantCulture, $"{Samples.Median(rates[3]):0} beside {Samples.Median(rates[1]):0}, ratio ")
            + string.Create(CultureInfo.InvariantCulture, $"{Samples.Median(ratios):0%} ({string.Join(", ", ratios.Select(r => $"{r:0%}"))})"),
            $"bar: 85 %; machine's load {ClusterRig.LoadOfMachine()}");
        foreach (var (nodes, cost) in costs)
        {
            report.Add($"what a run costs on {nodes} node{(nodes == 1 ? "" : "s")}", cost, "");
        }
    }

    /// <summary>
    /// Runs until the code is compiled as it will stay, on each of the nodes: as long as a run costs noticeably less processor time than those
    /// before. The compiler works beside for a minute and more, and three programs have three of it.
    /// </summary>
    private static async Task WarmAsync(ClusterRig rig, ImmutableArray<RunnerClient> clients, int runs)
    {
        var last = double.MaxValue;
        for (var turn = 1; turn <= MostTurnsOfNode * rig.Nodes.Count; turn++)
        {
            var before = await ClusterCost.NowAsync(rig).ConfigureAwait(false);
            await RunAsync(rig, clients, runs).ConfigureAwait(false);
            var cost = (await ClusterCost.NowAsync(rig).ConfigureAwait(false)).OfNodesSince(before, runs);
            ClusterRig.Say(string.Create(CultureInfo.InvariantCulture, $"warming up: {cost:0.00} ms of processor of the nodes a run"));
            if (cost > last * Steady && turn >= LeastTurnsOfNode * rig.Nodes.Count)
            {
                return;
            }

            last = Math.Min(last, cost);
        }
    }

    private static async Task RunAsync(ClusterRig rig, ImmutableArray<RunnerClient> clients, int count)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async worker =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= count;)
            {
                await clients[i % clients.Length].SubmitAsync(new SubmitRun(ClusterLoad.Name(i % Deployments))).ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        while (await rig.CountAsync("open_runs").ConfigureAwait(false) > 0)
        {
            await Pause.For(TimeSpan.FromMilliseconds(20)).ConfigureAwait(false);
        }
    }
}
