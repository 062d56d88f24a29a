using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>What the Linux flow runner adds to the contract when it starts programs.</summary>
public sealed class SubprocessStartTests : IDisposable
{
    private readonly Workshop _shop = new();
    private readonly SubprocessFlowRunner _runner;

    public SubprocessStartTests() => _runner = new SubprocessFlowRunner(_shop.Options);

    public void Dispose()
    {
        _runner.Dispose();
        _shop.Dispose();
    }

    [Fact]
    public async Task A_program_starts_with_default_signals_no_mask_and_only_the_three_standard_descriptors()
    {
        var spec = _shop.Shell("echo $(ls /proc/self/fd) $(ps -o sid= -p $$) $(grep -E '^Sig(Blk|Ign)' /proc/self/status)");
        var (outcome, pid) = await Run(spec);
        Assert.Equal(new ProcessExit.Exited(0), outcome.Exit);

        // The C library keeps 32 and 33 for itself and ignores them while it starts a program; the last descriptor is that of ls.
        Assert.Matches($"^0 1 2 3 {pid} SigBlk: 0{{16}} SigIgn: 0{{7}}[01][08]0{{7}}\n$", _shop.Stdout(spec));
    }

    [Fact]
    public async Task B11_a_program_that_writes_to_a_closed_pipe_ends_by_SIGPIPE()
    {
        var spec = _shop.Shell("yes | head -n 1 > /dev/null; kill -PIPE $$");
        Assert.Equal(new ProcessExit.Signaled(13), (await Run(spec)).Outcome.Exit);
    }

