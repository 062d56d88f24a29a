using System.Diagnostics;
using Runner.Cluster.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>Real nodes find each other by their database, and are one cluster.</summary>
public sealed class JoiningTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nodes_that_start_at_the_same_instant_form_one_cluster()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var kit = await ClusterKit.CreateAsync();
            var began = Stopwatch.GetTimestamp();
            await kit.FormAsync(2);
            output.WriteLine($"two nodes from nothing to one cluster: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");

            Assert.Single(await kit.QueryAsync("SELECT DISTINCT cluster FROM nodes WHERE status = 'up'"));
        }
    }

    [Fact]
    public async Task A_third_node_joins_and_each_sees_three()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var two = await kit.FormAsync(2);
        var began = Stopwatch.GetTimestamp();
        var third = kit.Start("n3");
        await third.SaysAsync("This node is a member of its cluster");
        output.WriteLine($"from the start of the process to a member: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        await ClusterKit.AllSeeAsync([.. two, third]);
        await Task.WhenAll(((ClusterNode[])[.. two, third]).Select(n => n.IsReadyAsync()));

        Assert.Equal(["n1", "n2", "n3"], await kit.QueryAsync("SELECT name FROM nodes WHERE status = 'up' ORDER BY name"));
    }
}
