using System.Diagnostics;
using System.Text.RegularExpressions;
using Runner.Client;
using Runner.Host.Tests.Telemetry;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>The real program on a PostgreSQL database: what it says, who may have the database, and how it is copied.</summary>
public sealed partial class PostgresNodeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-postgres-node-").FullName;

    private string Data => Path.Combine(_root, "data");

    private string Other => Path.Combine(_root, "other");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_node_works_on_a_database_says_how_it_is_and_goes_on_where_it_was_killed()
    {
        var database = await PostgresSettings.CreateAsync(_root);
        Guid running;
        using (var node = await database.StartNodeAsync(Data))
        {
            using var client = node.Client();
            await DeployAsync(client);
            await CompletesAsync(client);
            running = (await client.SubmitAsync(new SubmitRun("p/long"))).Id;
            await Waiting.UntilAsync(client, running.ToString(), "Running");

            Assert.Contains("The store answers.", (await AnswersAsync(0, "health")).Out, StringComparison.Ordinal);
            await MetricsAsync(node, client);
            Assert.InRange(await SizeAsync(node, client), 1_000_000, 1_000_000_000);
            Assert.Empty(Directory.GetFiles(Data, "store.db*"));
            await node.KillAsync();
        }

        using (var node = await database.StartNodeAsync(Data))
        {
            using var client = node.Client();
            Assert.Equal("Running", (await client.RunAsync(running)).State.Name);
            await client.CancelAsync(running);
            Assert.Equal("Cancelled", await Waiting.UntilAsync(client, running.ToString(), null));
            await CompletesAsync(client);
            await StopAsync(node);
            Assert.DoesNotContain(PostgresServer.Password, node.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_second_node_on_a_database_is_refused_and_leaves_the_first_alone()
    {
        var database = await PostgresSettings.CreateAsync(_root);
        using var node = await database.StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);

        using (var second = RunnerProgram.Start(Other, ["node", "--listen", "127.0.0.1:0", .. database.Flags]))
        {
            Assert.Equal(1, await second.EndsAsync());
            Assert.Equal(
                $"error: Another node uses the PostgreSQL database «{database.Database}» on 127.0.0.1:{(await SharedPostgres.ServerAsync()).Port}: "
                + $"process {node.Process.Id} on {Environment.MachineName}. Stop it, or give this node another database.\n", second.Output);
        }

        Assert.False(File.Exists(Path.Combine(Other, "node.json")));
        await CompletesAsync(client);
        await StopAsync(node);

        // Who stops in order gives it back: nobody waits for a lease.
        using var after = await database.StartNodeAsync(Other);
        await StopAsync(after);
    }

    [Fact]
    public async Task A_node_that_is_taken_over_from_says_so_ends_its_programs_and_ends_with_1()
    {
        var database = await PostgresSettings.CreateAsync(_root);
        using var node = await database.StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);
        var running = (await client.SubmitAsync(new SubmitRun("p/long"))).Id;
        await Waiting.UntilAsync(client, running.ToString(), "Running");
        var pid = (await client.RunAsync(running)).Pid!.Value;

        await (await SharedPostgres.ServerAsync())
            .ExecuteAsync(database.Database, "UPDATE leases SET owner = 'another', expires = now() + interval '10 minutes'");

        Assert.Equal(1, await node.EndsAsync());
        Assert.Contains("error: Another node has taken over the PostgreSQL database", node.Output, StringComparison.Ordinal);
        Assert.False(IsAlive(pid));
        Assert.False(File.Exists(Path.Combine(Data, "node.json")));
        Cleanly.Check(node.Output);
    }

    [Theory]
    [InlineData(
        "Host=127.0.0.1;Port=1;Database=runner;Username=runner",
        "The PostgreSQL database «runner» on 127.0.0.1:1 cannot be reached: see that the server runs and listens there.")]
    [InlineData("Database=runner;Username=runner", "runner.store.connection: The connection of the PostgreSQL store names no host")]
    public async Task A_database_that_is_not_there_keeps_a_node_from_starting(string connection, string says)
    {
        using var node = RunnerProgram.Start(Data, "node", "--listen", "127.0.0.1:0", "--store", "postgresql", "--store-connection", connection);

        Assert.Equal(1, await node.EndsAsync());

        Assert.StartsWith($"error: {says}", node.Output, StringComparison.Ordinal);
        Assert.Single(node.Output.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(Path.Combine(Data, "node.json")));
        Cleanly.Check(node.Output);
    }

    /// <summary>As docs/backup.md has it, with the commands that the refusal says.</summary>
    [Fact]
    public async Task A_backup_is_refused_with_the_commands_that_make_one_and_what_they_make_is_restored()
    {
        var database = await PostgresSettings.CreateAsync(_root);
        Guid run;
        using (var node = await database.StartNodeAsync(Data))
        {
            using var client = node.Client();
            await DeployAsync(client);
            run = await CompletesAsync(client);
            var refused = await AnswersAsync(1, "backup", Path.Combine(_root, "b.tar"));
            var commands = Commands().Match(refused.Error);
            Assert.True(commands.Success, refused.Error);
            Sh(commands.Groups[1].Value);
            Sh(commands.Groups[2].Value);
            await DeleteAsync(client);
            await StopAsync(node);
        }

        var copy = await PostgresSettings.CreateAsync(_root);
        var dump = new Npgsql.NpgsqlConnectionStringBuilder(copy.Connection);
        Sh($"pg_restore -h {dump.Host} -p {dump.Port} -U {dump.Username} -d {copy.Database} --no-owner --exit-on-error runner.dump");
        Directory.CreateDirectory(Other);
        Sh($"tar -C {Other} -xf output.tar");
        using (var node = await copy.StartNodeAsync(Other))
        {
            using var client = node.Client();
            Assert.Equal("Completed", (await client.RunAsync(run)).State.Name);
            using var output = new MemoryStream();
            await client.CopyLogAsync(run, LogStream.Stdout, output);
            Assert.Equal("out\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
            await CompletesAsync(client);
            await StopAsync(node);
        }
    }

    [GeneratedRegex(@": (pg_dump .*)\. After it copy the output of runs: (tar .*)\. How to restore", RegexOptions.CultureInvariant)]
    private static partial Regex Commands();

    private static Task DeployAsync(RunnerClient client) => client.RegisterAsync(
    [
        new DeploymentSpec { Name = "p/short", Command = ["echo", "out"], Workdir = "/" },
        new DeploymentSpec { Name = "p/long", Command = ["sleep", "1000"], Workdir = "/" },
    ]);

    private static Task DeleteAsync(RunnerClient client) => client.DeleteDeploymentAsync("p/short");

    private static async Task<Guid> CompletesAsync(RunnerClient client)
    {
        var run = (await client.SubmitAsync(new SubmitRun("p/short"))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        return run;
    }

    private static async Task StopAsync(RunnerProgram node)
    {
        node.Interrupt();
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
    }

    private async Task<Answer> AnswersAsync(int exitCode, params string[] command)
    {
        var answer = await Cleanly.AskAsync(Data, command);
        Assert.True(answer.ExitCode == exitCode, $"{string.Join(' ', command)}: {answer}");
        return answer;
    }

    /// <summary>The store's size as the metrics have it: each reading is the answer to the question of the one before.</summary>
    private static async Task<double> SizeAsync(RunnerProgram node, RunnerClient client)
    {
        while (true)
        {
            if (Exposition.Parse(await MetricsAsync(node, client)).Samples.TryGetValue("runner_store_size_bytes", out var size))
            {
                return size;
            }
        }
    }

    // Killed, it may be a zombie for as long as whoever inherited it likes.
    private static bool IsAlive(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static async Task<string> MetricsAsync(RunnerProgram node, RunnerClient client)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.Url, "/metrics"));
        request.Headers.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(node.Data, "token"))).Trim());
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>A command for a shell, in the test's folder.</summary>
    private void Sh(string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = _root, RedirectStandardError = true };
        start.Environment["PGPASSWORD"] = PostgresServer.Password;
        start.Environment["PATH"] = $"{PostgresServer.Binaries}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {error}");
    }
}
