using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Runs of real other users, with the real program: each reaches its own files, and nobody else's. Takes a test that runs as root.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class OtherUsersTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-users-").FullName;

    /// <summary>Where all users may pass, and programs and the test meet.</summary>
    private readonly string _meeting = Directory.CreateTempSubdirectory("runner-meeting-").FullName;

    public OtherUsersTests() => File.SetUnixFileMode(_meeting, (UnixFileMode)0b111_101_101);

    private string Data => Path.Combine(_root, "data");

    private string Base => _root + "-files";

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        Directory.Delete(_meeting, recursive: true);
        if (Directory.Exists(Base))
        {
            Directory.Delete(Base, recursive: true);
        }
    }

    [Fact]
    public async Task B47_two_users_reach_their_own_files_and_not_each_others_also_after_the_node_was_killed()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using var node = await StartAsync();
        using var client = node.Client();
        await client.RegisterAsync([Spec("nobody"), Spec("daemon")]);
        var parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add("large", JsonElement.Parse($"\"{new string('x', 150_000)}\""));
        var runs = new Dictionary<string, Guid>();
        var files = new Dictionary<string, (string Result, string Parameters)>();
        foreach (var user in (string[])["nobody", "daemon"])
        {
            Fifo("reached." + user);
            Fifo("open." + user);
            runs[user] = (await client.SubmitAsync(new SubmitRun("u/" + user, parameters))).Id;
            Assert.Equal("here\n", await File.ReadAllTextAsync(Path.Combine(_meeting, "reached." + user)));
            var lines = (await OutputAsync(client, runs[user])).Split('\n');
            Assert.Equal(["150012", user], lines[..2]);
            files[user] = (lines[2], lines[3]);
        }

        // What is whose.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));
        Assert.Equal((UnixFileMode)0b111_001_001, File.GetUnixFileMode(Base));
        foreach (var (own, other) in (ReadOnlySpan<(string, string)>)[("nobody", "daemon"), ("daemon", "nobody")])
        {
            Assert.Equal(0, As(own, "cat", files[own].Parameters));
            Assert.Equal(0, As(own, "touch", Path.Combine(Path.GetDirectoryName(files[own].Result)!, "more")));
            Assert.NotEqual(0, As(own, "cat", files[other].Parameters));
            Assert.NotEqual(0, As(own, "cat", files[other].Result));
            Assert.NotEqual(0, As(own, "ls", Path.GetDirectoryName(files[other].Result)!));
            Assert.NotEqual(0, As(own, "touch", Path.Combine(Path.GetDirectoryName(files[other].Result)!, "more")));
            Assert.NotEqual(0, As(own, "mv", Path.GetDirectoryName(files[other].Result)!, Path.Combine(_meeting, "taken")));
            Assert.NotEqual(0, As(own, "mv", Path.GetDirectoryName(files[own].Result)!, Path.GetDirectoryName(files[own].Result)! + ".moved"));
            Assert.NotEqual(0, As(own, "ls", Base));
            Assert.NotEqual(0, As(own, "ls", Path.GetDirectoryName(Path.GetDirectoryName(files[own].Result))!));
            Assert.NotEqual(0, As(own, "ls", Data));
            Assert.NotEqual(0, As(own, "cat", Path.Combine(Data, "output", runs[own].ToString()[^2..], $"{runs[own]}.1.stdout")));
        }

        // The node's next life finds both, and what they leave.
        await node.KillAsync();
        using var again = await StartAsync();
        using var other2 = again.Client();
        foreach (var (user, run) in runs)
        {
            await File.WriteAllTextAsync(Path.Combine(_meeting, "open." + user), "go\n");
            await Waiting.UntilAsync(other2, run.ToString(), null);
            Assert.Equal($$"""{"who":"{{user}}"}""", (await other2.RunAsync(run)).Result?.GetRawText());
            Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(Path.GetDirectoryName(files[user].Result)), TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public async Task B47_what_a_killed_node_left_of_ended_attempts_is_removed_at_the_next_start()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        string place, unknown;
        using (var node = await StartAsync("RUNNER_RETENTION_KEEP_AT_LEAST=0s"))
        {
            using var client = node.Client();
            await client.RegisterAsync([new DeploymentSpec
            {
                Name = "u/short", Command = ["sh", "-c", "echo $RUNNER_RESULT_FILE; echo 1 > $RUNNER_RESULT_FILE"], Workdir = "/", User = "nobody"
            }]);
            unknown = await PlaceOfShortAsync(client);
            Assert.Equal(0, (await RunnerProgram.AskAsync(Data, "prune", "--keep-runs", "0", "--yes")).ExitCode);
            place = await PlaceOfShortAsync(client);
            await node.KillAsync();
        }

        // As if it had been killed before it came to that; one of them of a run that is not known any more.
        Directory.CreateDirectory(Path.Combine(place, "left"));
        Directory.CreateDirectory(unknown);
        using var again = await StartAsync();
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(place) && !Directory.Exists(unknown), TimeSpan.FromSeconds(30)));
    }

    /// <summary>Where the files of a run were that has ended.</summary>
    private static async Task<string> PlaceOfShortAsync(RunnerClient client)
    {
        var run = (await client.SubmitAsync(new SubmitRun("u/short"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        var place = Path.GetDirectoryName((await OutputAsync(client, run)).Trim())!;
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(place), TimeSpan.FromSeconds(30)));
        return place;
    }

    private async Task<RunnerProgram> StartAsync(params string[] variables)
    {
        var node = RunnerProgram.StartWith(["env", $"RUNNER_USER_FILES_DIR={Base}", .. variables, "dotnet"], Data, "node", "--listen", "127.0.0.1:0");
        await node.ListensAsync();
        return node;
    }

    private DeploymentSpec Spec(string user) => new()
    {
        Name = "u/" + user, Workdir = "/", User = user,
        Command =
        [
            "sh", "-c",
            "wc -c < $RUNNER_PARAMETERS_FILE; id -un; echo $RUNNER_RESULT_FILE; echo $RUNNER_PARAMETERS_FILE; "
                + $"echo here > {_meeting}/reached.{user}; read x < {_meeting}/open.{user}; "
                + "printf '{\"who\":\"%s\"}' $(id -un) > $RUNNER_RESULT_FILE.new; mv $RUNNER_RESULT_FILE.new $RUNNER_RESULT_FILE",
        ],
    };

    private void Fifo(string name)
    {
        Shell.Run("mkfifo", Path.Combine(_meeting, name));
        File.SetUnixFileMode(Path.Combine(_meeting, name), (UnixFileMode)0b110_110_110);
    }

    /// <summary>The exit code of a program that this user runs.</summary>
    private static int As(string user, params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "setpriv", ["--reuid", user, "--regid", Shell.Run("id", "-g", user).Trim(), "--clear-groups", "--", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardOutput.ReadToEnd();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static async Task<string> OutputAsync(RunnerClient client, Guid run)
    {
        using var output = new MemoryStream();
        await client.CopyLogAsync(run, LogStream.Stdout, output);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
