using System.Diagnostics;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>All nodes are restarted one after the other. How long each part takes under load is measured by the bench's <c>cluster-rolling</c>.
/// </summary>
public sealed class RollingTests(ITestOutputHelper output)
{
    /// <summary>A node that is told to leave hands over dozens of shards and is gone in a second or two; so much for a busy machine.</summary>
    private static readonly TimeSpan LeavesWithin = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task All_nodes_are_restarted_in_turn_and_no_run_fails_or_comes_late()
    {
        await using var kit = await ClusterKit.CreateAsync();
        string[] names = ["n1", "n2", "n3"];
        var nodes = names.ToDictionary(name => name, name => kit.Start(name, $"runner.labels.only = {name}"));
        await ClusterKit.AllSeeAsync([.. nodes.Values]);
        using var client = nodes["n1"].Client(new RunnerClientOptions { RequestTimeout = TimeSpan.FromMinutes(1) });
        string Gate(string node) => Path.Combine(kit.Root, $"gate-{node}");
        await client.RegisterAsync(
        [
            .. names.Select(name => Shell($"gate/{name}", $"until [ -e {Gate(name)} ]; do sleep 0.05; done") with
            {
                Requires = new NodeRequirements([new LabelRule("only", [name], Absent: false)]),
            }),
            // Enough of them that every node has dozens of shards to hand over.
            .. Enumerable.Range(0, 100).Select(i => Shell($"tick/t{i}", "true") with
            {
                Schedules = i % 10 == 0 ? [new ScheduleSpec { Interval = TimeSpan.FromMilliseconds(500) }] : [],
            }),
        ]);
        var held = new Dictionary<string, Guid>();
        foreach (var name in names)
        {
            held[name] = (await client.SubmitAsync(new SubmitRun($"gate/{name}"))).Id;
            await client.WatchRunAsync(held[name]).FirstAsync(change => change.State.Name == StateNames.Running);
        }

        foreach (var (name, other) in names.Zip((string[])["n2", "n3", "n1"]))
        {
            // The program that is on it is left to its end, however long it takes.
            var drain = RunnerCommand.RunAsync(["drain", name, "--wait", "--data", Path.Combine(kit.Root, other)]);
            await client.NodesUntilAsync(list => list.Items.Any(node => node.Name == name && node.Draining));
            Assert.False(nodes[name].HasEnded);
            var began = Stopwatch.GetTimestamp();
            await File.WriteAllTextAsync(Gate(name), "");
            Assert.Equal(0, await nodes[name].EndsAsync());
            var left = Stopwatch.GetElapsedTime(began);
            var (code, said) = await drain;
            Assert.Equal((0, true), (code, said.Contains($"Node {name} has left.", StringComparison.Ordinal)));
            Assert.InRange(left, TimeSpan.Zero, LeavesWithin);
            Assert.Contains("Stopping; no program is running.", nodes[name].Output, StringComparison.Ordinal);

            began = Stopwatch.GetTimestamp();
            nodes[name] = kit.Restart(nodes[name], $"runner.labels.only = {name}");
            await ClusterKit.AllSeeAsync([.. nodes.Values]);
            var back = Stopwatch.GetElapsedTime(began);
            output.WriteLine(FormattableString.Invariant(
                $"{name}: gone {left.TotalSeconds:0.00} s after its last program, a member again {back.TotalSeconds:0.00} s later"));
        }

        foreach (var run in held.Values)
        {
            var ended = await client.RunAsync(run);
            Assert.Equal((1, StateNames.Completed), (ended.Attempt, ended.State.Name));
        }

        // Of all that the schedules made, before, meanwhile and after.
        var made = (await client.RunsAsync(new ListRuns(State: nameof(StateType.Completed), Limit: 1000))).Items;
        Assert.True(made.Length > 100, $"only {made.Length} runs");
        foreach (var state in (string[])[nameof(StateType.Failed), nameof(StateType.Crashed), nameof(StateType.Cancelled)])
        {
            Assert.Empty((await client.RunsAsync(new ListRuns(State: state))).Items);
        }

        var late = made.Where(run => run.Schedule is not null).Max(run => run.Started!.Value - run.Due);
        output.WriteLine(FormattableString.Invariant($"of {made.Length} runs the latest began {late.TotalSeconds:0.00} s after it was due"));
        Assert.InRange(late, TimeSpan.Zero, LeavesWithin);
    }

    private static DeploymentSpec Shell(string name, string line) => new() { Name = name, Command = ["sh", "-c", line], Workdir = "/" };
}

internal static class Waiting
{
    public static async Task<T> FirstAsync<T>(this IAsyncEnumerable<T> all, Func<T, bool> isIt)
    {
        await foreach (var one in all)
        {
            if (isIt(one))
            {
                return one;
            }
        }

        throw new InvalidOperationException("It did not come.");
    }

    public static async Task NodesUntilAsync(this RunnerClient client, Func<Messages.Nodes.NodeList, bool> isSo)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!isSo(await client.NodesAsync()))
        {
            await timer.WaitForNextTickAsync();
        }
    }
}
