using System.Diagnostics;
using System.Text;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;
using Runner.Actors.FlowRunners.Secrets;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>Variables whose values are read when a program is started.</summary>
public sealed class SecretVariableTests : IDisposable
{
    private readonly Workshop _shop = new();
    private readonly SubprocessFlowRunner _runner;

    public SecretVariableTests() => _runner = new SubprocessFlowRunner(_shop.Options);

    public void Dispose()
    {
        _runner.Dispose();
        _shop.Dispose();
    }

    [Fact]
    public async Task B46_a_program_gets_the_values_and_what_is_kept_is_their_fingerprints()
    {
        File.CreateSymbolicLink(Path.Combine(_shop.Folder, "link"), _shop.Write("secret", "from a file\n\n"));
        var spec = _shop.Shell(
            "printf '%s|' \"$A\" \"$B\" \"$C\"; printf '{\"k\\\\u0065y\": [\"is from a command!\", 1234567]}' > $RUNNER_RESULT_FILE") with
        {
            Secrets =
            [
                new("A", new SecretSource.Variable("PATH")),
                new("B", new SecretSource.File(Path.Combine(_shop.Folder, "link"))),
                new("C", Command("echo from a command!; echo 1>&2 not this")),
                new("D", Command("printf 1234567")),
                new("E", Command("printf keyword")),
            ],
        };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var outcome = await recorder.WhenEnded();

        Assert.Equal($"{Environment.GetEnvironmentVariable("PATH")}|from a file\n|from a command!|", _shop.Stdout(spec));
        // The result goes into the journal, so it is masked there.
        Assert.Equal("{\"key\":[\"is ***\",\"***\"]}", outcome.Result);
        Assert.NotNull(SecretMask.Of(_shop.Files, spec.Key));
        Assert.Equal("rw-------", Mode(_shop.Files.Mask(spec.Key)));
        Assert.Equal("rw-------", Mode(MaskKey.PathIn(_shop.Data)));
        Assert.All([_shop.Files.Mask(spec.Key), MaskKey.PathIn(_shop.Data)], path =>
            Assert.DoesNotContain("from a", Encoding.Latin1.GetString(File.ReadAllBytes(path)), StringComparison.Ordinal));

        _runner.Forget(spec.Key);
        _shop.Files.Delete(spec.Key);
        Assert.False(File.Exists(_shop.Files.Mask(spec.Key)));
    }

