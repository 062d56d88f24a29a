using Runner.Actors.FlowRuns;
using Runner.Actors.Tests.FlowRunners;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Pids = Runner.Actors.Tests.FlowRunners.Processes;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 4 to 8: slots are held as long as they should be, and no longer.</summary>
public abstract class SlotTests(TestedStore store) : BehaviourTests(store)
{
    [Theory]
    [InlineData(StateNames.Completed)]
    [InlineData(StateNames.Failed)]
    [InlineData(StateNames.Crashed)]
    [InlineData(StateNames.Cancelled)]
    [InlineData(StateNames.TimedOut)]
    public async Task B04_a_slot_comes_back_however_its_run_ends(string end)
    {
        await using var node = await StartAsync();
        await node.SetLimit("one", 1);
        var gate = node.Fifo("gate");
        var spec = end switch
        {
            StateNames.Completed => node.Shell("slot/holder", "cat gate"),
            StateNames.Failed => node.Shell("slot/holder", "cat gate; exit 3"),
            StateNames.Crashed => node.Shell("slot/holder", "cat gate; kill -9 $$"),
            StateNames.Cancelled => node.Shell("slot/holder", "exec sleep 600"),
            _ => node.Shell("slot/holder", "exec sleep 600") with { Timeout = TimeSpan.FromHours(1) },
        };
        var holder = await node.Run(spec with { Limits = ["one"] });
        await node.Until(holder, StateNames.Running);
        var waiter = await node.Run(node.Shell("slot/waiter", "true") with { Limits = ["one"] });
        await node.Until(waiter, StateNames.AwaitingConcurrencySlot);

        await (end switch
        {
            StateNames.Cancelled => node.Cancel(holder),
            StateNames.TimedOut => Task.Run(() => node.TellRun(holder, new TimeoutReached(1))),
            _ => gate.Write("go"),
        });

        Assert.Equal(end, (await node.Ended(holder)).State.Name);
        Assert.Equal(StateNames.Completed, (await node.Ended(waiter)).State.Name);
        Assert.Equal(0, (await node.Limit("one")).Held);
    }

    [Fact]
    public async Task B04_a_slot_comes_back_from_a_run_that_could_not_start()
    {
        await using var node = await StartAsync();
        await node.SetLimit("one", 1);
        await node.Register(node.Program("slot/missing", "/no/such/program") with { Limits = ["one"] });

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(StateNames.Crashed, (await node.Ended(await node.Submit("slot/missing"))).State.Name);
        }

