using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviour 90: with <c>on_full: cancel_running</c> the newest run is what runs.</summary>
public abstract class NewestRunTests(TestedStore store) : BehaviourTests(store)
{
    /// <summary>Goes on until somebody opens the gate, whatever signal comes.</summary>
    private const string Deaf = "trap '' TERM; cat gate";

    [Fact]
    public async Task B90_a_new_run_takes_the_place_of_the_one_that_runs_and_of_what_waits_already()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.Register(
            node.Shell("new/one", Deaf) with { Concurrency = new ConcurrencySpec(1, OnFull.CancelRunning), StopGrace = TimeSpan.FromMinutes(5) });
        var first = await node.Submit("new/one");
        await node.Until(first, StateNames.Running);

        var second = await node.Submit("new/one");
        await node.Until(first, StateNames.Cancelling);
        var third = await node.SubmitSoon("new/one");

        // What waits is cancelled at once and never starts; what runs has its grace time, and nobody starts before it is gone.
        var never = await node.Ended(second);
        Assert.Equal((StateNames.Cancelled, $"A newer run of its deployment took its place: {third:D}.", 0), (
            never.State.Name, never.State.Message, never.Attempt));
        Assert.Equal(StateNames.AwaitingConcurrencySlot, (await node.View(third)).State.Name);
        await gate.Write("go");
        var cancelled = await node.Ended(first);
        Assert.Equal(
            (StateNames.Cancelled, $"A newer run of its deployment took its place: {second:D}."), (cancelled.State.Name, cancelled.State.Message));
        await node.Until(third, StateNames.Running);
        await gate.Write("go");
        Assert.Equal(StateNames.Completed, (await node.Ended(third)).State.Name);
        Assert.Equal(0, (await node.Limit("deployment:new/one")).Held);
    }

    [Fact]
    public async Task B90_a_node_that_is_killed_meanwhile_goes_on_with_it()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.Register(
            node.Shell("new/killed", Deaf) with { Concurrency = new ConcurrencySpec(1, OnFull.CancelRunning), StopGrace = TimeSpan.FromSeconds(2) });
        var first = await node.Submit("new/killed");
        await node.Until(first, StateNames.Running);
        // That one waits is durable; whether the word to give way has come before the end, nobody knows.
        var second = await node.Submit("new/killed");
        await node.CrashAndRestartAsync();

        Assert.Equal(StateNames.Cancelled, (await node.Ended(first)).State.Name);
        await node.Until(second, StateNames.Running);
        await gate.Write("go");
        Assert.Equal((StateNames.Completed, 1), ((await node.Ended(second)).State.Name, (await node.View(second)).Attempt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B90_of_several_the_oldest_gives_way_and_the_others_go_on(bool killed)
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("new/several", "exec sleep 600") with { Concurrency = new ConcurrencySpec(3, OnFull.CancelRunning) });
        var runs = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            runs.Add(await node.Submit("new/several"));
            await node.Until(runs[i], StateNames.Running);
        }

        if (killed)
        {
            // Whoever looks now was not there when they started.
            await node.CrashAndRestartAsync();
        }

        for (var i = 0; i < 2; i++)
        {
            runs.Add(await node.Submit("new/several"));
            Assert.Equal(StateNames.Cancelled, (await node.Ended(runs[i])).State.Name);
            await node.Until(runs[^1], StateNames.Running);
        }

        Assert.All(await Task.WhenAll(runs[2..].Select(node.View)), run => Assert.Equal(StateNames.Running, run.State.Name));
        // With a lower limit as many as are too many.
        await node.Register(node.Shell("new/several", "true") with { Concurrency = new ConcurrencySpec(1, OnFull.CancelRunning) });
        var last = await node.Submit("new/several");
        foreach (var run in runs[2..])
        {
            Assert.Equal(StateNames.Cancelled, (await node.Ended(run)).State.Name);
        }

        Assert.Equal(StateNames.Completed, (await node.Ended(last)).State.Name);
    }

    [Fact]
    public async Task B90_what_waits_for_another_limit_gives_way_too()
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        var busy = await node.Run(node.Shell("new/busy", "cat gate"));
        await node.Until(busy, StateNames.Running);
        await node.Register(node.Shell("new/waits", "true") with { Concurrency = new ConcurrencySpec(1, OnFull.CancelRunning) });
        var first = await node.Submit("new/waits");
        Assert.Equal("node:node-1", (await node.Until(first, StateNames.AwaitingConcurrencySlot)).WaitingFor);

        var second = await node.Submit("new/waits");

        Assert.Equal((StateNames.Cancelled, 0), ((await node.Ended(first)).State.Name, (await node.View(first)).Attempt));
        await node.Until(async () => (await node.View(second)).WaitingFor == "node:node-1");
        await gate.Write("go");
        Assert.Equal(StateNames.Completed, (await node.Ended(second)).State.Name);
    }
}

public sealed class NewestRunOnSqliteTests() : NewestRunTests(TestedStore.Sqlite);

public sealed class NewestRunOnPostgresTests() : NewestRunTests(TestedStore.PostgreSql);
