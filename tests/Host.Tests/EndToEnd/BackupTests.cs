using System.Diagnostics;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>`runner backup` of a node at work, and `runner restore` of what it made, with the real program.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-backup-").FullName;
    private readonly CancellationTokenSource _enough = new();

    private string Data => Path.Combine(_root, "data");

    private string Copy => Path.Combine(_root, "copy");

    public void Dispose()
    {
        _enough.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("b.tar.gz", true)]
    [InlineData("b.tar", false)]
    public async Task A_backup_under_load_restores_to_one_moment_and_what_ran_then_is_accounted_for(string name, bool withOutput)
    {
        using var node = await RunnerProgram.StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);
        var before = await RunToEndAsync(client, 20);
        var running = (await client.SubmitAsync(new SubmitRun("b/long"))).Id;
        await Waiting.UntilAsync(client, running.ToString(), "Running");
        var load = LoadAsync(client);
        var file = Path.Combine(_root, name);

        var answer = await RunnerProgram.AskAsync(Data, ["backup", file, .. withOutput ? Array.Empty<string>() : ["--no-output"], "--json"]);
        Assert.True(answer.ExitCode == 0, answer.ToString());
        Assert.Equal(new FileInfo(file).Length, JsonDocument.Parse(answer.Out).RootElement.GetProperty("bytes").GetInt64());
        await _enough.CancelAsync();
        var submitted = await load;
        Assert.NotEmpty(submitted);
        Assert.False(Directory.Exists(Path.Combine(Data, "backup")));
        Assert.DoesNotContain(await File.ReadAllTextAsync(Path.Combine(Data, "token")), await ListAsync(file), StringComparison.Ordinal);

        var restored = await RunnerProgram.AskAsync(Data, "restore", file, "--data", Copy);
        Assert.True(restored.ExitCode == 0, restored.ToString());
        using (var second = await RunnerProgram.StartNodeAsync(Copy))
        {
            using var copy = second.Client();

            // The program of the first node is not this one's: it is neither adopted nor touched.
            Assert.Equal("Crashed", await Waiting.UntilAsync(copy, running.ToString(), null));
            Assert.Equal("Running", (await client.RunAsync(running)).State.Name);
            foreach (var run in before)
            {
                Assert.Equal("Completed", (await copy.RunAsync(run)).State.Name);
                using var output = new MemoryStream();
                if (withOutput)
                {
                    await copy.CopyLogAsync(run, LogStream.Stdout, output);
                    Assert.Equal("out\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
                }
            }

            // Whatever the copy knows it brings to an end, each attempt in one process at most.
            var known = (await copy.RunsAsync(new ListRuns(Limit: 1_000))).Items.Select(r => r.Id).ToHashSet();
            Assert.All(known, id => Assert.Contains(id, (IEnumerable<Guid>)[.. before, running, .. submitted]));
            foreach (var run in known)
            {
                await Waiting.UntilAsync(copy, run.ToString(), null);
            }

            Assert.Equal(before.Length, known.Count(before.Contains));
            var schedule = (await copy.DeploymentAsync("b/scheduled")).NextRun;
            Assert.Equal((await client.DeploymentAsync("b/scheduled")).NextRun, schedule);
            Assert.Equal("Completed", await Waiting.UntilAsync(copy, (await copy.SubmitAsync(new SubmitRun("b/short"))).Id.ToString(), null));
            Assert.Equal(3, (await copy.LimitsAsync(new Messages.Limits.ListLimits())).Items.Single(l => l.Name == "three").Size);
            await StopAsync(second);
        }

        Assert.Equal("Running", (await client.RunAsync(running)).State.Name);
        await client.CancelAsync(running);
        await StopAsync(node);
    }

    [Fact]
    public async Task A_folder_with_a_node_is_refused_one_with_data_too_unless_forced_and_then_it_is_kept()
    {
        var file = Path.Combine(_root, "b.tar");
        using (var node = await RunnerProgram.StartNodeAsync(Data))
        {
            using var client = node.Client();
            await DeployAsync(client);
            Assert.Equal(0, (await RunnerProgram.AskAsync(Data, "backup", file)).ExitCode);
            await client.DeleteDeploymentAsync("b/short");

            var inUse = await RunnerProgram.AskAsync(Data, "restore", file, "--force");
            Assert.Equal(1, inUse.ExitCode);
            Assert.Contains($"is in use by another node (pid {node.Process.Id}", inUse.Error, StringComparison.Ordinal);
            await StopAsync(node);
        }

        var token = await File.ReadAllTextAsync(Path.Combine(Data, "token"));
        var refused = await RunnerProgram.AskAsync(Data, "restore", file);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is not empty", refused.Error, StringComparison.Ordinal);

        var forced = await RunnerProgram.AskAsync(Data, "restore", file, "--force", "--json");
        Assert.True(forced.ExitCode == 0, forced.ToString());
        var kept = JsonDocument.Parse(forced.Out).RootElement.GetProperty("kept").GetString()!;
        Assert.True(File.Exists(Path.Combine(kept, "store.db")));
        Assert.Equal(token, await File.ReadAllTextAsync(Path.Combine(Data, "token")));
        using var again = await RunnerProgram.StartNodeAsync(Data);
        using var restored = again.Client();
        Assert.Equal("b/short", (await restored.DeploymentAsync("b/short")).Spec.Name);
        await StopAsync(again);
    }

    [Theory]
    [InlineData("created='abc'")]
    [InlineData("exit_code='x'")]
    [InlineData("tags='{'")]
    [InlineData("ended='x'")]
    [InlineData("attempt='x'")]
    [InlineData("attempt=NULL")]
    public async Task B65_A_row_of_a_run_that_cannot_be_read_breaks_no_backup_and_its_output_is_in_it(string damage)
    {
        using var node = await RunnerProgram.StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);
        var ended = (await RunToEndAsync(client, 1))[0];
        var running = (await client.SubmitAsync(new SubmitRun("b/long"))).Id;
        await Waiting.UntilAsync(client, running.ToString(), "Running");
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(Data, "store.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the test's own text
            command.CommandText = $"UPDATE runs SET {damage}";
#pragma warning restore CA2100
            Assert.Equal(2, await command.ExecuteNonQueryAsync());
        }

        foreach (var output in (bool[])[true, false])
        {
            var file = Path.Combine(_root, $"damaged-{output}.tar");
            var answer = await RunnerProgram.AskAsync(Data, ["backup", file, .. output ? Array.Empty<string>() : ["--no-output"]]);
            Assert.True(answer.ExitCode == 0, $"{answer}\n{node.Output}");
            var list = await ListAsync(file);
            Assert.Contains($"{running}.1.stdout", list, StringComparison.Ordinal);
            Assert.Equal(output, list.Contains($"{ended}.1.stdout", StringComparison.Ordinal));
        }

        await StopAsync(node);
    }

    [Fact]
    public async Task The_operators_commands_work_on_a_real_node()
    {
        using var node = await RunnerProgram.StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);

        var health = await RunnerProgram.AskAsync(Data, "health");
        Assert.True(health.ExitCode == 0, health.ToString());
        Assert.All(["store", "lease", "alarms", "disk", "queue", "node"], c => Assert.Contains(c, health.Out, StringComparison.Ordinal));

        var yaml = (await RunnerProgram.AskAsync(Data, "export")).Out;
        var file = Path.Combine(_root, "all.yaml");
        await File.WriteAllTextAsync(file, yaml);
        var same = await RunnerProgram.AskAsync(Data, "import", file, "--yes");
        Assert.Equal((0, "unchanged: 4\nThe node has all of it already.\n"), (same.ExitCode, same.Out));
        await client.DeleteDeploymentAsync("b/short");
        await client.DeleteLimitAsync("three");
        Assert.EndsWith("Applied 2 changes.\n", (await RunnerProgram.AskAsync(Data, "import", file, "--yes")).Out, StringComparison.Ordinal);
        Assert.Equal(yaml, (await RunnerProgram.AskAsync(Data, "export")).Out);

        Assert.Equal(["b/long", "b/scheduled", "b/short"], Complete("runner deployment show b/"));
        Assert.Equal(["b/short"], Complete("runner submit b/sh"));
        Assert.Equal(["three"], Complete("runner limit set "));
        Assert.Equal(["--stream"], Complete("runner run logs x --str"));
        Assert.Equal(["deploy", "deployment", "deployments"], Complete("runner depl"));
        Assert.Equal(["cancel", "keep"], Complete("runner deployment delete x --runs ").Order());
        Assert.Empty(Complete("runner deploy nosuchfile"));

        // The lock's file is deleted under the node: another one could take the folder now.
        File.Delete(Path.Combine(Data, "lock"));
        var lost = await RunnerProgram.AskAsync(Data, "health", "--json");
        Assert.Equal(1, lost.ExitCode);
        Assert.Contains("it or its lock was moved, deleted or replaced", lost.Out, StringComparison.Ordinal);
        await StopAsync(node);
        Assert.Equal(1, (await RunnerProgram.AskAsync(Data, "health")).ExitCode);
    }

    /// <summary>What a real bash offers for a line.</summary>
    private string[] Complete(string line)
    {
        var script = Path.Combine(_root, "complete.bash");
        File.WriteAllText(script, $$"""
            runner() { dotnet exec '{{RunnerProgram.File}}' "$@"; }
            source <(runner completion bash)
            COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1)
            [[ $1 == *' ' ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _runner runner "${COMP_WORDS[COMP_CWORD]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """.ReplaceLineEndings("\n"));
        var start = new ProcessStartInfo("bash", [script, line]) { RedirectStandardOutput = true };
        start.Environment["RUNNER_DATA"] = Data;
        start.Environment.Remove("RUNNER_API_URL");
        start.Environment.Remove("RUNNER_TOKEN");
        start.Environment.Remove("RUNNER_TOKEN_FILE");
        using var process = Process.Start(start)!;
        var found = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return found;
    }

    private async Task DeployAsync(RunnerClient client)
    {
        DeploymentSpec Spec(string name, params string[] command) => new() { Name = name, Command = [.. command], Workdir = _root };
        await client.RegisterAsync(
        [
            Spec("b/short", "sh", "-c", "echo out") with { Limits = ["three"] },
            Spec("b/long", "sleep", "1000"),
            Spec("b/scheduled", "true") with { Schedules = [new ScheduleSpec { Cron = "0 0 1 1 *" }] },
        ]);
        await client.SetLimitAsync("three", 3);
    }

    private static async Task<Guid[]> RunToEndAsync(RunnerClient client, int count)
    {
        var runs = new List<Guid>();
        for (var n = 0; n < count; n++)
        {
            runs.Add((await client.SubmitAsync(new SubmitRun("b/short"))).Id);
        }

        foreach (var run in runs)
        {
            await Waiting.UntilAsync(client, run.ToString(), null);
        }

        return [.. runs];
    }

    /// <summary>Submits until it is enough.</summary>
    private async Task<List<Guid>> LoadAsync(RunnerClient client)
    {
        var runs = new List<Guid>();
        while (!_enough.IsCancellationRequested && runs.Count < 900)
        {
            runs.Add((await client.SubmitAsync(new SubmitRun("b/short"))).Id);
        }

        return runs;
    }

    private static async Task<string> ListAsync(string file)
    {
        await using var archive = File.OpenRead(file);
        await using var plain = file.EndsWith(".gz", StringComparison.Ordinal)
            ? new System.IO.Compression.GZipStream(archive, System.IO.Compression.CompressionMode.Decompress)
            : (Stream)archive;
        using var reader = new StreamReader(plain, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static async Task StopAsync(RunnerProgram node)
    {
        node.Interrupt();
        await node.EndsAsync();
    }
}
