using System.Globalization;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;

namespace Runner.Bench.Cluster;

/// <summary>Three nodes in namespaces, one of which is cut from its peers, the database, both, or one way.</summary>
/// <param name="Retries">
/// Whether a run whose node is lost is begun again elsewhere, while that node ends its program; else it waits for its node. Others begin after the
/// time that the deployment says, the grace of a stop and 30 s, so that a cut has to be longer.
/// </param>
internal sealed record ClusterNetwork(int Times, bool Retries)
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    private TimeSpan Cut => TimeSpan.FromSeconds(Retries ? 60 : 30);

    public async Task MeasureAsync(Report report)
    {
        var network = await NodeNetwork.CreateAsync(3).ConfigureAwait(false);
        await using (network.ConfigureAwait(false))
        {
            await InNetworkAsync(report, network).ConfigureAwait(false);
        }
    }

    private async Task InNetworkAsync(Report report, NodeNetwork network)
    {
        var rig = await ClusterRig.StartAsync(
            "network", place: network.Place, databaseHost: network.Database).ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync(Retries ? new NodeLossSpec(NodeLossAction.Retry, After) : null).ConfigureAwait(false);
            await Pause.For(Scale.OfSeconds(15, 5)).ConfigureAwait(false);
            var rows = new List<(string What, string Figures)>();
            for (var i = 0; i < Times; i++)
            {
                foreach (var oldest in (bool[])[false, true])
                {
                    rows.Add(await CutAsync(rig, network, "its peers", oldest, self => NodeNetwork.Both(self, network.Peers(self)))
                        .ConfigureAwait(false));
                    rows.Add(await CutAsync(rig, network, "the database", oldest, self => NodeNetwork.Both(self, network.Database))
                        .ConfigureAwait(false));
                    rows.Add(await CutAsync(
                        rig, network, "both", oldest, self => NodeNetwork.Both(self, [.. network.Peers(self), network.Database]))
                        .ConfigureAwait(false));
                    rows.Add(await CutAsync(rig, network, "its peers, one way: it hears them and they do not hear it", oldest,
                        self => [.. network.Peers(self).Select(other => (self, other))]).ConfigureAwait(false));
                }
            }

            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            rows.ForEach(row => report.Add(row.What, row.Figures, ""));
            report.Add("all of these: what the checker says", checker.Summary, $"machine's load {load}");
        }
    }

    private async Task<(string What, string Figures)> CutAsync(
        ClusterRig rig, NodeNetwork network, string from, bool oldest, Func<string, (string From, string To)[]> rules)
    {
        var victim = rig.Nodes[oldest ? 0 : 1];
        var others = rig.Nodes.Where(n => n != victim).ToArray();
        var dropped = rules(victim.Place.Host);
        var (mark, marks) = (victim.Output.Length, others.Select(o => o.Output.Length).ToArray());
        var began = ProgramLives.Uptime();
        var measured = FailoverProbe.MeasureAsync(rig, others[1], Scale.Of(200, 60), () => network.CutAsync(dropped));
        var parted = SaysSinceAsync(victim, mark, "This node is no member of its cluster any more", began);
        var lost = SaysSinceAsync(victim, mark, "A lease is lost", began);
        await Pause.For(Cut).ConfigureAwait(false);
        await network.HealAsync().ConfigureAwait(false);
        var healed = ProgramLives.Uptime();
        var tookOver = await measured.ConfigureAwait(false);
        var ended = (await rig.AgeAsync(began).ConfigureAwait(false)).Length > 0;
        var back = ProgramLives.Uptime() - healed;
        rig.Down.Add((victim.Api, began, healed + back));
        var (stopped, leases) = (await parted.ConfigureAwait(false), await lost.ConfigureAwait(false));
        var (lives, _) = rig.Lives.Read();
        var begun = lives.Where(l => l.Node == victim.Api && l.Began > began && l.Began < healed).Select(l => l.Began - began)
            .DefaultIfEmpty(0).Max();
        var what = $"{(oldest ? "the oldest node" : "another node")} cut from {from}, {Cut.TotalSeconds:0} s";
        var figures = string.Create(CultureInfo.InvariantCulture, $"its last program began {begun:0.0} s after the cut, ")
            + $"its first lease was lost {Then(leases)}, its actors ended {Then(stopped)}"
            + (Retries ? Superseded(lives, victim.Api, began, healed) : "")
            + (ended ? ", and its process, which was started again" : "")
            + string.Create(CultureInfo.InvariantCulture, $"; elsewhere: {tookOver}; all members again {back:0.0} s after the end");
        ClusterRig.Say($"{what}: {figures}; load {ClusterRig.LoadOfMachine()}");
        await Pause.For(Scale.OfSeconds(8, 4)).ConfigureAwait(false);
        return (what, figures);
    }

    /// <summary>When the last of the programs ended that a lost node had and was to end, and the first began elsewhere in their place.</summary>
    private static string Superseded(List<Life> lives, string node, double began, double healed)
    {
        var had = lives.Where(l => l.Node == node && l.Began < began && !(l.Ended < began)).Select(l => l.Run).ToHashSet();
        var stopped = lives.Where(l => l.Node == node && had.Contains(l.Run) && l.Stopped && l.Ended < healed).Select(l => l.Ended - began).Max();
        var next = lives.Where(l => l.Node != node && had.Contains(l.Run) && l.Attempt > 1 && l.Began > began && l.Began < healed)
            .Select(l => (double?)(l.Began - began)).ToArray();
        return $", the last program that it ended had ended {Then(stopped)}, "
            + $"the first of {next.Length} begun elsewhere in their place began {Then(next.Min())}";
    }

    /// <summary>How long after a moment a node has said something new; null if it has not within the cut and what the return takes.</summary>
    private async Task<double?> SaysSinceAsync(ClusterNode node, int mark, string words, double since)
    {
        while (ProgramLives.Uptime() - since < Cut.TotalSeconds + 5)
        {
            if (node.Output.IndexOf(words, mark, StringComparison.Ordinal) >= 0)
            {
                return ProgramLives.Uptime() - since;
            }

            await Pause.For(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }

        return null;
    }

    private static string Then(double? seconds) =>
        seconds is { } at ? string.Create(CultureInfo.InvariantCulture, $"after {at:0.0} s") : "never";
}