    [Fact]
    public async Task Files_are_readable_by_their_owner_only()
    {
        var spec = _shop.Shell("true") with { Parameters = new string(' ', 100_000) };
        await Run(spec);
        foreach (var path in new[] { _shop.Files.Stdout(spec.Key), _shop.Files.Stderr(spec.Key), _shop.Files.Parameters(spec.Key) })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        _shop.Files.Delete(spec.Key);
        Assert.Empty(Directory.EnumerateFiles(_shop.Data, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task B13_a_script_whose_interpreter_is_missing_says_which()
    {
        _shop.Write("script", "#!/no/such/interpreter -x\n");
        var (kind, message) = await Fail(_shop.Spec("./script"));
        Assert.Equal(StartFailureKind.CommandNotFound, kind);
        Assert.Contains("'/no/such/interpreter' in the #! line", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B13_a_text_without_interpreter_is_no_program()
    {
        _shop.Write("script", "echo hello\n");
        var (kind, message) = await Fail(_shop.Spec("./script"));
        Assert.Equal(StartFailureKind.NotExecutable, kind);
        Assert.Contains("no #! line", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B13_a_directory_is_no_program()
    {
        Assert.Equal(StartFailureKind.NotExecutable, (await Fail(_shop.Spec("/tmp"))).Kind);
    }

    [Fact]
    public async Task B13_a_working_directory_that_is_a_file_is_none()
    {
        var path = _shop.Write("file", "");
        Assert.Equal(StartFailureKind.WorkingDirectoryNotFound, (await Fail(_shop.Spec("/bin/true") with { WorkingDirectory = path })).Kind);
    }

    [Fact]
    public async Task B13_a_character_NUL_or_a_variable_without_name_cannot_be_passed_on()
    {
        Assert.Equal(StartFailureKind.Other, (await Fail(_shop.Spec("/bin/true", "a\0b"))).Kind);
        Assert.Equal(StartFailureKind.Other, (await Fail(_shop.Spec("/bin/true") with { Environment = [new("A", "a\0b")] })).Kind);
        Assert.Equal(StartFailureKind.Other, (await Fail(_shop.Spec("/bin/true") with { Environment = [new("A=B", "c")] })).Kind);
        Assert.Equal(StartFailureKind.Other, (await Fail(_shop.Spec("/bin/true") with { Environment = [new("", "c")] })).Kind);
    }

    [Theory]
    [InlineData(NativeMethods.EAGAIN, StartFailureKind.ResourcesExhausted)]
    [InlineData(NativeMethods.ENOMEM, StartFailureKind.ResourcesExhausted)]
    [InlineData(NativeMethods.EMFILE, StartFailureKind.ResourcesExhausted)]
    [InlineData(NativeMethods.EACCES, StartFailureKind.NotExecutable)]
    [InlineData(NativeMethods.ELOOP, StartFailureKind.Other)]
    public void B13_what_the_system_refuses_is_told_apart(int error, StartFailureKind kind)
    {
        var failure = SpawnErrors.Explain(error, _shop.Spec("/bin/true"), "/bin/true");
        Assert.Equal(kind, failure.Kind);
        Assert.Contains("'/bin/true'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B13_a_data_folder_that_cannot_be_made_is_named()
    {
        using var runner = new SubprocessFlowRunner(new SubprocessOptions("/dev/null/data"));
        var recorder = new Recorder();
        runner.Start(_shop.Spec("/bin/true"), recorder);
        var (kind, message) = await recorder.WhenFailed();
        Assert.Equal(StartFailureKind.Other, kind);
        Assert.Contains("/dev/null", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_folder_that_was_removed_is_made_again()
    {
        var key = Workshop.NewKey();
        await Run(_shop.Spec("/bin/true") with { Key = key });
        Directory.Delete(_shop.Data, recursive: true);
        var (outcome, _) = await Run(_shop.Spec("/bin/true") with { Key = key with { Attempt = 2 } });
        Assert.Equal(new ProcessExit.Exited(0), outcome.Exit);
    }

    [Fact]
    public async Task A_failed_start_leaves_nothing_so_that_it_can_be_tried_again()
    {
        var script = _shop.Write("script", "#!/no/such/interpreter\n");
        var spec = _shop.Spec("./script");
        await Fail(spec);
        File.WriteAllText(script, "#!/bin/sh\necho better\n");
        await Run(spec);
        Assert.Equal("better\n", _shop.Stdout(spec));
    }

    [Fact]
    public async Task A_run_of_another_user_is_that_users_and_can_leave_a_result()
    {
        var spec = _shop.Shell("id -un; echo $HOME; echo 1 > $RUNNER_RESULT_FILE") with { Recipe = Recipes.As("daemon"), WorkingDirectory = "/" };
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Equal(StartFailureKind.UserNotAvailable, (await Fail(spec)).Kind);
            return;
        }

        var (outcome, _) = await Run(spec);
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(0), Result: "1\n"), outcome);
        Assert.StartsWith("daemon\n/", _shop.Stdout(spec), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_is_no_regular_file_is_refused_and_does_not_block()
    {
        var (pipe, _) = await Run(_shop.Shell("mkfifo $RUNNER_RESULT_FILE"));
        var (link, _) = await Run(_shop.Shell("ln -s /etc/hostname $RUNNER_RESULT_FILE"));
        Assert.Contains("not a regular file", pipe.ResultProblem, StringComparison.Ordinal);
        Assert.Contains("symbolic link", link.ResultProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B15_what_is_left_of_the_group_dies_with_the_program()
    {
        var spec = _shop.Shell("trap '' HUP TERM; sleep 600 & echo $!; exit 4");
        var (outcome, _) = await Run(spec);
        Assert.Equal(new ProcessExit.Exited(4), outcome.Exit);
        await Processes.WhenGone(int.Parse(_shop.Stdout(spec), System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<(ProcessOutcome Outcome, int Pid)> Run(ProcessSpec spec)
    {
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        return (await recorder.WhenEnded(), (await recorder.WhenStarted()).Pid);
    }

    private async Task<(StartFailureKind Kind, string Message)> Fail(ProcessSpec spec)
    {
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        return await recorder.WhenFailed();
    }
}
