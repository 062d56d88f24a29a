using System.Diagnostics;
using System.Globalization;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;

namespace Runner.Bench.Cluster;

/// <summary>
/// Three nodes, each in a network namespace of its own, joined by a router in another; the database and the bench are outside, on two addresses. The
/// router drops what goes from one address to another, without a word, one way or both.
/// </summary>
/// <param name="Retries">
/// Whether a run whose node is lost is begun again elsewhere, while that node ends its program; else it waits for its node. Others begin after the
/// time that the deployment says, the grace of a stop and 30 s, so that a cut has to be longer.
/// </param>
internal sealed record ClusterNetwork(int Times, bool Retries)
{
    private const string Router = "runner-bench";
    private const string Bench = "10.77.0.1";
    private const string Database = "10.77.0.2";
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    private TimeSpan Cut => TimeSpan.FromSeconds(Retries ? 60 : 30);

    public async Task MeasureAsync(Report report)
    {
        if (Environment.UserName != "root")
        {
            throw new InvalidOperationException("Network namespaces are made by root.");
        }

        await DownAsync().ConfigureAwait(false);
        await UpAsync().ConfigureAwait(false);
        try
        {
            await InNetworkAsync(report).ConfigureAwait(false);
        }
        finally
        {
            await DownAsync().ConfigureAwait(false);
        }
    }

    private static string AddressOf(int node) => string.Create(CultureInfo.InvariantCulture, $"10.77.{node}.2");

    private static string NamespaceOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{Router}-{node}");

    private static async Task UpAsync()
    {
        await IpAsync($"netns add {Router}").ConfigureAwait(false);
        await IpAsync($"link add rb0 type veth peer name rb0r netns {Router}").ConfigureAwait(false);
        await IpAsync($"addr add {Bench}/24 dev rb0").ConfigureAwait(false);
        await IpAsync($"addr add {Database}/24 dev rb0").ConfigureAwait(false);
        await IpAsync("link set rb0 up").ConfigureAwait(false);
        await IpAsync($"-n {Router} addr add 10.77.0.254/24 dev rb0r").ConfigureAwait(false);
        await IpAsync($"-n {Router} link set rb0r up").ConfigureAwait(false);
        await IpAsync($"-n {Router} link set lo up").ConfigureAwait(false);
        await RunAsync("ip", ["netns", "exec", Router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]).ConfigureAwait(false);
        for (var i = 1; i <= 3; i++)
        {
            var own = NamespaceOf(i);
            await IpAsync($"netns add {own}").ConfigureAwait(false);
            await IpAsync($"-n {Router} link add rb{i} type veth peer name eth0 netns {own}").ConfigureAwait(false);
            await IpAsync($"-n {Router} addr add 10.77.{i}.254/24 dev rb{i}").ConfigureAwait(false);
            await IpAsync($"-n {Router} link set rb{i} up").ConfigureAwait(false);
            await IpAsync($"-n {own} addr add {AddressOf(i)}/24 dev eth0").ConfigureAwait(false);
            await IpAsync($"-n {own} link set eth0 up").ConfigureAwait(false);
            await IpAsync($"-n {own} link set lo up").ConfigureAwait(false);
            await IpAsync($"-n {own} route add default via 10.77.{i}.254").ConfigureAwait(false);
            await IpAsync($"route add 10.77.{i}.0/24 via 10.77.0.254 src {Bench}").ConfigureAwait(false);
        }
    }

    private static async Task DownAsync()
    {
        foreach (var name in (string[])[NamespaceOf(1), NamespaceOf(2), NamespaceOf(3), Router])
        {
            if (File.Exists($"/run/netns/{name}"))
            {
                await IpAsync($"netns del {name}").ConfigureAwait(false);
            }
        }

        // The other end of it has gone with its namespace, a moment later.
        if (Directory.Exists("/sys/class/net/rb0"))
        {
            await RunAsync("ip", ["link", "del", "rb0"], mayFail: true).ConfigureAwait(false);
        }
    }

    private async Task InNetworkAsync(Report report)
    {
        var rig = await ClusterRig.StartAsync(
            "network", place: i => new NodePlace(AddressOf(i), "ip", "netns", "exec", NamespaceOf(i)), databaseHost: Database).ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync(Retries ? new NodeLossSpec(NodeLossAction.Retry, After) : null).ConfigureAwait(false);
            await Pause.For(Scale.OfSeconds(15, 5)).ConfigureAwait(false);
            var rows = new List<(string What, string Figures)>();
            for (var i = 0; i < Times; i++)
            {
                foreach (var oldest in (bool[])[false, true])
                {
                    rows.Add(await CutAsync(rig, "its peers", oldest, self => Both(self, Peers(self))).ConfigureAwait(false));
                    rows.Add(await CutAsync(rig, "the database", oldest, self => Both(self, [Database])).ConfigureAwait(false));
                    rows.Add(await CutAsync(rig, "both", oldest, self => Both(self, [.. Peers(self), Database])).ConfigureAwait(false));
                    rows.Add(await CutAsync(rig, "its peers, one way: it hears them and they do not hear it", oldest,
                        self => [.. Peers(self).Select(other => (self, other))]).ConfigureAwait(false));
                }
            }

            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            rows.ForEach(row => report.Add(row.What, row.Figures, ""));
            report.Add("all of these: what the checker says", checker.Summary, $"machine's load {load}");
        }
    }

    private static string[] Peers(string self) => [.. Enumerable.Range(1, 3).Select(AddressOf).Where(other => other != self)];

    private static (string From, string To)[] Both(string self, string[] others) =>
        [.. others.SelectMany(other => ((string, string)[])[(self, other), (other, self)])];

    private async Task<(string What, string Figures)> CutAsync(
        ClusterRig rig, string from, bool oldest, Func<string, (string From, string To)[]> rules)
    {
        var victim = rig.Nodes[oldest ? 0 : 1];
        var others = rig.Nodes.Where(n => n != victim).ToArray();
        var dropped = rules(victim.Place.Host);
        var (mark, marks) = (victim.Output.Length, others.Select(o => o.Output.Length).ToArray());
        var began = ProgramLives.Uptime();
        var measured = FailoverProbe.MeasureAsync(rig, others[1], Scale.Of(200, 60), async () =>
        {
            foreach (var (source, target) in dropped)
            {
                await IpAsync($"-n {Router} rule add from {source} to {target} blackhole").ConfigureAwait(false);
            }
        });
        var parted = SaysSinceAsync(victim, mark, "This node is no member of its cluster any more", began);
        var lost = SaysSinceAsync(victim, mark, "A lease is lost", began);
        await Pause.For(Cut).ConfigureAwait(false);
        foreach (var (source, target) in dropped)
        {
            await IpAsync($"-n {Router} rule del from {source} to {target} blackhole").ConfigureAwait(false);
        }

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

    private static Task IpAsync(string arguments) => RunAsync("ip", arguments.Split(' '));

    private static async Task RunAsync(string program, string[] arguments, bool mayFail = false)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0 && !mayFail)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error}");
        }
    }
}
