using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>How the Linux flow runner ends whole trees.</summary>
public sealed class SubprocessStopTests : IDisposable
{
    private readonly Workshop _shop = new();
    private readonly SubprocessFlowRunner _runner;

    public SubprocessStopTests() => _runner = new SubprocessFlowRunner(_shop.Options);

    public void Dispose()
    {
        _runner.Dispose();
        _shop.Dispose();
    }

    [Fact]
    public async Task B17_terminate_ends_children_orphans_and_those_that_left_the_session()
    {
        // A child, an orphaned grandchild, one that left with setsid, and a child of that one without the attempt's mark.
        var (spec, recorder, pids) = await Start(
            """
            sleep 600 & child=$!
            orphan=$(sh -c 'sleep 600 > /dev/null & echo $!')
            setsid --fork sh -c 'env -u RUNNER_RUN_ID sleep 600 & echo $$ $! > LEFT; wait'
            read left < LEFT
            echo $$ $child $orphan $left > READY
            wait
            """);
        _runner.Stop(spec.Key, StopSignal.Terminate);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(15), StopSent: true), await recorder.WhenEnded());
        Assert.Equal(5, pids.Length);
        Assert.All(pids, pid => Assert.False(Processes.IsAlive(pid)));
    }

    [Fact]
    public async Task B17_the_end_is_reported_only_when_a_stubborn_child_is_gone_too()
    {
        var (spec, recorder, pids) = await Start(
            """
            sh -c 'trap "echo got > TOLD" TERM; echo $$ > LEFT; while :; do sleep 0.01; done' &
            read child < LEFT
            echo $$ $child > READY
            wait
            """);
        _runner.Stop(spec.Key, StopSignal.Terminate);
        await Task.Run(() => File.ReadAllText(Path.Combine(_shop.Folder, "TOLD"))).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["Started"], recorder.Reports);
        Assert.True(Processes.IsAlive(pids[1]));
        _runner.Stop(spec.Key, StopSignal.Kill);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(15), StopSent: true), await recorder.WhenEnded());
        Assert.False(Processes.IsAlive(pids[1]));
    }

    [Fact]
    public async Task B17_what_a_program_starts_to_clean_up_is_not_terminated()
    {
        var (spec, recorder, _) = await Start(
            // A child that is still a copy of the shell when the signal comes has its trap, and loses the signal with it.
            "trap 'sleep 0.2 && echo 1 > $RUNNER_RESULT_FILE; exit 0' TERM; sh -c 'echo $$ > READY; exec sleep 600' & wait");
        _runner.Stop(spec.Key, StopSignal.Terminate);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(0), StopSent: true, Result: "1\n"), await recorder.WhenEnded());
    }

    [Fact]
    public async Task B17_a_stopped_program_acts_on_terminate()
    {
        var (spec, recorder, _) = await Start("trap 'exit 3' TERM; echo $$ > READY; kill -STOP $$; while :; do sleep 0.01; done");
        _runner.Stop(spec.Key, StopSignal.Terminate);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(3), StopSent: true), await recorder.WhenEnded());
    }

    [Fact]
    public async Task B17_a_program_that_keeps_forking_new_sessions_does_not_outrun_a_kill()
    {
        var (spec, recorder, _) = await Start("for i in 1 2 3; do (while :; do setsid sleep 600 & sleep 0.005; done) & done; echo $$ > READY; wait");
        _runner.Stop(spec.Key, StopSignal.Kill);
        Assert.True((await recorder.WhenEnded()).StopSent);
        Assert.Null(Runner.Actors.FlowRunners.Linux.ProcessTable.Read(_shop.Files).LeaderOf(spec.Key));
    }

    [Fact]
    public async Task B18_a_program_that_ended_before_the_stop_keeps_its_result()
    {
        // The program ends at the very moment of the stop: whichever is first, the report agrees with itself.
        for (var i = 0; i < 50; i++)
        {
            var spec = _shop.Shell("echo 1 > $RUNNER_RESULT_FILE");
            var recorder = new Recorder();
            _runner.Start(spec, recorder);
            await recorder.WhenStarted();
            _runner.Stop(spec.Key, StopSignal.Terminate);
            var outcome = await recorder.WhenEnded();
            Assert.True(outcome is { Exit: ProcessExit.Exited { Code: 0 }, Result: "1\n" } or { StopSent: true }, outcome.ToString());
        }
    }

    [Fact]
    public async Task B16_a_stop_right_after_the_start_ends_it_or_keeps_it_from_starting()
    {
        for (var i = 0; i < 50; i++)
        {
            var spec = _shop.Shell("sleep 600");
            var recorder = new Recorder();
            _runner.Start(spec, recorder);
            _runner.Stop(spec.Key, StopSignal.Kill);
            if ((await recorder.WhenLast()) is ProcessOutcome outcome)
            {
                Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(9), StopSent: true), outcome);
            }
            else
            {
                Assert.Equal(["NeverStarted"], recorder.Reports);
                Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
            }
        }
    }

    [Fact]
    public async Task B22_many_are_stopped_together()
    {
        var runs = Enumerable.Range(0, 50).Select(_ => (Spec: _shop.Spec("/bin/sleep", "600"), Recorder: new Recorder())).ToList();
        runs.ForEach(run => _runner.Start(run.Spec, run.Recorder));
        await Task.WhenAll(runs.Select(run => run.Recorder.WhenStarted()));
        runs.ForEach(run => _runner.Stop(run.Spec.Key, StopSignal.Terminate));
        foreach (var (_, recorder) in runs)
        {
            Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(15), StopSent: true), await recorder.WhenEnded());
        }
    }

    /// <summary>Runs a script to where it writes its pids to READY; it may use the pipe LEFT, too.</summary>
    private async Task<(ProcessSpec Spec, Recorder Recorder, int[] Pids)> Start(string script)
    {
        var ready = _shop.Fifo("READY");
        _shop.Fifo("LEFT");
        _shop.Fifo("TOLD");
        var spec = _shop.Shell(script);
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        return (spec, recorder, await ready.ReadNumbers());
    }
}
