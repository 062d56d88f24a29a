using System.Text;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A program that puts something else in the place of the files it was given, with the real program.</summary>
public sealed class ReplacedFilesTests : IAsyncLifetime
{
    private const string Secret = "secret of the node's user";

    /// <summary>What it finds in the place of its standard output, by the path «$f».</summary>
    private static readonly (string Name, string Make, string Said)[] Replacements =
    [
        ("link", "ln -s \"$SECRET\" \"$f\"", "a symbolic link"),
        ("pipe", "mkfifo \"$f\"", "a pipe"),
        ("folder", "mkdir \"$f\" && echo x > \"$f/x\" && ln -s \"$SECRET\" \"$f/y\"", "a folder"),
        ("device", "mknod \"$f\" c 1 5 || mkfifo \"$f\"", "a pipe, a socket or a device"),
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("runner-replaced-").FullName;
    private RunnerProgram _node = null!;
    private RunnerClient _client = null!;

    private string Data => Path.Combine(_root, "data");

    private string SecretFile => Path.Combine(_root, "secret");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(SecretFile, Secret);
        _node = RunnerProgram.StartWith(["env", "RUNNER_RETENTION_KEEP_AT_LEAST=0s", "dotnet"], Data, "node", "--listen", "127.0.0.1:0");
        await _node.ListensAsync();
        _client = _node.Client();
        await _client.RegisterAsync([.. Replacements.Select(r => Spec("b/" + r.Name, $"{r.Make}; echo err >&2")),
            Spec("b/plain", "") with { Command = ["sh", "-c", "echo out"] }]);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _node.Signal("TERM");
        await _node.EndsAsync();
        _node.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task B44_what_a_program_puts_in_the_place_of_its_output_is_left_out_and_said()
    {
        var runs = new Dictionary<string, Guid>();
        foreach (var (name, _, said) in Replacements)
        {
            var run = runs[name] = (await _client.SubmitAsync(new SubmitRun("b/" + name))).Id;
            Assert.Equal("Completed", await Waiting.UntilAsync(_client, run.ToString(), null));

            // The bytes as they are: refused for the one, there for the other.
            var refused = await Assert.ThrowsAsync<RunnerApiException>(() => _client.CopyLogAsync(run, LogStream.Stdout, new MemoryStream()));
            Assert.Equal(("output-replaced", 409), (refused.Code, refused.Status));
            using var error = new MemoryStream();
            await _client.CopyLogAsync(run, LogStream.Stderr, error);
            Assert.Equal("err\n", Encoding.UTF8.GetString(error.ToArray()));

            var logs = await RunnerProgram.AskAsync(Data, "run", "logs", run.ToString());
            Assert.Equal(1, logs.ExitCode);
            Assert.Equal("", logs.Out);
            Assert.Contains("Left out, the output of attempt 1: ", logs.Error, StringComparison.Ordinal);
            Assert.Contains("err\n", logs.Error, StringComparison.Ordinal);
            Assert.Contains(said, logs.Error, StringComparison.Ordinal);

            // As it comes, to the end.
            var followed = await RunnerProgram.AskAsync(Data, "run", "logs", run.ToString(), "--follow");
            Assert.Equal((0, ""), (followed.ExitCode, followed.Out));
            Assert.Contains("Left out, the output of attempt 1: ", followed.Error, StringComparison.Ordinal);
            Assert.Contains("err\n", followed.Error, StringComparison.Ordinal);
        }

        var plain = (await _client.SubmitAsync(new SubmitRun("b/plain"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(_client, plain.ToString(), null));
        var archive = Path.Combine(_root, "b.tar");
        var backup = await RunnerProgram.AskAsync(Data, "backup", archive);
        Assert.True(backup.ExitCode == 0, backup.ToString());
        Assert.All(Replacements, r => Assert.Contains($"{runs[r.Name]}.1.stdout ({r.Said}", backup.Error, StringComparison.Ordinal));
        Assert.DoesNotContain($"{plain}", backup.Error, StringComparison.Ordinal);
        await _node.PrintsAsync("Left out of the backup");
        Assert.DoesNotContain(Secret, await File.ReadAllTextAsync(archive, Encoding.Latin1), StringComparison.Ordinal);
        Assert.Equal(0, (await RunnerProgram.AskAsync(Data, "backup", Path.Combine(_root, "again.tar"))).ExitCode);

        // A backup with such runs restores; what was left out is accounted for.
        var copy = Path.Combine(_root, "copy");
        var restored = await RunnerProgram.AskAsync(Data, "restore", archive, "--data", copy);
        Assert.True(restored.ExitCode == 0, restored.ToString());
        Assert.Contains($"{runs["link"]}.1.stdout (a symbolic link)", restored.Out, StringComparison.Ordinal);

        // Deleted with their runs: the links, and not what they point to.
        var pruned = await RunnerProgram.AskAsync(Data, "prune", "--keep-runs", "0", "--yes");
        Assert.True(pruned.ExitCode == 0, pruned.ToString());
        Assert.All(runs.Values, run => Assert.False(Path.Exists(Path.Combine(Data, "output", run.ToString()[^2..], $"{run}.1.stdout"))));
        Assert.Equal(Secret, await File.ReadAllTextAsync(SecretFile));
    }

    [Fact]
    public async Task B44_the_follower_of_a_run_is_told_while_it_runs()
    {
        await _client.RegisterAsync([Spec("b/long", "ln -s \"$SECRET\" \"$f\"; while [ ! -e \"$SECRET.go\" ]; do sleep 0.05; done")]);
        var run = (await _client.SubmitAsync(new SubmitRun("b/long"))).Id;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.Run(async () =>
        {
            // Only this stream, whose file has been replaced before any reader opens it.
            await Waiting.UntilAsync(_client, run.ToString(), "Running");
            await foreach (var line in _client.FollowLogsAsync(run))
            {
                Assert.DoesNotContain(Secret, line.Text, StringComparison.Ordinal);
                if (line.Problem is not null)
                {
                    told.TrySetResult();
                }
            }
        });
        await File.WriteAllTextAsync(SecretFile + ".go", "");
        await reading.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("Completed", await Waiting.UntilAsync(_client, run.ToString(), null));
    }

    [Fact]
    public async Task B44_nothing_a_program_leaves_for_the_next_attempt_is_followed_or_waited_for()
    {
        // The names of the next attempt's files can be guessed.
        var spec = Spec("b/ahead", "") with
        {
            Command = ["sh", "-c",
                "n=${RUNNER_RESULT_FILE%.$RUNNER_ATTEMPT.result}; if [ $RUNNER_ATTEMPT = 1 ]; then ln -s \"$SECRET\" $n.2.stderr; "
                    + "mkfifo $n.2.result; mkdir $n.2.parameters; exit 1; fi; echo second >&2"],
            Retries = new RetrySpec { Count = 1 },
        };
        await _client.RegisterAsync([spec]);
        var run = (await _client.SubmitAsync(new SubmitRun("b/ahead"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(_client, run.ToString(), null));
        using var error = new MemoryStream();
        await _client.CopyLogAsync(run, LogStream.Stderr, error, 2);
        Assert.Equal("second\n", Encoding.UTF8.GetString(error.ToArray()));
        Assert.Equal(Secret, await File.ReadAllTextAsync(SecretFile));
    }

    [Fact]
    public async Task B44_a_result_file_that_is_none_is_not_kept_and_a_folder_of_output_that_is_a_link_is_left_out()
    {
        await _client.RegisterAsync(
        [
            Spec("b/result", "") with { Command = ["sh", "-c", "rm -f \"$RUNNER_RESULT_FILE\"; mkfifo \"$RUNNER_RESULT_FILE\""] },
            Spec("b/bucket", "") with { Command = ["sh", "-c", "d=$(dirname \"$RUNNER_RESULT_FILE\"); mv $d $d.away; ln -s $d.away $d; echo out"] },
        ]);
        var result = (await _client.SubmitAsync(new SubmitRun("b/result"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(_client, result.ToString(), null));
        var bucket = (await _client.SubmitAsync(new SubmitRun("b/bucket"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(_client, bucket.ToString(), null));
        var refused = await Assert.ThrowsAsync<RunnerApiException>(() => _client.CopyLogAsync(bucket, LogStream.Stdout, new MemoryStream()));
        Assert.Equal("output-replaced", refused.Code);
        var backup = await RunnerProgram.AskAsync(Data, "backup", Path.Combine(_root, "b.tar"));
        Assert.True(backup.ExitCode == 0, backup.ToString());
        Assert.Contains($"output/{bucket.ToString()[^2..]} (a symbolic link)", backup.Error, StringComparison.Ordinal);
    }

    private DeploymentSpec Spec(string name, string script) => new()
    {
        Name = name,
        Command = ["sh", "-c", $"f=${{RUNNER_RESULT_FILE%.result}}.stdout; mv \"$f\" \"$f.old\"; {script}"],
        Workdir = _root,
        Env = System.Collections.Immutable.ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("SECRET", SecretFile),
    };
}
