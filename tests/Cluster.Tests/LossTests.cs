using System.Diagnostics;
using Runner.Cluster.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>Members that die, stand still and come back.</summary>
public sealed class LossTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_node_that_is_killed_is_no_member_within_seconds_and_joins_again_when_it_is_started()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        // The oldest, with the singletons, and another.
        foreach (var victim in (int[])[0, 1])
        {
            var began = Stopwatch.GetTimestamp();
            await nodes[victim].KillAsync();
            await ClusterKit.AllSeeAsync([.. nodes.Where(n => n != nodes[victim])]);
            var removed = Stopwatch.GetElapsedTime(began);
            began = Stopwatch.GetTimestamp();
            nodes[victim] = kit.Restart(nodes[victim]);
            await ClusterKit.AllSeeAsync(nodes);
            output.WriteLine($"killed to removed: {removed.TotalSeconds:0.00} s; started again to a member that all see: "
                + $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
            Assert.InRange(removed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            Assert.All(nodes, node => Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_node_that_alone_does_not_reach_the_database_makes_way_and_is_back_when_it_does()
    {
        await using var kit = await ClusterKit.CreateAsync();
        await using var way = new FreezingProxy(kit.DatabasePort);
        var nodes = await kit.FormAsync(2);
        var third = kit.Start("n3", kit.DatabaseAt(way.Port));
        await ClusterKit.AllSeeAsync(nodes[0], nodes[1], third);

        var began = Stopwatch.GetTimestamp();
        way.Freeze();
        await third.SaysAsync("it does not reach the database for longer than its leases last");
        await ClusterKit.AllSeeAsync(nodes);
        output.WriteLine($"cut off to removed: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        way.Thaw();

        await third.SaysAsync("This node is a member of its cluster again");
        await ClusterKit.AllSeeAsync(nodes[0], nodes[1], third);
    }

    [Fact]
    public async Task A_node_that_stood_still_begins_anew_in_its_process_and_joins_again()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        var began = Stopwatch.GetTimestamp();
        nodes[1].Signal("STOP");
        await ClusterKit.AllSeeAsync(nodes[0], nodes[2]);
        await nodes[0].SaysAsync($"The cluster has parted with the node at akka.tcp://runner@{nodes[1].Address}");
        output.WriteLine($"stopped to removed: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");

        began = Stopwatch.GetTimestamp();
        nodes[1].Signal("CONT");
        await nodes[1].SaysAsync("This node is no member of its cluster any more");
        output.WriteLine($"went on to its end: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        await nodes[1].SaysAsync("This node is a member of its cluster again");
        output.WriteLine($"went on to a member again: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        await ClusterKit.AllSeeAsync(nodes);
    }
}
