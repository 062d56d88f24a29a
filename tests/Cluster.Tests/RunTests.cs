using System.Collections.Immutable;
using System.Text;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Cluster.Tests;

/// <summary>Runs in a cluster: where they are executed, and who can see and stop them from where.</summary>
public sealed class RunTests
{
    private const string Secret = "a secret that all nodes of this cluster have";

    [Fact]
    public async Task Programs_are_placed_by_labels_and_by_room_and_one_that_no_node_fits_waits_for_one()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(2, "runner.limit = 2");
        using var client = nodes[0].Client();
        await Declare(client, Shell("c/gpu", "true") with { Requires = new NodeRequirements([new LabelRule("gpu", ["true"], Absent: false)]) });
        await Declare(client, Shell("c/long", "sleep 600"));

        // Two on each: no node has more than it may.
        var runs = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            runs.Add((await client.SubmitAsync(new SubmitRun("c/long"))).Id);
        }

        var views = await Task.WhenAll(runs.Select(run => UntilAsync(client, run, StateNames.Running)));
        Assert.Equal(["n1", "n1", "n2", "n2"], views.Select(view => view.Node).Order(StringComparer.Ordinal));
        var full = await UntilAsync(client, (await client.SubmitAsync(new SubmitRun("c/long"))).Id, StateNames.AwaitingConcurrencySlot);
        Assert.Equal("Every node that it may run on is full.", full.State.Message);

        var gpu = (await client.SubmitAsync(new SubmitRun("c/gpu"))).Id;
        Assert.Equal("No node has gpu=true.", (await UntilAsync(client, gpu, StateNames.AwaitingConcurrencySlot)).State.Message);
        var third = kit.Start("n3", "runner.labels.gpu = true", "runner.limit = 2");
        var placed = await UntilAsync(client, gpu, StateNames.Completed);
        Assert.Equal("n3", placed.Node);
        // So was the one that waited for any node.
        Assert.Equal("n3", (await UntilAsync(client, full.Id, StateNames.Running)).Node);
        Assert.Equal(["n1", "n2", "n3"], (await client.NodesAsync()).Items.Select(node => node.Name));
        Assert.NotNull(third);
    }

    [Fact]
    public async Task Output_and_states_are_followed_and_a_cancel_is_obeyed_through_any_node()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3, SecretSetting(kit));
        using var client = nodes[0].Client();
        await Declare(client, Shell("c/talk", "for i in 1 2 3; do echo line $i; sleep 0.3; done"));
        await Declare(client, Shell("c/long", "echo begun; sleep 600"));

        var ran = new HashSet<string?>();
        for (var i = 0; i < 9; i++)
        {
            var (at, run) = (nodes[i % 3], (await client.SubmitAsync(new SubmitRun("c/talk"))).Id);
            using var other = at.Client();
            Assert.Equal("line 1\nline 2\nline 3\n", await FollowAsync(other, run));
            Assert.Equal(StateNames.Completed, (await UntilAsync(other, run, StateNames.Completed)).State.Name);
            ran.Add((await client.RunAsync(run)).Node);
        }

        Assert.True(ran.Count > 1, "All were executed on one node.");
        foreach (var at in nodes)
        {
            using var other = at.Client();
            var run = (await client.SubmitAsync(new SubmitRun("c/long"))).Id;
            await UntilAsync(other, run, StateNames.Running);
            await other.CancelAsync(run);
            Assert.Equal(StateNames.Cancelled, (await UntilAsync(client, run, StateNames.Cancelled)).State.Name);
        }
    }

    [Fact]
    public async Task A_program_outlives_its_nodes_program_and_goes_on_when_that_is_back()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        using var client = nodes[0].Client();
        var gate = Path.Combine(kit.Root, "gate");
        await Declare(client, Shell("c/gate", $"echo x >> {kit.Root}/starts; until [ -e {gate} ]; do sleep 0.1; done")
            with { Requires = new NodeRequirements([new LabelRule("there", ["yes"], Absent: false)]) });
        var fourth = kit.Start("n4", "runner.labels.there = \"yes\"");
        var run = (await client.SubmitAsync(new SubmitRun("c/gate"))).Id;
        Assert.Equal("n4", (await UntilAsync(client, run, StateNames.Running)).Node);

        await fourth.KillAsync();
        await ClusterKit.AllSeeAsync(nodes);
        Assert.Equal(StateNames.Running, (await client.RunAsync(run)).State.Name);
        kit.Restart(fourth, "runner.labels.there = \"yes\"");
        await File.WriteAllTextAsync(gate, "");

        var ended = await UntilAsync(client, run, StateNames.Completed, StateNames.Crashed);
        Assert.Equal((1, "n4"), (ended.Attempt, ended.Node));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(kit.Root, "starts")));
    }

    [Fact]
    public async Task A_node_that_drains_lets_its_programs_end_and_leaves_and_nothing_waits_for_it()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        using var client = nodes[0].Client();
        var gate = Path.Combine(kit.Root, "gate");
        await Declare(client, Shell("c/gate", $"until [ -e {gate} ]; do sleep 0.1; done"));
        await Declare(client, Shell("c/short", "true"));
        var held = new List<Guid>();
        RunView? there = null;
        while (there?.Node != "n3")
        {
            held.Add((await client.SubmitAsync(new SubmitRun("c/gate"))).Id);
            there = await UntilAsync(client, held[^1], StateNames.Running);
        }

        var draining = await client.DrainNodeAsync("n3");
        Assert.Equal("n3", draining.Name);
        Assert.True(draining.Running > 0);
        for (var i = 0; i < 6; i++)
        {
            var run = (await client.SubmitAsync(new SubmitRun("c/short"))).Id;
            Assert.NotEqual("n3", (await UntilAsync(client, run, StateNames.Completed)).Node);
        }

        await File.WriteAllTextAsync(gate, "");
        Assert.Equal(0, await nodes[2].EndsAsync());
        foreach (var run in held)
        {
            var ended = await UntilAsync(client, run, StateNames.Completed);
            Assert.Equal((1, StateNames.Completed), (ended.Attempt, ended.State.Name));
        }

        await ClusterKit.AllSeeAsync(nodes[0], nodes[1]);
        Assert.Equal("node-not-found", (await Assert.ThrowsAsync<RunnerApiException>(() => client.DrainNodeAsync("n3"))).Code);
    }

    private static string SecretSetting(ClusterKit kit)
    {
        var file = Path.Combine(kit.Root, "secret");
        File.WriteAllText(file, Secret);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return $"runner.cluster.secret-file = \"{file}\"";
    }

    private static DeploymentSpec Shell(string name, string script) =>
        new() { Name = name, Command = ["/bin/sh", "-c", script], Workdir = "/", StopGrace = TimeSpan.FromSeconds(5) };

    private static Task Declare(RunnerClient client, DeploymentSpec spec) => client.RegisterAsync([spec]);

    private static async Task<string> FollowAsync(RunnerClient client, Guid run)
    {
        var text = new StringBuilder();
        await foreach (var line in client.FollowLogsAsync(run))
        {
            text.Append(line.Text);
        }

        return text.ToString();
    }

    private static async Task<RunView> UntilAsync(RunnerClient client, Guid run, params ImmutableArray<string> states)
    {
        await foreach (var change in client.WatchRunAsync(run))
        {
            if (states.Contains(change.State.Name))
            {
                break;
            }
        }

        return await client.RunAsync(run);
    }
}
