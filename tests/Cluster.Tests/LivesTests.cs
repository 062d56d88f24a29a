using System.Diagnostics;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>A node goes on in its process when its cluster parts with it, and goes in order when it is told to.</summary>
public sealed class LivesTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Programs_go_on_while_their_node_begins_anew()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(2);
        using var client = nodes[0].Client();
        await client.RegisterAsync([new DeploymentSpec { Name = "p/long", Command = ["sleep", "600"], Workdir = "/" }]);
        var running = await RunningAsync(client, 6);
        using var second = nodes[1].Client();

        nodes[1].Signal("STOP");
        await nodes[0].SeesAsync(nodes[0]);
        nodes[1].Signal("CONT");
        await nodes[1].SaysAsync("This node is a member of its cluster again");
        await ClusterKit.AllSeeAsync(nodes);

        Assert.All(running, pid => Assert.True(Directory.Exists($"/proc/{pid}"), $"the program {pid} has ended"));
        // The API that it had before answers as it did.
        Assert.Equal("p/long", (await second.DeploymentAsync("p/long")).Spec.Name);
    }

    [Fact]
    public async Task A_node_that_is_stopped_before_it_is_a_member_again_gives_its_programs_their_grace_time()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(2);
        using var client = nodes[0].Client();
        const string program = "trap 'sleep 2; echo 1 >> ended; exit 0' TERM; while :; do sleep 0.1; done";
        await client.RegisterAsync(
            [new DeploymentSpec { Name = "p/long", Command = ["/bin/sh", "-c", program], Workdir = kit.Root, StopGrace = TimeSpan.FromMinutes(1) }]);
        var running = await RunningAsync(client, 4);
        var here = running.Count(pid => File.ReadAllText($"/proc/{pid}/environ").Contains(nodes[1].Api, StringComparison.Ordinal));
        nodes[1].Signal("STOP");
        await nodes[0].SeesAsync(nodes[0]);

        // So that it cannot come back.
        await using (await kit.LockAsync("nodes"))
        {
            nodes[1].Signal("CONT");
            await nodes[1].SaysAsync("This node is no member of its cluster any more");
            Assert.Equal(0, await nodes[1].StopAsync());
        }

        Assert.InRange(here, 1, running.Count);
        Assert.Equal(here, File.ReadAllLines(Path.Combine(kit.Root, "ended")).Length);
        Assert.Equal(0, await nodes[0].StopAsync());
        Assert.Equal(running.Count, File.ReadAllLines(Path.Combine(kit.Root, "ended")).Length);
    }

    [Fact]
    public async Task Two_nodes_that_fall_silent_one_after_the_other_take_no_other_with_them()
    {
        await using var kit = await ClusterKit.CreateAsync();
        // In Akka.NET's order of members: the first decides, and when it is silent the second.
        var nodes = (await kit.FormAsync(3)).OrderBy(node => node.Port).ToArray();
        nodes[0].Signal("STOP");
        await ClusterKit.AllSeeAsync(nodes[1..]);
        nodes[0].Signal("CONT");
        await nodes[0].SaysAsync("This node is a member of its cluster again");
        await ClusterKit.AllSeeAsync(nodes);
        var again = nodes[0].Output.Length;

        nodes[2].Signal("STOP");
        await ClusterKit.AllSeeAsync(nodes[..2]);
        Assert.DoesNotContain("no member of its cluster any more", nodes[1].Output, StringComparison.Ordinal);
        Assert.DoesNotContain("no member of its cluster any more", nodes[0].Output[again..], StringComparison.Ordinal);
        nodes[2].Signal("CONT");
        await ClusterKit.AllSeeAsync(nodes);
    }

    [Fact]
    public async Task Nodes_whose_cluster_has_lost_its_database_are_one_cluster_again()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        var before = Assert.Single(await kit.QueryAsync("SELECT DISTINCT cluster FROM nodes"));

        await kit.QueryAsync($"UPDATE leases SET owner = 'cluster/{Guid.Empty}' WHERE name = 'node'");
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(nodes.Select(n => n.SaysAsync("This node is a member of its cluster again")));
        await ClusterKit.AllSeeAsync(nodes);
        output.WriteLine($"all members again after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");

        var after = Assert.Single(await kit.QueryAsync("SELECT DISTINCT cluster FROM nodes"));
        Assert.NotEqual(before, after);
        Assert.NotEqual(Guid.Empty.ToString(), after);
    }

    [Fact]
    public async Task A_node_that_is_stopped_leaves_its_cluster_and_the_last_gives_the_database_back()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        for (var i = 0; i < nodes.Length; i++)
        {
            var began = Stopwatch.GetTimestamp();
            Assert.Equal(0, await nodes[i].StopAsync());
            output.WriteLine($"stopped in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
            var rest = nodes[(i + 1)..];
            await ClusterKit.AllSeeAsync(rest);
            Assert.DoesNotContain(nodes[i].Name, await kit.QueryAsync("SELECT name FROM nodes"));
            Assert.All(rest, node => Assert.DoesNotContain(" ERR ", node.Output, StringComparison.Ordinal));
        }

        Assert.Empty(await kit.QueryAsync("SELECT name FROM leases WHERE expires > now()"));
    }

    private static async Task<List<int>> RunningAsync(RunnerClient client, int count)
    {
        var pids = new List<int>();
        for (var i = 0; i < count; i++)
        {
            var run = (await client.SubmitAsync(new SubmitRun("p/long"))).Id;
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            var view = await client.RunAsync(run);
            for (; view.Pid is null; view = await client.RunAsync(run))
            {
                Assert.False(view.State.Type.IsTerminal(), view.ToString());
                await timer.WaitForNextTickAsync();
            }

            pids.Add(view.Pid.Value);
        }

        return pids;
    }
}