        Assert.Equal(0, (await node.Limit("one")).Held);
    }

    [Fact]
    public async Task B04_a_node_that_is_killed_leaks_no_slot()
    {
        await using var node = await StartAsync();
        await node.SetLimit("two", 2);
        var line = new LifeLine(node.Fifo("life"));
        var dying = await node.Run(node.Shell("slot/dying", $"{line.Hold} exec sleep 600") with { Limits = ["two"] });
        var living = await node.Run(node.Shell("slot/living", "exec sleep 600") with { Limits = ["two"] });
        var pid = (await node.Until(dying, StateNames.Running)).Pid!.Value;
        await node.Until(living, StateNames.Running);
        var waiter = await node.Run(node.Shell("slot/waiter", "true") with { Limits = ["two"] });
        await node.Until(waiter, StateNames.AwaitingConcurrencySlot);
        await node.CrashAsync();
        // One program dies while nobody looks; the other goes on, and keeps its slot.
        Pids.Kill(pid);
        await line.CutAsync();

        await node.StartNodeAsync();

        Assert.Equal(StateNames.Completed, (await node.Ended(waiter)).State.Name);
        Assert.Equal(StateNames.Crashed, (await node.Ended(dying)).State.Name);
        var limit = await node.Limit("two");
        Assert.Equal(living, Assert.Single(limit.Holders).Run);
        await node.Cancel(living);
        await node.Ended(living);
        Assert.Equal(0, (await node.Limit("two")).Held);
    }

    [Fact]
    public async Task B04_a_slot_comes_back_when_the_store_loses_the_answer_to_the_runs_end()
    {
        await using var node = await StartAsync();
        await node.SetLimit("one", 1);
        var gate = node.Fifo("gate");
        var holder = await node.Run(node.Shell("slot/holder", "cat gate") with { Limits = ["one"] });
        await node.Until(holder, StateNames.Running);
        var waiter = await node.Run(node.Shell("slot/waiter", "true") with { Limits = ["one"] });
        await node.Until(waiter, StateNames.AwaitingConcurrencySlot);
        node.Store.LoseAnswerOf(FaultyStore.Event("run.finished"));

        await gate.Write("go");

        Assert.Equal(StateNames.Completed, (await node.Ended(waiter)).State.Name);
        Assert.Equal(StateNames.Completed, (await node.Ended(holder)).State.Name);
        Assert.Equal(0, (await node.Limit("one")).Held);
    }

    [Fact]
    public async Task B05_a_freed_slot_wakes_the_next_waiter_without_any_timer()
    {
        var timers = new StoppableTimers();
        await using var node = await StartAsync(new NodeOptions { Time = timers });
        var gate = node.Fifo("gate");
        var spec = node.Shell("slot/next", "cat gate") with { Concurrency = new ConcurrencySpec(1) };
        var holder = await node.Run(spec);
        await node.Until(holder, StateNames.Running);
        await node.Register(spec with { Command = ["/bin/true"] });
        var waiters = new[] { await node.Submit("slot/next"), await node.Submit("slot/next"), await node.Submit("slot/next") };
        foreach (var waiter in waiters)
        {
            await node.Until(waiter, StateNames.AwaitingConcurrencySlot);
        }

        timers.Stop();
        await gate.Write("go");

        foreach (var waiter in waiters)
        {
            Assert.Equal(StateNames.Completed, (await node.Ended(waiter)).State.Name);
        }

        timers.GoOn();
    }

    [Fact]
    public async Task B06_several_limits_are_taken_all_or_none()
    {
        await using var node = await StartAsync();
        await node.SetLimit("a", 1);
        await node.SetLimit("b", 1);
        var gate = node.Fifo("gate");
        var holder = await node.Run(node.Shell("all/holder", "cat gate") with { Limits = ["b"] });
        await node.Until(holder, StateNames.Running);
        var both = await node.Run(node.Shell("all/both", "true") with { Limits = ["a", "b"] });
        var waits = await node.Until(both, StateNames.AwaitingConcurrencySlot);
        Assert.Equal("b", waits.WaitingFor);

        // «a» is free for others while the run waits for «b».
        var other = await node.Run(node.Shell("all/other", "true") with { Limits = ["a"] });
        Assert.Equal(StateNames.Completed, (await node.Ended(other)).State.Name);
        Assert.Equal(StateNames.AwaitingConcurrencySlot, (await node.View(both)).State.Name);

        await gate.Write("go");
        Assert.Equal(StateNames.Completed, (await node.Ended(both)).State.Name);
        Assert.Equal((0, 0), ((await node.Limit("a")).Held, (await node.Limit("b")).Held));
    }

    [Fact]
    public async Task B06_lowering_a_limit_ends_nothing_and_raising_it_wakes_waiters()
    {
        await using var node = await StartAsync();
        await node.SetLimit("size", 3);
        await node.Register(node.Shell("size/run", "exec sleep 600") with { Limits = ["size"] });
        var holders = new[] { await node.Submit("size/run"), await node.Submit("size/run"), await node.Submit("size/run") };
        foreach (var holder in holders)
        {
            await node.Until(holder, StateNames.Running);
        }

        await node.SetLimit("size", 1);
        var waiter = await node.Submit("size/run");
        await node.Until(waiter, StateNames.AwaitingConcurrencySlot);
        await node.Cancel(holders[0]);
        await node.Ended(holders[0]);
        await node.Cancel(holders[1]);
        await node.Ended(holders[1]);
        Assert.Equal(StateNames.AwaitingConcurrencySlot, (await node.View(waiter)).State.Name);
        Assert.Equal(StateNames.Running, (await node.View(holders[2])).State.Name);
        Assert.Equal(1, (await node.Limit("size")).Held);

        await node.SetLimit("size", 2);
        await node.Until(waiter, StateNames.Running);
        Assert.Equal(StateNames.Running, (await node.View(holders[2])).State.Name);
    }

    [Fact]
    public async Task B60_a_deleted_limit_lives_as_long_as_a_run_that_counts_against_it()
    {
        await using var node = await StartAsync();
        await node.SetLimit("gone", 1);
        await node.SetLimit("unused", 1);
        var work = await OneAtATime(node, spec => spec with { Limits = ["gone"] });

        Assert.True((await node.Node.AskAsync(new DeleteLimit("gone"), CancellationToken.None)).Accepted().Changed);
        Assert.False((await node.Node.AskAsync(new DeleteLimit("gone"), CancellationToken.None)).Accepted().Changed);
        await node.CrashAndRestartAsync();

        var limit = await node.Limit("gone");
        Assert.Equal((1, 1, true), (limit.Size!.Value, limit.Held, limit.Ending));
        await work.RunsInTurn();
        await UntilOver(node, "gone");
        Assert.True((await node.Node.AskAsync(new DeleteLimit("unused"), CancellationToken.None)).Accepted().Changed);
        await UntilOver(node, "unused");
    }

    [Fact]
    public async Task B60_a_deleted_limit_that_is_set_again_is_a_limit_as_before()
    {
        await using var node = await StartAsync();
        await node.SetLimit("back", 1);
        var work = await OneAtATime(node, spec => spec with { Limits = ["back"] });
        (await node.Node.AskAsync(new DeleteLimit("back"), CancellationToken.None)).Accepted();

        Assert.True((await node.Node.AskAsync(new SetLimit("back", 1), CancellationToken.None)).Accepted().Changed);

        await work.RunsInTurn();
        var limit = await node.Limit("back");
        Assert.Equal((1, 0, false), (limit.Size!.Value, limit.Held, limit.Ending));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task B60_the_limit_of_a_deleted_deployment_bounds_the_runs_that_it_leaves(bool killed)
    {
        await using var node = await StartAsync();
        var work = await OneAtATime(node, spec => spec with { Concurrency = new ConcurrencySpec(1) });

        (await node.Node.AskAsync(new DeleteDeployment("turn/run"), CancellationToken.None)).Accepted();
        if (killed)
        {
            await node.CrashAndRestartAsync();
        }

        await node.Until(async () => (await node.Limit("deployment:turn/run")).Waiters.Length == 2);
        var limit = await node.Limit("deployment:turn/run");
        Assert.Equal((1, 1, true), (limit.Size!.Value, limit.Held, limit.Ending));
        await work.RunsInTurn();
        Assert.DoesNotContain(
            (await node.Node.AskAsync(new ListLimits(), CancellationToken.None)).Accepted().Items, l => l.Name == "deployment:turn/run");
    }

    [Fact]
    public async Task B60_runs_made_under_a_concurrency_that_is_gone_keep_to_it_and_new_ones_do_not()
    {
        await using var node = await StartAsync();
        var work = await OneAtATime(node, spec => spec with { Concurrency = new ConcurrencySpec(1) });

        await node.Register(node.Shell("turn/run", "true"));

        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit("turn/run"))).State.Name);
        await work.RunsInTurn();
    }

    [Fact]
    public async Task B60_a_run_that_awaits_its_retry_keeps_to_the_limit_of_its_deleted_deployment()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var gate = node.Fifo("gate");
        await node.Register(node.Shell("again/run", "test -e second && exec cat gate; exit 1") with
        {
            Concurrency = new ConcurrencySpec(1), Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromHours(1) },
        });
        var runs = new[] { await node.Submit("again/run"), await node.Submit("again/run") };
        foreach (var run in runs)
        {
            await node.Until(run, StateNames.AwaitingRetry);
        }

        await File.WriteAllTextAsync(node.InWork("second"), "");
        (await node.Node.AskAsync(new DeleteDeployment("again/run"), CancellationToken.None)).Accepted();
        clock.Step(TimeSpan.FromHours(2));

        await node.Until(async () => (await node.Runs("again/run")).Count(r => r.State.Name == StateNames.AwaitingConcurrencySlot) == 1);
        await gate.Write("go");
        await node.Until(async () => (await node.Runs("again/run")).Count(r => r.State.Name == StateNames.Completed) == 1);
        await gate.Write("go");
        foreach (var run in runs)
        {
            Assert.Equal(StateNames.Completed, (await node.Ended(run)).State.Name);
        }
    }

    /// <summary>Waits until a deleted limit is no more: no run changes its state with that.</summary>
    private static Task UntilOver(NodeFixture node, string limit) =>
        node.UntilWritten(async () => (await node.Node.AskAsync(new DeleteLimit(limit), CancellationToken.None)).Refusal is LimitNotFound);

    /// <summary>Three runs of a limit of 1: one runs, two wait.</summary>
    private static async Task<Turns> OneAtATime(NodeFixture node, Func<DeploymentSpec, DeploymentSpec> limited)
    {
        var gate = node.Fifo("turn-gate");
        await node.Register(limited(node.Shell("turn/run", "mkdir busy || echo overlap >> overlaps; cat turn-gate; rmdir busy")));
        var runs = new[] { await node.Submit("turn/run"), await node.Submit("turn/run"), await node.Submit("turn/run") };
        await node.Until(async () => (await node.Runs("turn/run")).Count(r => r.State.Name == StateNames.AwaitingConcurrencySlot) == 2);
        await node.Until(async () => (await node.Runs("turn/run")).Any(r => r.State.Name == StateNames.Running));
        return new Turns(node, gate, runs);
    }

    /// <summary>What waits for its turn.</summary>
    private sealed record Turns(NodeFixture Node, Fifo Gate, Guid[] Runs)
    {
        public async Task RunsInTurn()
        {
            for (var ended = 1; ended <= Runs.Length; ended++)
            {
                await Gate.Write("go");
                await Node.Until(async () => (await Task.WhenAll(Runs.Select(Node.View))).Count(r => r.State.IsTerminal) == ended);
            }

            Assert.Empty(Node.Lines("overlaps"));
        }
    }

    [Fact]
    public async Task B07_cancel_new_cancels_at_once_and_queue_waits()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var spec = node.Shell("full/new", "cat gate") with { Concurrency = new ConcurrencySpec(1, OnFull.CancelNew) };
        var holder = await node.Run(spec);
        await node.Until(holder, StateNames.Running);

        var refused = await node.Ended(await node.Submit("full/new"));
        Assert.Equal((StateType.Cancelled, "Deployment concurrency limit reached."), (refused.State.Type, refused.State.Message));
        Assert.Equal(0, refused.Attempt);

        await node.Register(spec with { Concurrency = new ConcurrencySpec(1), Command = ["/bin/true"] });
        var queued = await node.Submit("full/new");
        Assert.Equal("deployment:full/new", (await node.Until(queued, StateNames.AwaitingConcurrencySlot)).WaitingFor);
        await gate.Write("go");
        Assert.Equal(StateNames.Completed, (await node.Ended(queued)).State.Name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B68_cancel_new_at_its_limit_cancels_at_once_whatever_other_limits_say(bool killed)
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        var busy = await node.Run(node.Shell("full/busy", "cat gate"));
        await node.Until(busy, StateNames.Running);
        await node.Register(node.Shell("full/new", "cat gate") with { Concurrency = new ConcurrencySpec(2, OnFull.CancelNew) });

        var waiting = new[] { await node.Submit("full/new"), await node.SubmitSoon("full/new") };
        foreach (var run in waiting)
        {
            Assert.Equal("node:node-1", (await node.Until(run, StateNames.AwaitingConcurrencySlot)).WaitingFor);
        }

        if (killed)
        {
            await node.CrashAndRestartAsync();
        }

        // Nothing of it runs, and it is at its limit all the same: its two places are taken, durably.
        foreach (var run in (Guid[])[await node.Submit("full/new"), await node.SubmitSoon("full/new")])
        {
            var refused = await node.Ended(run);
            Assert.Equal(
                (StateType.Cancelled, "Deployment concurrency limit reached.", 0), (refused.State.Type, refused.State.Message, refused.Attempt));
        }

        Assert.Equal(2, (await node.Limit("deployment:full/new")).Held);
        // A place comes back however its wait ends, and the next one has it.
        await node.Cancel(waiting[0]);
        var next = await node.Submit("full/new");
        await node.Until(next, StateNames.AwaitingConcurrencySlot);
        foreach (var run in (Guid[])[busy, waiting[1], next])
        {
            await node.Until(run, StateNames.Running);
            await gate.Write("go");
            Assert.Equal(StateNames.Completed, (await node.Ended(run)).State.Name);
        }

        Assert.Equal(0, (await node.Limit("deployment:full/new")).Held);
    }

    [Fact]
    public async Task B08_a_limit_of_zero_is_refused_with_what_to_do_instead()
    {
        await using var node = await StartAsync();

        var limit = (await node.Node.AskAsync(new SetLimit("none", 0), CancellationToken.None)).Refused<LimitInvalid, LimitChanged>();
        var deployment = (await node.Node.AskAsync(new RegisterDeployments(
            [node.Shell("zero/limit", "true") with { Concurrency = new ConcurrencySpec(0) }]), CancellationToken.None)).Refusal;

        Assert.Contains("a size of 0 is not possible; expected 1 to 1000000", limit.Message, StringComparison.Ordinal);
        var problem = Assert.Single(Assert.IsType<DeploymentInvalid>(deployment).Problems);
        Assert.Equal("deployments[0].concurrency.limit", problem.Field);
        Assert.Contains("set paused: true", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain((await node.Node.AskAsync(new ListLimits(), CancellationToken.None)).Accepted().Items, l => l.Name == "none");
    }
}

public sealed class SlotOnSqliteTests() : SlotTests(TestedStore.Sqlite);

public sealed class SlotOnPostgresTests() : SlotTests(TestedStore.PostgreSql);
