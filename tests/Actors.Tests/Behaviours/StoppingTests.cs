using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Pids = Runner.Actors.Tests.FlowRunners.Processes;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 16 to 22: how programs are ended.</summary>
public abstract class StoppingTests(TestedStore store) : BehaviourTests(store)
{
    private const string Deaf = "trap '' TERM INT HUP;";

    [Fact]
    public async Task B16_a_run_cancelled_before_its_start_never_has_a_process()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.SetLimit("one", 1);
        var holder = await node.Run(node.Shell("early/holder", "cat gate") with { Limits = ["one"] });
        await node.Until(holder, StateNames.Running);
        await node.Register(node.Shell("early/run", "echo started >> starts") with { Limits = ["one"] });
        var waits = await node.Submit("early/run");
        await node.Until(waits, StateNames.AwaitingConcurrencySlot);
        var later = await node.Submit("early/run", (await node.View(holder)).Created.AddSeconds(3));

        Assert.Equal(StateNames.Cancelled, (await node.Cancel(waits, "not now")).State.Name);
        Assert.Equal(StateNames.Cancelled, (await node.Cancel(later)).State.Name);
        await gate.Write("go");
        await node.Ended(holder);
        var last = await node.Ended(await node.Submit("early/run"));

        Assert.Equal(StateNames.Completed, last.State.Name);
        Assert.Single(node.Lines("starts"));
        var cancelled = await node.View(waits);
        Assert.Equal(("not now", 0), (cancelled.State.Message, cancelled.Attempt));
        Assert.Equal([StateNames.Scheduled, StateNames.AwaitingConcurrencySlot, StateNames.Cancelled], cancelled.Names());
        Assert.False(File.Exists(node.Files.Stdout(new(waits, 1))));
    }

    [Fact]
    public async Task B16_a_run_cancelled_while_its_start_is_being_written_ends_cancelled()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("early/start", "exec sleep 600"));
        var start = node.Store.Hold(FaultyStore.Event("run.attempt-starting"));
        var run = await node.SubmitSoon("early/start");
        await start.Arrived;

        var cancel = node.Node.AskAsync(new CancelRun(run), CancellationToken.None);
        start.Release();

        Assert.Equal(StateNames.Cancelling, (await cancel).Accepted().State.Name);
        Assert.Equal(StateNames.Cancelled, (await node.Ended(run)).State.Name);
    }

    [Fact]
    public async Task B17_cancel_ends_the_whole_tree_after_the_grace_time()
    {
        await using var node = await StartAsync();
        var (line, pids) = (new LifeLine(node.Fifo("life")), node.Fifo("pids"));
        // A child in the group, one that left it for a session of its own, and its grandchild: none of them obeys.
        var script =
            $"{line.Hold} {Deaf} sleep 600 & A=$!; setsid sh -c \"{Deaf} sleep 600 & echo $$ \\$\\$ \\$! $A > pids; wait\" & wait; wait; wait";
        var run = await node.Run(node.Shell("tree/deaf", script) with { StopGrace = TimeSpan.FromMilliseconds(300) });
        var tree = await pids.ReadNumbers();
        Assert.All(tree, pid => Assert.True(Pids.IsAlive(pid)));

        // It may have come this far before the node has heard of its start.
        await node.Until(run, StateNames.Running);
        var accepted = await node.Cancel(run, "enough");
        var ended = await node.Ended(run);
        await line.CutAsync();

        Assert.Equal(StateType.Cancelling, accepted.State.Type);
        Assert.Equal((StateType.Cancelled, "enough", 137, 9), (ended.State.Type, ended.State.Message, ended.ExitCode, ended.Signal));
        Assert.Equal(
            [StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.Cancelling, StateNames.Cancelled], ended.Names());
        // What has let go of its files is dead a moment later.
        await Task.WhenAll(tree.Select(Pids.WhenDead));
        Assert.Equal(4, tree.Distinct().Count());
    }

    [Fact]
    public async Task B17_a_program_that_obeys_ends_at_the_first_signal()
    {
        await using var node = await StartAsync();
        var pids = node.Fifo("pids");
        var run = await node.Run(node.Program(
            "tree/obedient", "python3", "-c",
            "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); open('pids', 'w').write(str(os.getpid())); signal.sigwait([15]); "
            + "print('bye')") with
        {
            StopGrace = TimeSpan.FromHours(1),
        });
        await pids.ReadNumbers();

        await node.Cancel(run);
        var ended = await node.Ended(run);

        Assert.Equal((StateNames.Cancelled, "bye\n"), (ended.State.Name, node.Stdout(run)));
    }

    [Fact]
    public async Task B18_a_run_that_finishes_while_being_cancelled_keeps_its_own_result()
    {
        await using var node = await StartAsync();
        var (gate, line) = (node.Fifo("gate"), new LifeLine(node.Fifo("life")));
        var run = await node.Run(node.Shell("race/finish", $"{line.Hold} cat gate; echo '42' > $RUNNER_RESULT_FILE"));
        await node.Until(run, StateNames.Running);
        var stopping = node.Store.Hold(FaultyStore.Event("run.attempt-stopping"));

        // The cancellation is on its way to the disk when the program ends by itself.
        var cancel = node.Node.AskAsync(new CancelRun(run), CancellationToken.None);
        await stopping.Arrived;
        await gate.Write("go");
        await line.CutAsync();
        stopping.Release();

        Assert.Equal(StateNames.Cancelling, (await cancel).Accepted().State.Name);
        var ended = await node.Ended(run);
        Assert.Equal((StateNames.Completed, 0, "42"), (ended.State.Name, ended.ExitCode, ended.Result?.GetRawText()));
        Assert.Equal(StateNames.Cancelling, ended.Names()[^2]);
    }

    [Fact]
    public async Task B19_cancel_of_a_run_whose_process_is_gone_is_cancelled_with_a_note()
    {
        await using var node = await StartAsync();
        var (line, pids) = (new LifeLine(node.Fifo("life")), node.Fifo("pids"));
        var run = await node.Run(
            node.Shell("gone/process", $"{line.Hold} {Deaf} echo $$ > pids; while :; do sleep 600; done") with { StopGrace = TimeSpan.FromHours(1) });
        var pid = (await pids.ReadNumbers())[0];
        await node.Until(run, StateNames.Running);
        await node.Cancel(run, "enough");
        await node.CrashAsync();
        Array.ForEach(Leftovers.Of(node.Root), Pids.Kill);
        await line.CutAsync();
        await Children.Reap(pid);
        await node.StartNodeAsync();

        var ended = await node.Ended(run);
        Assert.False(Pids.IsAlive(pid));
        Assert.Equal(StateType.Cancelled, ended.State.Type);
        Assert.Equal("enough. Its process was already gone.", ended.State.Message);
        Assert.Equal(0, (await node.Limit("node:node-1")).Held);
    }

    [Fact]
    public async Task B19_a_run_that_was_being_cancelled_when_its_node_was_killed_is_ended_by_the_next()
    {
        await using var node = await StartAsync();
        var (line, pids) = (new LifeLine(node.Fifo("life")), node.Fifo("pids"));
        var run = await node.Run(
            node.Shell("gone/node", $"{line.Hold} {Deaf} echo $$ > pids; while :; do sleep 600; done") with { StopGrace = TimeSpan.FromSeconds(1) });
        await pids.ReadNumbers();
        await node.Until(run, StateNames.Running);
        await node.Cancel(run);

        await node.CrashAndRestartAsync();

        Assert.Equal(StateType.Cancelled, (await node.Ended(run)).State.Type);
        await line.CutAsync();
    }

    [Fact]
    public async Task B20_cancel_twice_is_one_cancel_and_that_of_a_finished_run_is_refused()
    {
        await using var node = await StartAsync();
        var pids = node.Fifo("pids");
        var run = await node.Run(
            node.Shell("twice/cancel", $"{Deaf} echo $$ > pids; while :; do sleep 600; done") with { StopGrace = TimeSpan.FromMilliseconds(500) });
        await pids.ReadNumbers();
        await node.Until(run, StateNames.Running);

        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => node.Cancel(run, $"reason {i}")));

        Assert.All(replies, r => Assert.Equal((run, StateNames.Cancelling), (r.Id, r.State.Name)));
        var ended = await node.Ended(run);
        Assert.Single(ended.Names(), StateNames.Cancelling);
        Assert.Equal("reason 0", ended.State.Message);
        Assert.Equal(StateNames.Cancelled, (await node.Cancel(run)).State.Name);
        Assert.Equal(ended.Sequence, (await node.View(run)).Sequence);

        var done = await node.Run(node.Shell("twice/done", "exit 4"));
        await node.Ended(done);
        var refusal = (await node.Node.AskAsync(new CancelRun(done), CancellationToken.None)).Refused<RunAlreadyEnded, RunCancelAccepted>();
        Assert.Contains("has ended as Failed", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec sleep 600")]
    [InlineData("sleep 600 & setsid sleep 600 & sleep 600")]
    [InlineData("trap '' TERM; while :; do sleep 600; done")]
    public async Task B21_a_timeout_ends_the_tree_and_the_childless_program_too(string script)
    {
        await using var node = await StartAsync();
        var line = new LifeLine(node.Fifo("life"));
        var run = await node.Run(node.Shell("time/out", $"{line.Hold} {script}") with
        {
            Timeout = TimeSpan.FromMilliseconds(300), StopGrace = TimeSpan.FromMilliseconds(300),
        });

        var ended = await node.Ended(run);
        await line.CutAsync();

        Assert.Equal((StateType.Failed, StateNames.TimedOut), (ended.State.Type, ended.State.Name));
        Assert.Equal("It ran longer than its timeout of 300ms.", ended.State.Message);
        Assert.Equal([StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.Stopping, StateNames.TimedOut], ended.Names());
        Assert.Empty(Leftovers.Of(node.Root));
    }

    [Fact]
    public async Task B22_programs_get_their_grace_time_together()
    {
        await using var node = await StartAsync();
        await node.Register(
            node.Shell("grace/deaf", $"{Deaf} echo $$ > pids; while :; do sleep 600; done") with { StopGrace = TimeSpan.FromSeconds(1) });
        var pids = node.Fifo("pids");
        var runs = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            runs.Add(await node.Submit("grace/deaf"));
            await pids.ReadNumbers();
            await node.Until(runs[i], StateNames.Running);
        }

        var order = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var subscription = node.Node.Subscribe(change => order.Enqueue(change.Change.State.Name));
        await node.Node.StopAsync(StopMode.Graceful);

        // All are being stopped before the first of them is gone: their grace times ran side by side.
        Assert.Equal(
            [StateNames.Stopping, StateNames.Stopping, StateNames.Stopping, StateNames.Crashed, StateNames.Crashed, StateNames.Crashed], order);
        Assert.Empty(Leftovers.Of(node.Root));
        Assert.IsType<NodeStopping>((await node.Node.AskAsync(new SubmitRun("grace/deaf"), CancellationToken.None)).Refusal);
        var history = (await node.Node.AskAsync(new GetRunHistory(runs[0], 0), CancellationToken.None)).Accepted();
        Assert.Equal("The node was stopped while the program ran, and ended it.", history[^1].State.Message);
    }

    [Fact]
    public async Task B22_a_second_stop_is_immediate()
    {
        await using var node = await StartAsync();
        var pids = node.Fifo("pids");
        var run = await node.Run(
            node.Shell("grace/long", $"{Deaf} echo $$ > pids; while :; do sleep 600; done") with { StopGrace = TimeSpan.FromHours(1) });
        await pids.ReadNumbers();
        await node.Until(run, StateNames.Running);

        var first = node.Node.StopAsync(StopMode.Graceful);
        await node.UntilHistory(run, StateNames.Stopping);
        var second = node.Node.StopAsync(StopMode.Immediate);
        await Task.WhenAll(first, second).WaitAsync(NodeFixture.Patience);

        Assert.Empty(Leftovers.Of(node.Root));
        Assert.Equal(StateNames.Crashed, (await node.Node.AskAsync(new GetRunHistory(run, 0), CancellationToken.None)).Accepted()[^1].State.Name);
    }

    [Theory]
    [InlineData("exec sleep 1000", 30)]
    [InlineData("trap '' TERM; echo up; while :; do sleep 1; done", 1)]
    [InlineData("cat gate", 30)]
    public async Task B65_A_stop_ends_by_itself_and_ends_the_programs_when_the_store_takes_nothing_any_more(string script, int grace)
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var run = await node.Run(node.Shell("stop/storeless", script) with { StopGrace = TimeSpan.FromSeconds(grace) });
        await node.Until(run, StateNames.Running);
        node.Store.FailAll(FaultyStore.Away);
        if (script == "cat gate")
        {
            // Its end comes before the stop, and cannot be written either.
            await gate.Write("go");
            await node.Store.NextFailure();
        }

        await node.Node.StopAsync(StopMode.Graceful).WaitAsync(NodeFixture.Patience);

        Assert.Contains("did not take how 1 run ended", node.Node.Unwritten, StringComparison.Ordinal);
        Assert.Empty(Leftovers.Of(node.Root));
        await node.CrashAndRestartAsync();
        Assert.Equal(StateType.Crashed, (await node.Ended(run)).State.Type);
    }

    [Fact]
    public async Task B65_An_immediate_stop_kills_the_programs_when_the_store_takes_nothing_any_more()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("stop/at-once", "trap '' TERM; while :; do sleep 1; done") with { StopGrace = TimeSpan.FromHours(1) });
        await node.Until(run, StateNames.Running);
        node.Store.FailAll(FaultyStore.Away);

        await node.Node.StopAsync(StopMode.Immediate).WaitAsync(NodeFixture.Patience);

        Assert.NotNull(node.Node.Unwritten);
        Assert.Empty(Leftovers.Of(node.Root));
        await node.CrashAndRestartAsync();
        Assert.Equal(StateType.Crashed, (await node.Ended(run)).State.Type);
    }

    [Fact]
    public async Task B22_what_waits_when_the_node_stops_starts_in_its_next_life()
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        var running = await node.Run(node.Shell("stop/running", "exec sleep 600"));
        await node.Until(running, StateNames.Running);
        var waiting = await node.Run(node.Shell("stop/waiting", "echo started >> starts"));
        await node.Until(waiting, StateNames.AwaitingConcurrencySlot);

        await node.StopNodeAsync();
        Assert.Empty(node.Lines("starts"));
        await node.StartNodeAsync();

        Assert.Equal(StateNames.Completed, (await node.Ended(waiting)).State.Name);
        Assert.Equal(StateNames.Crashed, (await node.View(running)).State.Name);
        Assert.Single(node.Lines("starts"));
    }

    [Fact]
    public async Task B22_schedules_paused_by_a_shutdown_go_on_when_they_are_served_again_and_a_users_pause_stays()
    {
        await using var node = await StartAsync();
        var spec = node.Shell("stop/schedule", "true") with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(1) }] };
        var other = spec with { Name = "stop/users" };
        await node.Register(spec);
        await node.Register(other);
        (await node.Node.AskAsync(new PauseDeployment(other.Name), CancellationToken.None)).Accepted();
        foreach (var name in new[] { spec.Name, other.Name })
        {
            (await node.Node.AskAsync(new PauseDeployment(name, PauseReason.Shutdown), CancellationToken.None)).Accepted();
        }

        await node.StopNodeAsync();
        await node.StartNodeAsync();

        Assert.True((await node.Node.AskAsync(new GetDeployment(spec.Name), CancellationToken.None)).Accepted().Paused);
        Assert.False((await node.Register(spec)).Paused);
        Assert.True((await node.Register(other)).Paused);
    }
}

public sealed class StoppingOnSqliteTests() : StoppingTests(TestedStore.Sqlite);

public sealed class StoppingOnPostgresTests() : StoppingTests(TestedStore.PostgreSql);
