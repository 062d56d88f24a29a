using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Portable;

namespace Runner.Actors.Tests.FlowRunners;

public sealed class SubprocessContract : FlowRunnerContract
{
    protected override IFlowRunner Create(SubprocessOptions options) => new SubprocessFlowRunner(options);
}

public sealed class PortableContract : FlowRunnerContract
{
    protected override IFlowRunner Create(SubprocessOptions options) => new PortableFlowRunner(options);
}

/// <summary>What every flow runner for processes of this machine does.</summary>
public abstract class FlowRunnerContract : IDisposable
{
    private readonly Workshop _shop = new();
    private readonly IFlowRunner _runner;

    protected FlowRunnerContract() => _runner = Create(_shop.Options);

    public void Dispose()
    {
        ((IDisposable)_runner).Dispose();
        _shop.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task B09_environment_directory_and_arguments_arrive_exactly_and_null_removes_a_variable()
    {
        string[] arguments = ["", "two words", "ä\"'$\\\n*", "-n"];
        var spec = _shop.Spec(["/bin/sh", "-c", "pwd; echo \"$ADDED|${HOME-none}|$PATH\"; printf '<%s>' \"$@\"", "name", .. arguments]) with
        {
            Environment = [new("ADDED", "x=y z\nä"), new("HOME", null)],
        };
        await Succeed(spec);
        Assert.Equal(
            $"{_shop.Folder}\nx=y z\nä|none|{Environment.GetEnvironmentVariable("PATH")}\n<{string.Join("><", arguments)}>", _shop.Stdout(spec));
    }

    [Fact]
    public async Task B09_the_run_is_named_and_nothing_of_the_nodes_own_RUNNER_variables_is_left()
    {
        var spec = _shop.Spec("/bin/sh", "-c", "env | grep ^RUNNER_ | sort") with
        {
            Environment = [new("RUNNER_TOKEN", "t"), new("RUNNER_RUN_ID", "forged")],
            Parameters = """{"a":[1,"ä"]}""",
        };
        await Succeed(spec);
        Assert.Equal(
            $$"""
            RUNNER_ATTEMPT=1
            RUNNER_PARAMETERS={"a":[1,"ä"]}
            RUNNER_RESULT_FILE={{_shop.Files.Result(spec.Key)}}
            RUNNER_RUN_ID={{spec.Key.RunId}}
            RUNNER_TOKEN=t

            """,
            _shop.Stdout(spec));
    }

    [Fact]
    public async Task B09_large_parameters_arrive_in_a_file_in_place_of_the_variable()
    {
        var text = JsonSerializer.Serialize(new string('ä', 60_000), TestJson.Default.String);
        var spec = _shop.Shell("echo ${RUNNER_PARAMETERS-unset}; cat $RUNNER_PARAMETERS_FILE") with { Parameters = text };
        await Succeed(spec);
        Assert.Equal($"unset\n{text}", _shop.Stdout(spec));
    }

    [Fact]
    public async Task B10_output_is_complete_to_the_last_byte_also_for_a_program_that_dies_at_once()
    {
        var spec = _shop.Shell("seq 1 100000; echo last >&2; kill -KILL $$");
        var outcome = await Run(spec);
        Assert.Equal(new ProcessExit.Signaled(9), outcome.Exit);
        Assert.Equal(string.Concat(Enumerable.Range(1, 100_000).Select(i => $"{i}\n")), _shop.Stdout(spec));
        Assert.Equal("last\n", _shop.Stderr(spec));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(127)]
    [InlineData(255)]
    public async Task B11_the_exit_code_is_the_programs(int code)
    {
        var outcome = await Run(_shop.Shell($"exit {code}"));
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(code)), outcome);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(9)]
    [InlineData(11)]
    public async Task B11_a_foreign_signal_is_reported_as_that_signal(int signal)
    {
        var outcome = await Run(_shop.Shell($"kill -{signal} $$; sleep 60"));
        Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(signal)), outcome);
    }

    [Theory]
    [InlineData("no-such-program", StartFailureKind.CommandNotFound)]
    [InlineData("./no-such-program", StartFailureKind.CommandNotFound)]
    [InlineData("", StartFailureKind.CommandNotFound)]
    public async Task B13_a_program_that_does_not_exist_is_not_found(string program, StartFailureKind kind)
    {
        var spec = _shop.Spec(program);
        var failure = await Fail(spec);
        Assert.Equal(kind, failure.Kind);
        Assert.Contains(program, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
    }

    [Fact]
    public async Task B13_a_file_without_permission_is_not_executable()
    {
        _shop.Write("plain.sh", "#!/bin/sh\n", executable: false);
        Assert.Equal(StartFailureKind.NotExecutable, (await Fail(_shop.Spec("./plain.sh"))).Kind);
    }

    [Fact]
    public async Task B13_a_working_directory_that_does_not_exist_is_named()
    {
        var failure = await Fail(_shop.Spec("/bin/true") with { WorkingDirectory = "/no/such/folder" });
        Assert.Equal(StartFailureKind.WorkingDirectoryNotFound, failure.Kind);
        Assert.Contains("/no/such/folder", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B46_values_that_are_read_at_start_reach_the_program_and_its_result_is_masked()
    {
        File.WriteAllText(Path.Combine(_shop.Folder, "secret"), "from a file\n");
        var spec = _shop.Shell("printf '%s|' \"$A\" \"$B\" \"$C\"; printf '\"%s\"' \"$B\" > $RUNNER_RESULT_FILE") with
        {
            Environment = [new("A", "replaced")],
            Secrets =
            [
                new("A", new SecretSource.Variable("PATH")),
                new("B", new SecretSource.File(Path.Combine(_shop.Folder, "secret"))),
                new("C", new SecretSource.Command(["/bin/sh", "-c", "echo from a command; echo not this >&2"])),
            ],
        };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        Assert.Equal("\"***\"", (await recorder.WhenEnded()).Result);
        Assert.Equal($"{Environment.GetEnvironmentVariable("PATH")}|from a file|from a command|", _shop.Stdout(spec));
        Assert.NotNull(SecretMask.Of(_shop.Files, spec.Key));

        foreach (var source in (SecretSource[])[new SecretSource.Command(["/bin/sh", "-c", "echo secret; exit 3"]),
            new SecretSource.Command(["/no/such"]), new SecretSource.File("/no/such")])
        {
            var wrong = _shop.Spec("/bin/true") with { Secrets = [new("X", source)] };
            var failure = await Fail(wrong);
            Assert.Equal(StartFailureKind.SecretNotAvailable, failure.Kind);
            Assert.StartsWith("The value of X cannot be read from the ", failure.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(_shop.Files.Mask(wrong.Key)));
        }
    }

    [Fact]
    public async Task B46_a_stop_while_values_are_read_ends_that_and_the_program_never_starts()
    {
        var fifo = _shop.Fifo("pids");
        var spec = _shop.Shell(
            "echo started") with { Secrets = [new("X", new SecretSource.Command(["/bin/sh", "-c", $"echo $$ > {fifo.Path}; exec sleep 1000"]))] };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var pids = await fifo.ReadNumbers();
        _runner.Stop(spec.Key, StopSignal.Kill);
        await recorder.WhenNeverStarted();
        Assert.True(SpinWait.SpinUntil(() => !Processes.IsAlive(pids[0]), TimeSpan.FromMinutes(2)));
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
    }

    [Fact]
    public async Task B13_a_user_that_does_not_exist_is_not_available()
    {
        Assert.Equal(StartFailureKind.UserNotAvailable, (await Fail(_shop.Spec("/bin/true") with { Recipe = Recipes.As("no-such-user") })).Kind);
    }

    [Fact]
    public async Task B13_too_many_arguments_are_too_long()
    {
        var spec = _shop.Spec("/bin/true") with { Command = ["/bin/true", .. Enumerable.Repeat(new string('x', 100_000), 100)] };
        Assert.Equal(StartFailureKind.ArgumentsTooLong, (await Fail(spec)).Kind);
    }

    [Fact]
    public async Task A_program_without_slash_is_looked_up_in_the_PATH_it_will_have()
    {
        _shop.Write("hello", "#!/bin/sh\necho hello\n");
        var spec = _shop.Spec("hello") with { Environment = [new("PATH", $"/no/such:{_shop.Folder}")] };
        await Succeed(spec);
        Assert.Equal("hello\n", _shop.Stdout(spec));
    }

    [Fact]
    public async Task A_relative_program_is_found_in_the_working_directory()
    {
        _shop.Write("hello", "#!/bin/sh\necho hello\n");
        var spec = _shop.Spec("./hello");
        await Succeed(spec);
        Assert.Equal("hello\n", _shop.Stdout(spec));
    }

    [Fact]
    public async Task B14_a_program_that_reads_stdin_gets_end_of_file()
    {
        var spec = _shop.Spec("/bin/cat");
        await Succeed(spec);
        Assert.Empty(_shop.Stdout(spec));
    }

    [Fact]
    public async Task B15_a_grandchild_that_holds_stdout_open_does_not_hold_the_run_open()
    {
        // In a session of its own it is not even killed with the group.
        var (ready, go) = (_shop.Fifo("ready"), _shop.Fifo("go"));
        var spec = _shop.Shell($"setsid sh -c 'echo $$ > {ready.Path}; exec sleep 600' & read x < {go.Path}; echo done");
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var pid = Assert.Single(await ready.ReadNumbers());
        try
        {
            await go.Write("go\n");
            Assert.Equal(new ProcessExit.Exited(0), (await recorder.WhenEnded()).Exit);
            Assert.Equal("done\n", _shop.Stdout(spec));
            Assert.True(Processes.IsAlive(pid));
        }
        finally
        {
            Processes.Kill(pid);
        }
    }

    [Theory]
    [InlineData("printf '{\"a\": [1, null]}'", """{"a": [1, null]}""", false)]
    [InlineData("printf 'null \\n'", "null \n", false)]
    [InlineData("true", null, false)]
    [InlineData("printf ''", null, false)]
    [InlineData("printf '{\"a\": 1} x'", null, true)]
    [InlineData("printf '{\"a\": '", null, true)]
    [InlineData("printf '\"\\377\"'", null, true)]
    [InlineData("head -c 1048577 /dev/zero | tr '\\0' 1", null, true)]
    public async Task A_result_is_kept_if_it_is_JSON_of_up_to_1_MiB(string command, string? result, bool problem)
    {
        var outcome = await Run(_shop.Shell(command == "true" ? command : $"({command}) > $RUNNER_RESULT_FILE; exit 5"));
        Assert.Equal(result, outcome.Result);
        Assert.Equal(problem, outcome.ResultProblem is not null);
    }

    [Fact]
    public async Task B17_a_program_that_obeys_ends_on_terminate_and_says_so()
    {
        var ready = _shop.Fifo("ready");
        var spec = _shop.Shell($"trap 'exit 9' TERM; echo $$ > {ready.Path}; while :; do sleep 0.01; done");
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        await ready.ReadNumbers();
        _runner.Stop(spec.Key, StopSignal.Terminate);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(9), StopSent: true), await recorder.WhenEnded());
    }

    [Fact]
    public async Task B17_a_stubborn_program_and_its_descendants_end_on_kill()
    {
        var ready = _shop.Fifo("ready");
        var spec = _shop.Shell($"trap '' TERM; (sleep 600; :) & child=$!; echo $$ $child > {ready.Path}; while :; do sleep 0.01; done");
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var pids = await ready.ReadNumbers();
        _runner.Stop(spec.Key, StopSignal.Terminate);
        _runner.Stop(spec.Key, StopSignal.Kill);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Signaled(9), StopSent: true), await recorder.WhenEnded());
        Assert.All(pids, pid => Assert.False(Processes.IsAlive(pid)));
    }

    [Fact]
    public async Task B18_a_stop_after_the_end_changes_nothing()
    {
        var spec = _shop.Shell("echo 1 > $RUNNER_RESULT_FILE");
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var outcome = await recorder.WhenEnded();
        _runner.Stop(spec.Key, StopSignal.Kill);
        await Succeed(_shop.Spec("/bin/true"));
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(0), Result: "1\n"), outcome);
        Assert.Equal(["Started", "Ended"], recorder.Reports);
    }

    [Fact]
    public async Task An_attempt_that_ran_is_not_started_a_second_time()
    {
        var spec = _shop.Shell("echo ran");
        await Succeed(spec);
        _runner.Forget(spec.Key);
        Assert.IsType<ProcessExit.Unknown>((await RunRecording(spec, "Ended")).Exit);
        Assert.Equal("ran\n", _shop.Stdout(spec));
    }

    [Fact]
    public async Task What_became_of_an_attempt_is_told_again_until_it_is_confirmed()
    {
        var spec = _shop.Shell("echo 1 > $RUNNER_RESULT_FILE; exit 3");
        var first = new Recorder();
        _runner.Start(spec, first);
        var outcome = await first.WhenEnded();

        var started = new Recorder();
        _runner.Start(spec, started);
        var recovered = new Recorder();
        _runner.Recover(spec, null, recovered);

        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(3), Result: "1\n"), outcome);
        Assert.Equal((outcome, outcome), (await started.WhenEnded(), await recovered.WhenEnded()));
    }

    [Fact]
    public async Task A_start_whose_turn_comes_when_the_node_may_start_nothing_leaves_no_trace()
    {
        var may = false;
        using var held = (IDisposable)Create(_shop.Options with { MayStart = () => may });
        var spec = _shop.Shell("echo started");
        var recorder = new Recorder();
        ((IFlowRunner)held).Start(spec, recorder);
        await recorder.WhenNeverStarted();
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));

        may = true;
        var again = new Recorder();
        ((IFlowRunner)held).Start(spec, again);
        Assert.Equal(new ProcessExit.Exited(0), (await again.WhenEnded()).Exit);
    }

    [Fact]
    public async Task B25_an_attempt_without_a_trace_was_never_started()
    {
        var recorder = new Recorder();
        _runner.Recover(_shop.Spec("/bin/true"), null, recorder);
        await recorder.WhenNeverStarted();
    }

    [Fact]
    public async Task B25_a_program_that_ended_while_the_node_was_down_is_accounted_for_with_its_result()
    {
        var spec = _shop.Shell("echo 42 > $RUNNER_RESULT_FILE");
        var first = new Recorder();
        _runner.Start(spec, first);
        var handle = await first.WhenStarted();
        await first.WhenEnded();
        using var second = (IDisposable)Create(_shop.Options);
        foreach (var known in new[] { handle, null })
        {
            var recorder = new Recorder();
            ((IFlowRunner)second).Recover(spec, known, recorder);
            var outcome = await recorder.WhenEnded();
            Assert.IsType<ProcessExit.Unknown>(outcome.Exit);
            Assert.Equal("42\n", outcome.Result);
            Assert.Equal(["Ended"], recorder.Reports);
        }
    }

    [Fact]
    public async Task Two_hundred_programs_run_at_once()
    {
        var gate = _shop.Fifo("gate");
        var runs = Enumerable.Range(0, 200).Select(i => (Spec: _shop.Shell($"read x < {gate.Path}; echo {i}"), Recorder: new Recorder()))
            .ToImmutableArray();
        foreach (var (spec, recorder) in runs)
        {
            _runner.Start(spec, recorder);
        }

        foreach (var (_, recorder) in runs)
        {
            await recorder.WhenStarted();
        }

        // All live at this point: none can pass before this is written, and a pipe that is open for reading and writing has no end.
        await using var open = new FileStream(gate.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        await open.WriteAsync("go\n"u8.ToArray().AsMemory());
        for (var i = 1; i < runs.Length; i++)
        {
            await open.WriteAsync("go\n"u8.ToArray().AsMemory());
        }

        for (var i = 0; i < runs.Length; i++)
        {
            Assert.Equal(new ProcessExit.Exited(0), (await runs[i].Recorder.WhenEnded()).Exit);
            Assert.Equal($"{i}\n", _shop.Stdout(runs[i].Spec));
        }
    }

    protected abstract IFlowRunner Create(SubprocessOptions options);

    private async Task Succeed(ProcessSpec spec) => Assert.Equal(new ProcessExit.Exited(0), (await Run(spec)).Exit);

    private Task<ProcessOutcome> Run(ProcessSpec spec) => RunRecording(spec, "Started", "Ended");

    private async Task<ProcessOutcome> RunRecording(ProcessSpec spec, params string[] reports)
    {
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var outcome = await recorder.WhenEnded();
        Assert.Equal(reports, recorder.Reports);
        return outcome;
    }

    private async Task<(StartFailureKind Kind, string Message)> Fail(ProcessSpec spec)
    {
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var failure = await recorder.WhenFailed();
        Assert.Equal(["StartFailed"], recorder.Reports);
        return failure;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TestJson : System.Text.Json.Serialization.JsonSerializerContext;
