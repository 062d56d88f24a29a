using System.Net;
using System.Net.Sockets;
using Runner.Cluster.Tests.Kit;

namespace Runner.Cluster.Tests;

/// <summary>What cannot be is refused in a sentence that says what to do, and harms no cluster that runs.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task A_node_on_its_own_is_refused_a_cluster_s_database()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var member = kit.Start("n1");
        await member.SeesAsync(member);

        var alone = kit.Start("alone", "runner.cluster.join = none");
        Assert.Equal(1, await alone.EndsAsync());
        Assert.Contains("error: A cluster uses the PostgreSQL database", alone.Output, StringComparison.Ordinal);
        await member.SeesAsync(member);
    }

    [Fact]
    public async Task A_cluster_is_refused_the_database_of_a_node_on_its_own_and_has_it_when_that_has_ended()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var alone = kit.Start("alone", "runner.cluster.join = none");
        await alone.ClusterSaysAsync("The node is a member of its cluster.");

        var refused = kit.Start("n1");
        Assert.Equal(1, await refused.EndsAsync());
        Assert.Contains("error: A node on its own uses the PostgreSQL database", refused.Output, StringComparison.Ordinal);

        Assert.Equal(0, await alone.StopAsync());
        var member = kit.Restart(refused);
        await member.SeesAsync(member);
        Assert.Equal(0, await member.StopAsync());
        var again = kit.Restart(alone, "runner.cluster.join = none");
        await again.ClusterSaysAsync("The node is a member of its cluster.");
    }

    [Fact]
    public async Task Two_nodes_with_one_name_are_not_in_one_cluster()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var member = kit.Start("n1");
        await member.SeesAsync(member);

        var other = kit.Start("n2", "runner.name = n1");
        Assert.Equal(1, await other.EndsAsync());
        Assert.Contains(
            $"error: Another node is called «n1»: the one at akka.tcp://runner@{member.Address}", other.Output, StringComparison.Ordinal);
        await member.SeesAsync(member);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said()
    {
        await using var kit = await ClusterKit.CreateAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var node = kit.Start("n1", $"runner.cluster.port = {port}");
        Assert.Equal(1, await node.EndsAsync());
        Assert.Contains(
            $"error: The port {port} of 127.0.0.1 is in use by another program. Set runner.cluster.port to another one.", node.Output,
            StringComparison.Ordinal);

        // Another node's, too.
        var member = kit.Start("n2");
        await member.SeesAsync(member);
        var second = kit.Start("n3", $"runner.cluster.port = {member.Port}");
        Assert.Equal(1, await second.EndsAsync());
        Assert.Contains($"error: The port {member.Port} of 127.0.0.1 is in use", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_other_machines_reach_wants_TLS_or_a_stated_exception()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var open = kit.Start("n1", "runner.cluster.bind-host = \"0.0.0.0\"");
        Assert.Equal(1, await open.EndsAsync());
        Assert.Contains("error: Other machines reach 0.0.0.0:", open.Output, StringComparison.Ordinal);
        Assert.Contains("say runner.cluster.allow-plain = true", open.Output, StringComparison.Ordinal);

        var stated = kit.Start("n2", "runner.cluster.bind-host = \"0.0.0.0\"", "runner.cluster.allow-plain = true");
        await stated.SeesAsync(stated);
        var other = kit.Start("n3");
        await ClusterKit.AllSeeAsync(stated, other);
    }

    [Fact]
    public async Task Names_and_addresses_that_are_not_this_machine_s_are_said()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var unknown = kit.Start("n1", "runner.cluster.host = nobody.invalid");
        var foreign = kit.Start("n2", "runner.cluster.bind-host = \"192.0.2.1\"", "runner.cluster.allow-plain = true");

        Assert.Equal(1, await unknown.EndsAsync());
        Assert.Contains("error: The name nobody.invalid has no address. Set runner.cluster.host", unknown.Output, StringComparison.Ordinal);
        Assert.Equal(1, await foreign.EndsAsync());
        Assert.Contains("error: 192.0.2.1 is no address of this machine", foreign.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_that_is_not_there_is_said_and_joined_when_it_comes()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var member = kit.Start("n1");
        await member.SeesAsync(member);
        var port = ClusterKit.FreePort();

        var node = kit.Start("n2", "runner.cluster.join = seed-nodes", $"akka.cluster.seed-nodes = [\"akka.tcp://runner@127.0.0.1:{port}\"]");
        await node.SaysAsync("it waits for one of akka.cluster.seed-nodes to be a member");
        await member.SeesAsync(member);

        var seed = kit.Start("n3", $"runner.cluster.port = {port}");
        await node.SaysAsync("This node is a member of its cluster");
        await seed.SaysAsync("This node is a member of its cluster");
    }

    [Fact]
    public async Task A_node_whose_clock_is_wrong_does_not_join()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var member = kit.Start("n1");
        await member.SeesAsync(member);

        var early = kit.Start("n2", await kit.DatabaseWithClockAsync(TimeSpan.FromMinutes(-10)));
        var late = kit.Start("n3", await kit.DatabaseWithClockAsync(TimeSpan.FromMinutes(10)));

        Assert.Equal(1, await early.EndsAsync());
        Assert.Contains(
            "error: The clock of this machine is 10 min ahead of that of the PostgreSQL database", early.Output, StringComparison.Ordinal);
        Assert.Contains("Set right whichever is wrong", early.Output, StringComparison.Ordinal);
        Assert.Equal(1, await late.EndsAsync());
        Assert.Contains("error: The clock of this machine is 10 min behind that of the PostgreSQL database", late.Output, StringComparison.Ordinal);
        await member.SeesAsync(member);
        Assert.Equal(["n1"], await kit.QueryAsync("SELECT name FROM nodes"));
    }

    [Fact]
    public async Task A_clock_that_differs_by_less_than_a_minute_is_said_and_the_node_joins()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var node = kit.Start("n1", await kit.DatabaseWithClockAsync(TimeSpan.FromSeconds(-20)));
        await node.SeesAsync(node);
        await node.SaysAsync("The clock of this machine is 20 s ahead of that of the PostgreSQL database");
    }
}
