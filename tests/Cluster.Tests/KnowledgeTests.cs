using System.Text.Json.Nodes;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Cluster.Tests;

/// <summary>
/// Nodes of two builds, one of which knows an event less: it is not written while such a node is a member, and once it may be, none is let in. The
/// other build is the program with a runtimeconfig.json that takes the event out of its catalog.
/// </summary>
public sealed class KnowledgeTests
{
    private const string Kind = "run.late/1";
    private const string Written = "SELECT (count(*) > 0)::int FROM journal WHERE manifest = 'run.late/1'";

    /// <summary>How many runs have waited since 18 s, 3 s longer than a run may before it is called late; ticks of .NET.</summary>
    private const string LongWaiting =
        "SELECT count(*) FROM journal WHERE manifest = 'run.awaiting-slot/1' "
        + "AND created < extract(epoch FROM now()) * 10000000 + 621355968000000000 - 180000000";

    [Fact]
    public async Task An_event_is_written_once_every_node_knows_it_and_who_does_not_is_let_in_no_more()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var before = Before(kit);
        var older = kit.Start("n1", before);
        await older.SeesAsync(older);
        var newer = kit.Start("n2");
        await ClusterKit.AllSeeAsync(older, newer);
        using var client = newer.Client();
        await client.RegisterAsync(
            [new DeploymentSpec { Name = "k/one", Command = ["sleep", "600"], Workdir = "/", Concurrency = new ConcurrencySpec(1) }]);
        for (var i = 0; i < 9; i++)
        {
            await client.SubmitAsync(new SubmitRun("k/one"));
        }

        // All but the first wait for longer than a run may before it is called late; some are looked after by the one, some by the other.
        await kit.UntilAsync(LongWaiting, ["8"]);
        Assert.Equal(["0"], await kit.QueryAsync(Written));
        Assert.Empty(await kit.QueryAsync("SELECT kind FROM used_kinds"));
        var waiting = (await client.RunsAsync(new ListRuns(State: StateNames.AwaitingConcurrencySlot))).Items;
        Assert.Equal(8, waiting.Length);

        // It is upgraded: what all know is written from then on.
        Assert.Equal(0, await older.StopAsync());
        older = kit.Restart(older, NodePlace.Here);
        await ClusterKit.AllSeeAsync(newer, older);
        await kit.UntilAsync("SELECT kind FROM used_kinds", [Kind]);
        await kit.UntilAsync(Written, ["1"]);

        var late = kit.Start("n3", before);
        Assert.Equal(1, await late.EndsAsync());
        Assert.Contains("error: The nodes of this cluster write what this one, of version ", late.Output, StringComparison.Ordinal);
        Assert.Contains($"does not know ({Kind}). Start it with their version", late.Output, StringComparison.Ordinal);
        await ClusterKit.AllSeeAsync(newer, older);
        Assert.Equal(["n1", "n2"], await kit.QueryAsync("SELECT name FROM nodes ORDER BY name"));
    }

    /// <summary>The program as it was before there was that event.</summary>
    private static NodePlace Before(ClusterKit kit)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "runner.runtimeconfig.json")))!;
        config["runtimeOptions"]!["configProperties"]!["Runner.EventsNotKnown"] = Kind[..Kind.IndexOf('/', StringComparison.Ordinal)];
        var file = Path.Combine(kit.Root, "before.runtimeconfig.json");
        File.WriteAllText(file, config.ToJsonString());
        return NodePlace.Here with
        {
            Runtime = ["--runtimeconfig", file, "--depsfile", Path.Combine(AppContext.BaseDirectory, "runner.deps.json")],
        };
    }
}