    [Fact]
    public async Task B46_what_is_wrong_with_a_result_does_not_say_the_value()
    {
        var spec = _shop.Shell("printf %s \"$X\" > $RUNNER_RESULT_FILE") with { Secrets = [new("X", Command("printf nosecret"))] };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        Assert.StartsWith(
            "The result file is not one JSON value and was not kept: '***' is an invalid JSON literal.", (await recorder.WhenEnded()).ResultProblem,
            StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Failures => new()
    {
        { "env RUNNER_NO_SUCH", "The value of X cannot be read from the node's variable 'RUNNER_NO_SUCH' (from_env): the node was started without "
            + "it. Set it where the node is started, and start the node again." },
        { "file missing", "The value of X cannot be read from the file '{}/missing' (from_file): there is no such file on this node. "
            + "Put it there, or correct the path in the deployment." },
        { "file fifo", "The value of X cannot be read from the file '{}/fifo' (from_file): it is not a plain file. Name a file, or a link to one." },
        {
            "file folder",
            "The value of X cannot be read from the file '{}/folder' (from_file): it is not a plain file. Name a file, or a link to one."
        },
        { "file large", "The value of X cannot be read from the file '{}/large' (from_file): the value is larger than 65536 bytes. "
            + "Hand the program the path of a file instead." },
        { "file nul", "The value of X cannot be read from the file '{}/nul' (from_file): the value holds the character NUL, "
            + "which no variable can have. Hand it over encoded (base64), or in a file." },
        { "file latin", "The value of X cannot be read from the file '{}/latin' (from_file): the value is no text in UTF-8. "
            + "Hand it over encoded (base64), or in a file." },
        { "command echo s3cr3t; exit 3", "The value of X cannot be read from the command '/bin/sh' '-c' 'echo s3cr3t; exit 3' (from_command): it "
            + "ended with exit code 3. Run it by hand as the node's user to see why: its output is not shown here, as it may have the value in it." },
        { "command kill -9 $$", "The value of X cannot be read from the command '/bin/sh' '-c' 'kill -9 $$' (from_command): "
            + "it was ended by signal 9. Run it by hand as the node's user to see why." },
        { "command yes", "The value of X cannot be read from the command '/bin/sh' '-c' 'yes' (from_command): the value is larger than 65536 bytes. "
            + "Hand the program the path of a file instead." },
        { "program no-such-program", "The value of X cannot be read from the command 'no-such-program' (from_command): "
            + "there is no program 'no-such-program' in PATH ({PATH}) on this node; install it or correct PATH." },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task B46_a_value_that_cannot_be_read_fails_the_start_and_says_why(string source, string message)
    {
        _ = _shop.Fifo("fifo");
        Directory.CreateDirectory(Path.Combine(_shop.Folder, "folder"));
        File.WriteAllText(Path.Combine(_shop.Folder, "large"), new string('x', 64 * 1024 + 1));
        File.WriteAllBytes(Path.Combine(_shop.Folder, "nul"), [1, 0, 2]);
        File.WriteAllBytes(Path.Combine(_shop.Folder, "latin"), [0xE9, 0x20]);
        var (kind, what) = (source.Split(' ')[0], source[(source.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        var spec = _shop.Shell("echo started") with
        {
            Secrets =
            [
                new("X", kind switch
                {
                    "env" => new SecretSource.Variable(what),
                    "file" => new SecretSource.File(Path.Combine(_shop.Folder, what)),
                    "program" => new SecretSource.Command([what]),
                    _ => Command(what),
                }),
            ],
        };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var failure = await recorder.WhenFailed();

        Assert.Equal(
            (StartFailureKind.SecretNotAvailable, message.Replace("{}", _shop.Folder, StringComparison.Ordinal)
                .Replace("{PATH}", Environment.GetEnvironmentVariable("PATH"), StringComparison.Ordinal)),
            failure);
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
        Assert.False(File.Exists(_shop.Files.Mask(spec.Key)));
    }

    [Fact]
    public void B46_a_value_of_the_largest_size_is_taken_and_its_line_feed_is_not_counted()
    {
        var text = new string('x', SecretValues.LargestValue);
        File.WriteAllText(Path.Combine(_shop.Folder, "file"), text + "\n");
        var values = SecretValues.Read(
            [new("A", new SecretSource.File(Path.Combine(_shop.Folder, "file"))), new("B", Command($"cat {_shop.Folder}/file"))],
            (command, cancel) => SecretCommand.Run(command, SecretCommand.Longest, cancel), CancellationToken.None);
        Assert.Equal([text, text], values.All.Select(v => v.Value));
    }

    [Fact]
    public async Task B46_a_command_that_takes_too_long_is_killed_with_its_group()
    {
        var fifo = _shop.Fifo("pids");
        var failed = Task.Run(() => Assert.Throws<SecretFailure>(() => SecretCommand.Run(
            ["/bin/sh", "-c", $"sleep 1000 & echo $$ $! > {fifo.Path}; wait"], TimeSpan.FromSeconds(1), CancellationToken.None)));
        var pids = await fifo.ReadNumbers();

        Assert.Equal(
            "it had not ended after 1 seconds and was killed. See that it needs nobody's answer and nothing that is away.", (await failed).Message);
        // A killed process is gone a moment after.
        foreach (var pid in pids)
        {
            await Processes.WhenGone(pid);
        }
    }

    [Fact]
    public void B46_what_a_command_leaves_behind_holds_nothing_up()
    {
        var value = SecretCommand.Run(["/bin/sh", "-c", "sleep 1000 & printf value"], TimeSpan.FromMinutes(2), CancellationToken.None);
        Assert.Equal("value", Encoding.UTF8.GetString(value));
    }

    [Theory]
    [InlineData(StopSignal.Terminate)]
    [InlineData(StopSignal.Kill)]
    public async Task B46_a_stop_ends_the_command_at_once_and_the_program_never_starts(StopSignal signal)
    {
        var fifo = _shop.Fifo("pids");
        var spec = _shop.Shell("echo started") with { Secrets = [new("X", Command($"trap '' TERM; sleep 1000 & echo $$ $! > {fifo.Path}; wait"))] };
        var recorder = new Recorder();
        _runner.Start(spec, recorder);
        var pids = await fifo.ReadNumbers();
        _runner.Stop(spec.Key, signal);

        await recorder.WhenNeverStarted();
        Assert.All(pids, pid => Assert.True(SpinWait.SpinUntil(() => !IsAlive(pid), TimeSpan.FromMinutes(2))));
        Assert.False(File.Exists(_shop.Files.Stdout(spec.Key)));
    }

    [Fact]
    public async Task B46_a_command_that_hangs_holds_up_no_other_start()
    {
        var fifo = _shop.Fifo("pids");
        var hanging = Enumerable.Range(0, 12)
            .Select(_ => _shop.Shell("true") with { Secrets = [new("X", Command($"echo $$ > {fifo.Path}; exec sleep 1000"))] }).ToList();
        var recorders = hanging.Select(spec =>
        {
            var recorder = new Recorder();
            _runner.Start(spec, recorder);
            return recorder;
        }).ToList();
        _ = await fifo.ReadNumbers();
        var other = new Recorder();
        _runner.Start(_shop.Shell("true") with { Secrets = [new("X", new SecretSource.Variable("PATH"))] }, other);
        Assert.Equal(new ProcessExit.Exited(0), (await other.WhenEnded()).Exit);

        // Also those whose turn has not come are stopped at once.
        hanging.ForEach(spec => _runner.Stop(spec.Key, StopSignal.Terminate));
        await Task.WhenAll(recorders.Select(r => r.WhenNeverStarted()));
    }

    [Fact]
    public async Task B46_the_end_of_the_node_ends_the_command()
    {
        var fifo = _shop.Fifo("pids");
        var runner = new SubprocessFlowRunner(_shop.Options);
        runner.Start(_shop.Shell("true") with { Secrets = [new("X", Command($"echo $$ > {fifo.Path}; exec sleep 1000"))] }, new Recorder());
        var pids = await fifo.ReadNumbers();
        runner.Dispose();
        foreach (var pid in pids)
        {
            await Processes.WhenGone(pid);
        }
    }

    [Fact]
    public async Task B46_an_attempt_that_an_earlier_life_started_keeps_its_mask()
    {
        var secret = _shop.Write("secret", "the first value");
        var spec = _shop.Shell("printf %s \"$X\"") with { Secrets = [new("X", new SecretSource.File(secret))] };
        var first = new Recorder();
        _runner.Start(spec, first);
        await first.WhenEnded();
        _runner.Forget(spec.Key);
        var mask = File.ReadAllBytes(_shop.Files.Mask(spec.Key));

        File.Delete(secret);
        var second = new Recorder();
        _runner.Start(spec, second);
        Assert.IsType<ProcessExit.Unknown>((await second.WhenEnded()).Exit);
        Assert.Equal(mask, File.ReadAllBytes(_shop.Files.Mask(spec.Key)));
    }

    private static SecretSource Command(string script) => new SecretSource.Command(["/bin/sh", "-c", script]);

    private static bool IsAlive(int pid) => ProcFiles.ReadStat(pid) is { IsDead: false };

    private static string Mode(string path)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%A", path]) { RedirectStandardOutput = true })!;
        return stat.StandardOutput.ReadToEnd().Trim()[1..];
    }
}
