using System.Diagnostics;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>The files of programs that run as another user, which takes a test that runs as root: elsewhere there is nothing to try.</summary>
public sealed class UserFilesTests : IDisposable
{
    private readonly Workshop _shop = new();
    private readonly SubprocessFlowRunner _runner;

    public UserFilesTests() => _runner = new SubprocessFlowRunner(_shop.Options);

    public void Dispose()
    {
        _runner.Dispose();
        _shop.Dispose();
    }

    [Fact]
    public async Task B47_a_run_of_another_user_reads_large_parameters_and_leaves_a_result_and_its_files_go_with_it()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var spec = Of("nobody", "wc -c < $RUNNER_PARAMETERS_FILE; printf 1 > $RUNNER_RESULT_FILE.new; "
            + "mv $RUNNER_RESULT_FILE.new $RUNNER_RESULT_FILE; echo $RUNNER_RESULT_FILE; echo again > /dev/stdout")
            with { Parameters = $$"""{"large":"{{new string('x', 200_000)}}"}""" };
        var outcome = await RunAsync(spec);

        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(0), Result: "1"), outcome);
        Assert.Equal("again\n", _shop.Stdout(spec));
        Assert.False(File.Exists(_shop.Files.Result(spec.Key)));
        Assert.Single(_runner.WithUserFiles(), spec.Key);
        _runner.Forget(spec.Key);
        Assert.True(SpinWait.SpinUntil(() => _runner.WithUserFiles().Count == 0, TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("ln -s $SECRET $RUNNER_RESULT_FILE", "The result file is a symbolic link and was not kept; write the file itself.")]
    [InlineData("mkfifo $RUNNER_RESULT_FILE", "The result file is not a regular file and was not kept.")]
    [InlineData("mkdir $RUNNER_RESULT_FILE", "The result file is not a regular file and was not kept.")]
    [InlineData(
        "head -c 2000000 /dev/zero > $RUNNER_RESULT_FILE",
        "The result file is larger than 1048576 bytes and was not kept; write large results elsewhere and leave their address here.")]
    public async Task B47_what_such_a_run_puts_in_the_place_of_its_result_is_not_followed_or_waited_for(string script, string problem)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var secret = _shop.Write("secret", "\"secret\"", executable: false);
        var outcome = await RunAsync(Of("nobody", $"rm -f $RUNNER_RESULT_FILE; {script.Replace("$SECRET", secret, StringComparison.Ordinal)}"));
        Assert.Equal(new ProcessOutcome(new ProcessExit.Exited(0), ResultProblem: problem), outcome);
    }

    [Fact]
    public async Task B47_a_result_that_is_another_users_file_is_not_read()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using var gate = new Gate();
        var spec = Of("nobody", $"echo $RUNNER_RESULT_FILE; {gate.Wait}");
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        await gate.Reached();
        // As a hard link would be, where the system lets a user make one.
        var place = _shop.Stdout(spec).Trim();
        File.Delete(place);
        File.WriteAllText(place, "\"secret\"");
        await gate.Open();
        Assert.Contains("belongs to another user than the program runs as", (await recorder.WhenEnded()).ResultProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B47_whatever_a_program_leaves_in_its_folder_is_removed_and_no_link_is_followed()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var kept = Directory.CreateDirectory(Path.Combine(_shop.Folder, "kept")).FullName;
        File.WriteAllText(Path.Combine(kept, "file"), "");
        var spec = Of("nobody", $"cd $(dirname $RUNNER_RESULT_FILE) && ln -s {kept} link && mkdir -p a/b/c && ln -s {kept} a/b/link && mkfifo a/pipe "
            + "&& touch \"$(printf 'a/not-\\377-utf8')\" && chmod 0 a/b && chmod 500 .");
        Assert.Equal(new ProcessExit.Exited(0), (await RunAsync(spec)).Exit);
        _runner.Forget(spec.Key);
        Assert.True(SpinWait.SpinUntil(() => _runner.WithUserFiles().Count == 0, TimeSpan.FromSeconds(30)));
        Assert.True(File.Exists(Path.Combine(kept, "file")));
    }

    [Theory]
    [InlineData(
        "writable", "may be written by others (mode 777), who could put something else in its place. Close it (chmod go-w), or name another.")]
    [InlineData("link", "is a link or a file, and not a folder. Name the folder itself.")]
    [InlineData(
        "below-closed", "lets other users not pass (mode 700), so that they do not reach their files in it. Open it (chmod o+x), or name another.")]
    [InlineData(
        "others", "belongs to another user (number 1), who could put something else in its place. Give it to the node's user, or name another.")]
    public async Task B47_a_base_that_others_could_replace_or_not_pass_is_refused(string kind, string says)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var folder = Directory.CreateDirectory(_shop.UserFiles).FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var place = Path.Combine(folder, "base");
        switch (kind)
        {
            case "writable":
                Directory.CreateDirectory(place);
                File.SetUnixFileMode(place, (UnixFileMode)0b111_111_111);
                break;
            case "link":
                File.CreateSymbolicLink(place, "/tmp");
                break;
            case "below-closed":
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);
                break;
            default:
                Directory.CreateDirectory(place);
                using (var chown = Process.Start("chown", ["1", place]))
                {
                    await chown.WaitForExitAsync();
                }

                break;
        }

        using var runner = new SubprocessFlowRunner(_shop.Options with { UserFilesDirectory = place });
        var (spec, recorder) = (Of("nobody", "true"), new Recorder());
        runner.Start(spec, recorder);
        var failure = await recorder.WhenFailed();
        var named = kind == "below-closed" ? folder : place;
        Assert.Equal(
            (StartFailureKind.Other, $"The folder '{named}', for files of programs under another user (setting user-files-dir), {says}"), failure);
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
    }

    [Fact]
    public async Task B47_a_later_life_finds_the_program_and_its_result_also_when_the_base_is_another()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using var gate = new Gate();
        var spec = Of("nobody", $"{gate.Wait}; echo 5 > $RUNNER_RESULT_FILE");
        var first = new SubprocessFlowRunner(_shop.Options);
        var started = new Recorder();
        first.Start(spec, started);
        await started.WhenStarted();
        await gate.Reached();
        first.Dispose();

        // By the mark in its environment alone, as when the node died before it knew the process.
        using (var elsewhere = new SubprocessFlowRunner(_shop.Options with { UserFilesDirectory = _shop.UserFiles + "-2" }))
        {
            var found = new Recorder();
            elsewhere.Recover(spec, null, found);
            Assert.Equal((await started.WhenStarted()).Pid, (await found.WhenStarted()).Pid);
        }

        using var again = new SubprocessFlowRunner(_shop.Options);
        var recovered = new Recorder();
        again.Recover(spec, null, recovered);
        await recovered.WhenStarted();
        await gate.Open();
        Assert.Equal("5\n", (await recovered.WhenEnded()).Result);
        again.Forget(spec.Key);
        Assert.True(SpinWait.SpinUntil(() => again.WithUserFiles().Count == 0, TimeSpan.FromSeconds(30)));
    }

    private static ProcessSpec Of(string user, string script) =>
        new(Workshop.NewKey(), ["/bin/sh", "-c", script], "/", [], "{}") { Recipe = Recipes.As(user) };

    private async Task<ProcessOutcome> RunAsync(ProcessSpec spec)
    {
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        return await recorder.WhenEnded();
    }

    /// <summary>Where a program of any user waits for a test: two pipes in a folder that all may pass.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gate-");
        private readonly Fifo _reached;
        private readonly Fifo _open;

        public Gate()
        {
            _reached = new Fifo(Path.Combine(_folder.FullName, "reached"));
            _open = new Fifo(Path.Combine(_folder.FullName, "open"));
            File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(_reached.Path, (UnixFileMode)0b110_110_110);
            File.SetUnixFileMode(_open.Path, (UnixFileMode)0b110_110_110);
        }

        public string Wait => $"echo 1 > {_reached.Path}; read x < {_open.Path}";

        public Task<int[]> Reached() => _reached.ReadNumbers();

        public Task Open() => _open.Write("go\n");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
