using System.Globalization;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Tests;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>Nodes in network namespaces of their own, between which nothing goes any more. Takes root.</summary>
public sealed class PartitionTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_node_cut_from_its_peers_ends_before_they_act_for_it_and_no_program_is_ever_alive_twice()
    {
        if (!NodeNetwork.IsPossible && Environment.GetEnvironmentVariable("CI") != "true")
        {
            output.WriteLine("Not tried: network namespaces take root.");
            return;
        }

        await using var network = await NodeNetwork.CreateAsync(3);
        await using var server = await PostgresServer.StartAsync(fsync: false, network.Database);
        await using var kit = await ClusterKit.CreateAsync(server);
        var settings = new[]
        {
            "runner.cluster.allow-plain = true", $"runner.store.connection = \"{kit.ConnectionAt(network.Database)}\"",
        };
        var nodes = Enumerable.Range(1, 3).Select(i => kit.Start($"n{i}", network.Place(i), settings)).ToArray();
        await ClusterKit.AllSeeAsync(nodes);
        using var client = nodes[0].Client();
        var gate = Path.Combine(kit.Root, "gate");
        var waits = await BeginAsync("c/waits", null);
        var again = await BeginAsync("c/again", new NodeLossSpec(NodeLossAction.Retry, TimeSpan.FromSeconds(5)));

        var (victim, others) = (nodes[1], (ClusterNode[])[nodes[0], nodes[2]]);
        var cut = Uptime();
        await network.CutAsync(NodeNetwork.Both(victim.Place.Host, network.Peers(victim.Place.Host)));
        await victim.SaysAsync("This node is no member of its cluster any more");
        var ended = Uptime() - cut;
        await ClusterKit.AllSeeAsync(others);
        var removed = Uptime() - cut;
        // Its program is ended there, and only then begun elsewhere.
        var second = await UntilAsync(again, view => view.Attempt == 2 && view.State.Type == StateType.Running);
        var retried = Uptime() - cut;
        Assert.NotEqual("n2", second.Node);
        Assert.Equal(("n2", 1, StateNames.Running), Of(await client.RunAsync(waits)));

        await network.HealAsync();
        await victim.SaysAsync("This node is a member of its cluster again");
        await ClusterKit.AllSeeAsync(nodes);
        await File.WriteAllTextAsync(gate, "");
        Assert.Equal(("n2", 1, StateNames.Completed), Of(await UntilAsync(waits, view => view.State.IsTerminal)));
        Assert.Equal((second.Node, 2, StateNames.Completed), Of(await UntilAsync(again, view => view.State.IsTerminal)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"its actors ended after {ended:0.0} s, the others had parted with it after {removed:0.0} s, begun again after {retried:0.0} s"));

        Assert.Equal(["begin", "end"], Lives(waits).Select(life => life.What));
        var lives = Lives(again);
        Assert.Equal(["begin", "stopped", "begin", "end"], lives.Select(life => life.What));
        Assert.True(lives[1].At < lives[2].At, $"It ended at {lives[1].At} and began again at {lives[2].At}.");

        // Until there is one on the node that will be cut off.
        async Task<Guid> BeginAsync(string name, NodeLossSpec? loss)
        {
            var log = Path.Combine(kit.Root, "lives-");
            await client.RegisterAsync([new DeploymentSpec
            {
                Name = name, Workdir = "/", StopGrace = TimeSpan.FromSeconds(2), OnNodeLoss = loss,
                Command = ["/bin/sh", "-c", $$"""
                    say() { read -r up _ </proc/uptime; echo "$1 $up" >>{{log}}$RUNNER_RUN_ID; }
                    trap 'say stopped; exit 143' TERM
                    say begin
                    until [ -e {{gate}} ]; do sleep 0.1; done
                    say end
                    """],
            }]);
            while (true)
            {
                var run = (await client.SubmitAsync(new SubmitRun(name))).Id;
                var view = await UntilAsync(run, v => v.State.Name == StateNames.Running);
                if (view.Node == "n2")
                {
                    return run;
                }
            }
        }

        async Task<RunView> UntilAsync(Guid run, Func<RunView, bool> holds)
        {
            await foreach (var _ in client.WatchRunAsync(run))
            {
                if (await client.RunAsync(run) is { } view && holds(view))
                {
                    return view;
                }
            }

            return await client.RunAsync(run);
        }

        List<(string What, double At)> Lives(Guid run) =>
        [
            .. File.ReadAllLines(Path.Combine(kit.Root, $"lives-{run}")).Select(line => line.Split(' '))
                .Select(words => (words[0], double.Parse(words[1], CultureInfo.InvariantCulture))),
        ];
    }

    private static (string? Node, int Attempt, string State) Of(RunView view) => (view.Node, view.Attempt, view.State.Name);

    private static double Uptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
}
