using System.Collections.Immutable;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

#pragma warning disable CA1416 // What is asserted about file modes is asserted where the project runs.

/// <summary>What a node makes is its owner's alone, with the real program.</summary>
public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode OpenFolder = (UnixFileMode)0x1ED; // 0755
    private const UnixFileMode OpenFile = (UnixFileMode)0x1A4; // 0644
    private const int OthersReadOrWrite = 0x36; // 066
    private const int OthersAnything = 0x3F; // 077

    private readonly string _root = Directory.CreateTempSubdirectory("runner-private-").FullName;

    private string Data => Path.Combine(_root, "data");

    private string Logs => Path.Combine(_root, "logs");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("000")]
    [InlineData("022")]
    [InlineData("0277")]
    public async Task B43_everything_a_node_makes_is_its_owners_alone_whatever_the_umask_and_the_folder(string umask)
    {
        string[] host = ["env", $"RUNNER_LOG_FILE={Logs}/node.log", "sh", "-c", $"umask {umask}; exec \"$0\" \"$@\"", "dotnet"];
        Directory.CreateDirectory(Data, OpenFolder);
        Directory.CreateDirectory(Logs, OpenFolder);
        foreach (var folder in (string[])[Data, Logs])
        {
            File.SetUnixFileMode(folder, OpenFolder);
        }

        // The log is as long as it may be: the node goes on in another file.
        await using (var full = new FileStream(Path.Combine(Logs, "node.log"), FileMode.CreateNew))
        {
            full.SetLength(65L << 20);
        }

        File.SetUnixFileMode(Path.Combine(Logs, "node.log"), OpenFile);
        var (archive, exported, copy) = (Path.Combine(_root, "b.tar.gz"), Path.Combine(_root, "e.jsonl"), Path.Combine(_root, "copy"));
        using (var node = RunnerProgram.StartWith(host, Data, "node", "--listen", "127.0.0.1:0"))
        {
            await node.ListensAsync();
            Assert.Contains("could be read by other users", node.Output, StringComparison.Ordinal);
            using var client = node.Client();
            await client.RegisterAsync(
            [
                new DeploymentSpec
                {
                    Name = "b/all",
                    Command = ["sh", "-c", "umask; echo 1 > \"$RUNNER_RESULT_FILE\"; chmod 600 \"$RUNNER_RESULT_FILE\""],
                    Workdir = _root,
                    Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add(
                        "text", JsonDocument.Parse($"\"{new string('x', 100_000)}\"").RootElement),
                },
            ]);
            var run = (await client.SubmitAsync(new SubmitRun("b/all"))).Id;
            Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
            using var output = new MemoryStream();
            await client.CopyLogAsync(run, LogStream.Stdout, output);
            // The program's umask is the one that the node was started with.
            Assert.Equal(Convert.ToInt32(umask, 8), Convert.ToInt32(System.Text.Encoding.UTF8.GetString(output.ToArray()).Trim(), 8));

            await RunAsync(host, "backup", archive);
            await RunAsync(host, "export", exported);
            Check(Data);
            CheckLogs();
            CheckFile(archive);
            CheckFile(exported);
            Assert.Contains(Directory.GetFiles(Data), f => f.EndsWith("store.db-wal", StringComparison.Ordinal));
            node.Signal("TERM");
            Assert.Equal(0, await node.EndsAsync());
        }

        Directory.CreateDirectory(copy);
        File.SetUnixFileMode(copy, OpenFolder);
        await RunAsync(host, "restore", archive, "--data", copy);
        Check(copy);
        await RunAsync(host, "restore", archive, "--data", copy, "--force");
        Check(copy);
    }

    [Fact]
    public async Task B43_what_an_older_node_left_open_is_closed()
    {
        Directory.CreateDirectory(Path.Combine(Data, "output", "ab"));
        Directory.CreateDirectory(Logs);
        string[] open = [Data, Path.Combine(Data, "output"), Path.Combine(Logs, "node_001.log"), Path.Combine(Logs, "node.log")];
        using (var node = await RunnerProgram.StartNodeAsync(Data))
        {
            node.Signal("TERM");
            await node.EndsAsync();
        }

        await File.WriteAllTextAsync(open[2], "");
        await File.WriteAllTextAsync(open[3], "");
        foreach (var path in (string[])[.. open, Path.Combine(Data, "store.db"), Path.Combine(Data, "lock")])
        {
            File.SetUnixFileMode(path, Directory.Exists(path) ? OpenFolder : OpenFile);
        }

        using (var node = RunnerProgram.StartWith(["env", $"RUNNER_LOG_FILE={Logs}/node.log", "dotnet"], Data, "node", "--listen", "127.0.0.1:0"))
        {
            await node.ListensAsync();
            Check(Data);
            CheckLogs();
        }
    }

    [Fact]
    public async Task B43_a_folder_of_another_user_is_refused_with_the_command_that_gives_it()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        Directory.CreateDirectory(Data);
        Shell.Run("chown", "65534", Data);
        var (code, output) = await RunnerProgram.RunAsync(Data, "node", "--listen", "127.0.0.1:0");
        Assert.Equal(1, code);
        Assert.Contains("belongs to another user (number 65534)", output, StringComparison.Ordinal);
        Assert.Contains($"chown -R 0 {Data}", output.Replace("'", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Data));
    }

    private async Task RunAsync(string[] host, params string[] arguments)
    {
        using var program = RunnerProgram.StartWith(host, Data, arguments);
        var code = await program.EndsAsync();
        Assert.True(code == 0, program.Output);
    }

    private void CheckLogs()
    {
        Assert.NotEmpty(Directory.GetFiles(Logs));
        Assert.All(Directory.GetFiles(Logs), CheckFile);
    }

    private static void Check(string folder)
    {
        CheckFolder(folder);
        Assert.NotEmpty(Directory.GetFiles(folder));
        Assert.All(Directory.GetDirectories(folder, "*", SearchOption.AllDirectories), CheckFolder);
        Assert.All(Directory.GetFiles(folder, "*", SearchOption.AllDirectories), CheckFile);
    }

    private static void CheckFile(string path)
    {
        var mode = (int)File.GetUnixFileMode(path);
        Assert.True((mode & OthersAnything) == 0, $"{path}: {Convert.ToString(mode, 8)}");
        Assert.True((mode & 0x180) == 0x180, $"{path}: {Convert.ToString(mode, 8)}");
    }

    // Where the node is root, others may pass through to what is theirs by name.
    private static void CheckFolder(string path)
    {
        var mode = (int)File.GetUnixFileMode(path);
        Assert.True((mode & (Environment.IsPrivilegedProcess ? OthersReadOrWrite : OthersAnything)) == 0, $"{path}: {Convert.ToString(mode, 8)}");
        Assert.True((mode & 0x1C0) == 0x1C0, $"{path}: {Convert.ToString(mode, 8)}");
    }
}
