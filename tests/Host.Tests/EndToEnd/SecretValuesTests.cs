using System.Globalization;
using System.Text;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Variables whose values are read at start, with the real program: where the values are, and where they are shown.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretValuesTests : IDisposable
{
    private const string OfNode = "env-5ecr3t-value";
    private const string OfCommand = "cmd-s3cret";
    private const string OfFile = "-----BEGIN KEY-----\nabcdefgh12345678\nshort\n-----END KEY-----";

    private static readonly string[] Secrets = [OfNode, OfCommand, OfFile, "abcdefgh12345678", "BEGIN KEY"];

    private readonly string _root = Directory.CreateTempSubdirectory("runner-secrets-").FullName;

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task B46_a_secret_value_is_in_no_file_but_output_and_is_masked_wherever_that_is_shown()
    {
        using var node = await ServeAsync();
        using var client = node.Client();
        var run = (await client.SubmitAsync(new SubmitRun("s/all"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));

        var shown = await CheckShownAsync(client, run);
        Assert.Equal("node ***, ***.\nkey\n***\nend ***", shown);
        Assert.Equal("***\n", await CopyAsync(client, run, LogStream.Stderr));
        Assert.Equal($"node {OfNode}, {OfCommand}.\nkey\n{OfFile}\nend {OfNode}", await File.ReadAllTextAsync(OutputOf(Data, run)));

        foreach (var arguments in (string[][])[["run", "logs"], ["run", "logs", "--follow"], ["run", "logs", "--json"],
            ["run", "logs", "--follow", "--json"], ["run", "show"], ["run", "show", "--json"]])
        {
            var answer = await RunnerProgram.AskAsync(Data, [arguments[0], arguments[1], run.ToString(), .. arguments[2..]]);
            Assert.True(answer.ExitCode == 0, answer.ToString());
            AssertNone(answer.Out + answer.Error);
            Assert.Contains("***", answer.Out + answer.Error, StringComparison.Ordinal);
            if (arguments is ["run", "logs"] or ["run", "logs", "--follow"])
            {
                Assert.Equal((shown, "***\n"), (answer.Out, answer.Error));
            }
        }

        // The declaration, and never a value.
        var export = await RunnerProgram.AskAsync(Data, "export");
        Assert.Contains("{A: {from_env: NODE_SECRET}, B: {from_file: ", export.Out, StringComparison.Ordinal);
        var show = await RunnerProgram.AskAsync(Data, "deployment", "show", "s/all");
        Assert.Contains("A from the node's variable NODE_SECRET, B from the file ", show.Out, StringComparison.Ordinal);
        AssertNone(export.ToString() + show + await RunnerProgram.AskAsync(Data, "deployment", "show", "s/all", "--json"));

        await node.PrintsAsync("Completed");
        AssertNone(node.Output);
        Assert.Contains("| node ***, ***.", node.Output, StringComparison.Ordinal);
        AssertInOutputAlone(Data);

        // A later life of the node has never had the values.
        await node.KillAsync();
        using (var again = await RunnerProgram.StartNodeAsync(Data))
        {
            using var other = again.Client();
            Assert.Equal(shown, await CheckShownAsync(other, run));
            var archive = Path.Combine(_root, "b.tar.gz");
            Assert.Equal(0, (await RunnerProgram.AskAsync(Data, "backup", archive)).ExitCode);
            Assert.Equal(0, (await RunnerProgram.AskAsync(Data, "restore", archive, "--data", Path.Combine(_root, "copy"))).ExitCode);
        }

        AssertInOutputAlone(Path.Combine(_root, "copy"));
        using var copy = await RunnerProgram.StartNodeAsync(Path.Combine(_root, "copy"));
        using var restored = copy.Client();
        Assert.Equal(shown, await CheckShownAsync(restored, run));

        // Without the key nothing is shown, rather than shown unmasked.
        File.Delete(Path.Combine(_root, "copy", "mask-key"));
        var refused = await Assert.ThrowsAsync<RunnerApiException>(() => CopyAsync(restored, run, LogStream.Stdout));
        Assert.Equal(("output-replaced", 409), (refused.Code, refused.Status));
        Assert.Contains(
            "mask-key, is missing or damaged: the output is not shown. Put the key back from a backup", refused.Message, StringComparison.Ordinal);
        await foreach (var line in restored.FollowLogsAsync(run))
        {
            Assert.Equal("", line.Text);
            Assert.Contains("mask-key", line.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task B46_an_unfinished_line_of_a_program_with_secrets_is_held_back_while_it_runs()
    {
        var (half, rest) = (Path.Combine(_root, "half"), Path.Combine(_root, "rest"));
        using var node = await ServeAsync();
        using var client = node.Client();
        await client.RegisterAsync(
        [
            new DeploymentSpec
            {
                Name = "s/slow", Workdir = _root, Env = Secret("A", new EnvValue.FromEnv("NODE_SECRET")),
                Command = ["sh", "-c", $"mkfifo {half} {rest}; echo whole; printf 'x env-5ecr'; : >{half}; : <{rest}; printf '3t-value y'"],
            },
            new DeploymentSpec
            {
                Name = "s/none", Workdir = _root,
                Command = ["sh", "-c", $"printf 'x env-5ecr'; until mkfifo {half} 2>/dev/null; do sleep 0.05; done; : >{half}"]
            },
        ]);
        var run = (await client.SubmitAsync(new SubmitRun("s/slow"))).Id;
        await using var followed = client.FollowLogsAsync(run).GetAsyncEnumerator();
        Assert.True(await followed.MoveNextAsync());
        Assert.Equal("whole\n", followed.Current.Text);
        await WaitForAsync(half);

        using var now = new MemoryStream();
        var end = await client.CopyLogAsync(run, LogStream.Stdout, now);
        Assert.Equal(("whole\n", 6), (Text(now), end));
        Assert.Equal(6, await client.CopyLogAsync(run, LogStream.Stdout, new MemoryStream(), from: end));
        var asJson = await RunnerProgram.AskAsync(Data, "run", "logs", run.ToString(), "--json", "--stream", "stdout");
        Assert.Equal("""{"attempt":1,"stream":"stdout","position":"1:6:0","text":"whole\n"}""" + "\n", asJson.Out);

        await File.WriteAllTextAsync(rest, "");
        Assert.True(await followed.MoveNextAsync());
        Assert.Equal(("x *** y", "1:26:0"), (followed.Current.Text, followed.Current.Position));
        Assert.False(await followed.MoveNextAsync());
        Assert.Equal("x *** y", await CopyAsync(client, run, LogStream.Stdout, from: end));

        // Without secrets it is as it always was.
        File.Delete(half);
        var plain = (await client.SubmitAsync(new SubmitRun("s/none"))).Id;
        await WaitForAsync(half);
        Assert.Equal("x env-5ecr", await CopyAsync(client, plain, LogStream.Stdout));
    }

    [Fact]
    public async Task B46_a_line_without_an_end_is_shown_as_it_grows_and_no_value_is_cut()
    {
        var (grown, rest) = (Path.Combine(_root, "grown"), Path.Combine(_root, "rest"));
        using var node = await ServeAsync();
        using var client = node.Client();
        await client.RegisterAsync(
        [
            new DeploymentSpec
            {
                Name = "s/long", Workdir = _root, Env = Secret("A", new EnvValue.FromEnv("NODE_SECRET")),
                // The value lies across the places where readers cut: 64 KiB.
                Command = ["sh", "-c", $"mkfifo {grown} {rest}; printf '%65530s' x; printf %s \"$A\"; printf '%65526s' y; printf %.8s \"$A\"; "
                    + $": >{grown}; : <{rest}; printf %s \"${{A#????????}}\"; printf z"],
            },
        ]);
        var run = (await client.SubmitAsync(new SubmitRun("s/long"))).Id;
        var pieces = new StringBuilder();
        await using var followed = client.FollowLogsAsync(run).GetAsyncEnumerator();
        Assert.True(await followed.MoveNextAsync());
        pieces.Append(followed.Current.Text);
        await WaitForAsync(grown);
        var live = await CopyAsync(client, run, LogStream.Stdout);
        Assert.Equal(new string(' ', 65529) + "x***" + new string(' ', 65526 - 8 - 7), live.PadRight(65533 + 65511)[..(65533 + 65511)]);
        Assert.DoesNotContain("env-", live, StringComparison.Ordinal);

        await File.WriteAllTextAsync(rest, "");
        while (await followed.MoveNextAsync())
        {
            pieces.Append(followed.Current.Text);
        }

        var whole = new string(' ', 65529) + "x***" + new string(' ', 65525) + "y***z";
        Assert.Equal(whole, pieces.ToString());
        Assert.Equal(whole, await CopyAsync(client, run, LogStream.Stdout));
    }

    [Fact]
    public async Task B46_a_run_whose_value_cannot_be_read_says_which_and_what_to_do_and_one_that_waits_for_it_can_be_cancelled()
    {
        var waits = Path.Combine(_root, "waits");
        Shell.Run("mkfifo", waits);
        using var node = await ServeAsync();
        using var client = node.Client();
        await client.RegisterAsync(
        [
            new DeploymentSpec { Name = "s/missing", Workdir = _root, Command = ["true"], Env = Secret(
                "X", new EnvValue.FromFile(Path.Combine(_root, "missing"))) },
            new DeploymentSpec { Name = "s/hangs", Workdir = _root, Command = ["true"], Env = Secret(
                "X", new EnvValue.FromCommand(["sh", "-c", $"echo hangs > {waits}; sleep 1000"])) },
        ]);
        var missing = (await client.SubmitAsync(new SubmitRun("s/missing"))).Id;
        Assert.Equal("Crashed", await Waiting.UntilAsync(client, missing.ToString(), null));
        Assert.Equal(
            $"Secret not available: The value of X cannot be read from the file '{_root}/missing' (from_file): there is no such file on this node. "
            + "Put it there, or correct the path in the deployment.",
            (await client.RunAsync(missing)).State.Message);

        var hangs = (await client.SubmitAsync(new SubmitRun("s/hangs"))).Id;
        Assert.Equal("hangs\n", await File.ReadAllTextAsync(waits));
        await client.CancelAsync(hangs);
        Assert.Equal("Cancelled", await Waiting.UntilAsync(client, hangs.ToString(), null));
        Assert.False(Path.Exists(OutputOf(Data, hangs)));

        var wrong = await Assert.ThrowsAsync<RunnerApiException>(() => client.RegisterAsync(
        [
            new DeploymentSpec
            {
                Name = "s/wrong", Workdir = _root, Command = ["true"],
                Env = Secret("PATH", new EnvValue.FromEnv("X")).Add("A", new EnvValue.FromEnv("X=")).Add("B", new EnvValue.FromFile("relative"))
                    .Add("C", new EnvValue.FromCommand([])),
            },
        ]));
        Assert.Equal(
            [
                "env.A: from_env: expected the name of a variable of the node: 1 to 256 characters without '='",
                "env.B: from_file: expected the absolute path of a file on the node, up to 4095 characters",
                "env.C: from_command: expected a list of at least one text, the program first, e.g. [pass, show, name]",
                "env.PATH: its value is shown where a program is not found in it; declare it as a text",
            ],
            wrong.Problems.Select(p => $"{p.Field}: {p.Message}").Select(p => p[(p.IndexOf("env.", StringComparison.Ordinal))..]));
    }

    private async Task<RunnerProgram> ServeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_root, "key.pem"), OfFile + "\n");
        await File.WriteAllTextAsync(Path.Combine(_root, "cmd"), OfCommand);
        await File.WriteAllTextAsync(Path.Combine(_root, "d.yaml"), $$"""
            deployments:
              - name: s/all
                command:
                - sh
                - -c
                - 'printf "node %s, %s.\nkey\n%s\nend %s" "$A" "$C" "$B" "$A"; echo "$A" >&2; printf "{\"r\": \"%s\"}" "$C" > $RUNNER_RESULT_FILE'
                env:
                  A: {from_env: NODE_SECRET}
                  B: {from_file: {{_root}}/key.pem}
                  C: {from_command: [cat, {{_root}}/cmd]}
            """);
        var node = RunnerProgram.StartWith(
            ["env", $"NODE_SECRET={OfNode}", "dotnet"], Data, "serve", Path.Combine(_root, "d.yaml"), "--listen", "127.0.0.1:0", "--log-level",
            "debug");
        await node.PrintsAsync("s/all");
        while (!File.Exists(Path.Combine(Data, "node.json")))
        {
            await node.PrintsAsync("http");
        }

        return node;
    }

    /// <summary>What is shown of a run's output; the same from wherever in it one begins, but for what stands before.</summary>
    private static async Task<string> CheckShownAsync(RunnerClient client, Guid run)
    {
        var whole = await CopyAsync(client, run, LogStream.Stdout);
        AssertNone(whole);
        var length = $"node {OfNode}, {OfCommand}.\nkey\n{OfFile}\nend {OfNode}".Length;
        for (var from = 0; from <= length; from++)
        {
            using var output = new MemoryStream();
            Assert.Equal(length, await client.CopyLogAsync(run, LogStream.Stdout, output, from: from));
            Assert.EndsWith(Text(output), whole, StringComparison.Ordinal);
            if (from % 5 == 0)
            {
                var followed = new StringBuilder();
                await foreach (var line in client.FollowLogsAsync(run, LogStream.Stdout, from.ToString(CultureInfo.InvariantCulture)))
                {
                    followed.Append(line.Text);
                }

                Assert.Equal(Text(output), followed.ToString());
            }
        }

        return whole;
    }

    private static async Task<string> CopyAsync(RunnerClient client, Guid run, LogStream stream, long from = 0)
    {
        using var output = new MemoryStream();
        await client.CopyLogAsync(run, stream, output, from: from);
        return Text(output);
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());

    private static void AssertNone(string text) => Assert.All(Secrets, s => Assert.DoesNotContain(s, text, StringComparison.Ordinal));

    private static void AssertInOutputAlone(string data)
    {
        var files = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
            .Where(f => !f.EndsWith("/lock", StringComparison.Ordinal)).ToList();
        var with = files.Where(f => Secrets.Any(s => Encoding.Latin1.GetString(File.ReadAllBytes(f)).Contains(s, StringComparison.Ordinal))).ToList();
        Assert.NotEmpty(with);
        Assert.All(with, f => Assert.Contains(Path.GetExtension(f), new[] { ".stdout", ".stderr", ".result" }));
        Assert.Contains(files, f => f.EndsWith(".mask", StringComparison.Ordinal));
        Assert.Contains(files, f => Path.GetFileName(f) == "store.db");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "mask-key")));
    }

    /// <summary>Waits until a program opens that pipe, which it makes itself.</summary>
    private static async Task WaitForAsync(string fifo)
    {
        while (!Path.Exists(fifo))
        {
            await Task.Yield();
        }

        await File.ReadAllTextAsync(fifo);
    }

    private static string OutputOf(string data, Guid run) => Path.Combine(data, "output", run.ToString()[^2..], $"{run}.1.stdout");

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, EnvValue?> Secret(string name, EnvValue value) =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, EnvValue?>.Empty.Add(name, value);
}
