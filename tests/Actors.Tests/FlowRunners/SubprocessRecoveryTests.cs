using System.Diagnostics;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>How the Linux flow runner finds the processes of an earlier life.</summary>
public sealed class SubprocessRecoveryTests : IDisposable
{
    /// <summary>Whether the kernel says how a process ended that is no child.</summary>
    private static readonly bool TellsExit = Environment.OSVersion.Version >= new Version(6, 15);

    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Theory]
    [InlineData(true, "exit 7", 7)]
    [InlineData(false, "exit 7", 7)]
    [InlineData(true, "kill -SEGV $$", -11)]
    public async Task B25_a_program_of_an_earlier_life_is_adopted_and_followed_to_its_end(bool handleKnown, string end, int code)
    {
        var gate = _shop.Fifo("gate");
        var (spec, handle) = await StartElsewhere($"read x < {gate.Path}; echo 5 > $RUNNER_RESULT_FILE; {end}");
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var recorder = new Recorder();
        runner.Recover(spec, handleKnown ? handle : null, recorder);
        Assert.Equal(handle, await recorder.WhenStarted());
        await gate.Write("go\n");
        var outcome = await recorder.WhenEnded();
        Assert.Equal("5\n", outcome.Result);
        Assert.False(outcome.StopSent);
        if (TellsExit)
        {
            Assert.Equal(code >= 0 ? new ProcessExit.Exited(code) : new ProcessExit.Signaled(-code), outcome.Exit);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_program_of_the_folder_that_this_one_is_a_restored_copy_of_is_not_adopted_and_not_touched(bool handleKnown)
    {
        var (spec, handle) = await StartElsewhere("sleep 600");
        File.WriteAllText(ForeignProcesses.PathIn(_shop.Data), new ForeignProcesses(handle.BootId, handle.StartTime).ToText());
        using (var runner = new SubprocessFlowRunner(_shop.Options))
        {
            var recorder = new Recorder();
            runner.Recover(spec, handleKnown ? handle : null, recorder);
            Assert.IsType<ProcessExit.Unknown>((await recorder.WhenEnded()).Exit);
        }

        Assert.True(Processes.IsAlive(handle.Pid));

        // One that was started after the copy was made is this folder's own.
        File.WriteAllText(ForeignProcesses.PathIn(_shop.Data), new ForeignProcesses(handle.BootId, handle.StartTime - 1).ToText());
        using var another = new SubprocessFlowRunner(_shop.Options);
        var adopted = new Recorder();
        another.Recover(spec, handleKnown ? handle : null, adopted);
        Assert.Equal(handle, await adopted.WhenStarted());
        another.Stop(spec.Key, StopSignal.Kill);
        await adopted.WhenEnded();
    }

    [Fact]
    public async Task A_program_that_a_node_of_another_data_folder_runs_under_the_same_id_is_neither_adopted_nor_stopped()
    {
        using var other = new Workshop();
        var (spec, theirs) = await StartElsewhere("sleep 600", of: other.Files);
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var recovered = new Recorder();
        runner.Recover(spec, null, recovered);
        Assert.IsType<ProcessExit.Unknown>((await recovered.WhenEnded()).Exit);

        File.Delete(_shop.Files.Stdout(spec.Key));
        runner.Forget(spec.Key);
        var started = new Recorder();
        runner.Start(spec, started);
        var own = await started.WhenStarted();
        Assert.NotEqual(theirs, own);
        runner.Stop(spec.Key, StopSignal.Kill);
        await started.WhenEnded();
        await Processes.WhenGone(own.Pid);

        Assert.True(Processes.IsAlive(theirs.Pid));
        using var another = new SubprocessFlowRunner(other.Options);
        var adopted = new Recorder();
        another.Recover(spec, null, adopted);
        Assert.Equal(theirs, await adopted.WhenStarted());
        another.Stop(spec.Key, StopSignal.Kill);
        await adopted.WhenEnded();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task B25_a_program_is_found_again_by_a_node_whose_data_folder_was_moved_or_has_another_name(bool moved)
    {
        var (spec, handle) = await StartElsewhere("sleep 600");
        var elsewhere = Path.Combine(_shop.Folder, "elsewhere");
        if (moved)
        {
            Directory.Move(_shop.Data, elsewhere);
        }
        else
        {
            Directory.CreateSymbolicLink(elsewhere, _shop.Data);
        }

        using var runner = new SubprocessFlowRunner(new SubprocessOptions(elsewhere));
        var recorder = new Recorder();
        runner.Recover(spec, null, recorder);
        Assert.Equal(handle, await recorder.WhenStarted());
        runner.Stop(spec.Key, StopSignal.Kill);
        await recorder.WhenEnded();
    }

    [Fact]
    public async Task B25_what_an_adopted_program_leaves_in_its_group_dies_with_it()
    {
        var (gate, ready) = (_shop.Fifo("gate"), _shop.Fifo("child"));
        var (spec, handle) = await StartElsewhere($"sleep 600 & echo $! > {ready.Path}; read x < {gate.Path}", () => ready.ReadNumbers());
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var recorder = new Recorder();
        runner.Recover(spec, handle, recorder);
        await recorder.WhenStarted();
        var child = Assert.Single(_lastNumbers);
        Assert.True(Processes.IsAlive(child));
        await gate.Write("go\n");
        await recorder.WhenEnded();
        await Processes.WhenGone(child);
    }

    [Fact]
    public async Task What_an_adopted_program_leaves_without_an_environment_cannot_be_told_to_be_its_and_keeps_nothing_from_ending()
    {
        var (gate, ready) = (_shop.Fifo("gate"), _shop.Fifo("child"));
        var (spec, handle) = await StartElsewhere(
            $"env -i /bin/sleep 600 & echo $! > {ready.Path}; read x < {gate.Path}", () => ready.ReadNumbers());
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var recorder = new Recorder();
        runner.Recover(spec, handle, recorder);
        await recorder.WhenStarted();
        var child = Assert.Single(_lastNumbers);
        while (File.ReadAllText($"/proc/{child}/comm").Trim() != "sleep")
        {
            await Task.Yield();
        }

        await gate.Write("go\n");
        await recorder.WhenEnded();
        Assert.True(Processes.IsAlive(child));
        Processes.Kill(child);
    }

    [Fact]
    public async Task B25_an_adopted_program_is_stopped_with_its_whole_tree()
    {
        var ready = _shop.Fifo("child");
        var (spec, handle) = await StartElsewhere($"setsid sh -c 'echo $$ > {ready.Path}; exec sleep 600' & wait", () => ready.ReadNumbers());
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var recorder = new Recorder();
        runner.Recover(spec, handle, recorder);
        runner.Stop(spec.Key, StopSignal.Terminate);
        var outcome = await recorder.WhenEnded();
        Assert.True(outcome.StopSent);
        Assert.All([handle.Pid, .. _lastNumbers], pid => Assert.False(Processes.IsAlive(pid)));
        if (TellsExit)
        {
            Assert.Equal(new ProcessExit.Signaled(15), outcome.Exit);
        }
    }

    [Fact]
    public async Task B25_disposing_leaves_programs_running_for_the_next_life()
    {
        var gate = _shop.Fifo("gate");
        var spec = _shop.Shell($"read x < {gate.Path}; echo on; exit 6");
        var first = new Recorder();
        ProcessHandle handle;
        using (var earlier = new SubprocessFlowRunner(_shop.Options))
        {
            earlier.Start(spec, first);
            handle = await first.WhenStarted();
        }

        using var runner = new SubprocessFlowRunner(_shop.Options);
        var second = new Recorder();
        runner.Recover(spec, handle, second);
        await second.WhenStarted();
        await gate.Write("go\n");
        Assert.Equal(new ProcessExit.Exited(6), (await second.WhenEnded()).Exit);
        Assert.Equal("on\n", _shop.Stdout(spec));
        Assert.Equal(["Started"], first.Reports);
    }

    [Fact]
    public async Task B25_a_handle_of_another_boot_or_of_a_reused_pid_is_no_process_of_ours()
    {
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var own = Processes.HandleOf(Environment.ProcessId);
        foreach (var handle in new[] { own with { BootId = "another" }, own with { StartTime = own.StartTime - 1 } })
        {
            var recorder = new Recorder();
            runner.Recover(_shop.Spec("/bin/true"), handle, recorder);
            Assert.IsType<ProcessExit.Unknown>((await recorder.WhenEnded()).Exit);
        }
    }

    [Fact]
    public async Task An_actor_that_restarted_gets_the_reports_in_place_of_its_former_self()
    {
        var gate = _shop.Fifo("gate");
        var spec = _shop.Shell($"read x < {gate.Path}");
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var (first, second) = (new Recorder(), new Recorder());
        runner.Start(spec, first);
        var handle = await first.WhenStarted();
        runner.Recover(spec, null, second);
        Assert.Equal(handle, await second.WhenStarted());
        await gate.Write("go\n");
        Assert.Equal(new ProcessExit.Exited(0), (await second.WhenEnded()).Exit);
        Assert.Equal(["Started"], first.Reports);
    }

    private int[] _lastNumbers = [];

    /// <summary>Starts a program as an earlier life of a node would have left it: no child of this process, its own session, marked.</summary>
    private async Task<(ProcessSpec Spec, ProcessHandle Handle)> StartElsewhere(string script, Func<Task<int[]>>? then = null, RunFiles? of = null)
    {
        var ready = _shop.Fifo("ready");
        var spec = _shop.Shell(script);
        _shop.Files.EnsureDirectory(spec.Key);
        await File.WriteAllTextAsync(_shop.Files.Stdout(spec.Key), string.Empty);
        of?.EnsureDirectory(spec.Key);
        var start = new ProcessStartInfo("setsid", ["--fork", "/bin/sh", "-c", $"echo $$ > {ready.Path}; {script}"]);
        start.Environment["RUNNER_RUN_ID"] = spec.Key.RunId.ToString();
        start.Environment["RUNNER_ATTEMPT"] = "1";
        start.Environment["RUNNER_RESULT_FILE"] = (of ?? _shop.Files).Result(spec.Key);
        using var setsid = Process.Start(start)!;
        var pid = Assert.Single(await ready.ReadNumbers());
        _lastNumbers = then is null ? [] : await then();
        await setsid.WaitForExitAsync();
        return (spec, Processes.HandleOf(pid));
    }
}
