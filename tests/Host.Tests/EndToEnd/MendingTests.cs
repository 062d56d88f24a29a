using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A damaged store in the hands of a person: what the program says of it, and how it is mended, with a node and without.</summary>
public sealed class MendingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-mending-").FullName;

    private string Data => Path.Combine(_root, "data");

    private string Store => Path.Combine(Data, "store.db");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task B66_While_no_node_runs_the_event_is_skipped_in_the_data_folder_and_verify_says_so()
    {
        var run = await FillAsync();
        Assert.StartsWith("Nothing is wrong. Read in ", await DoAsync("verify"), StringComparison.Ordinal);
        Damage($"UPDATE journal SET manifest = 'run.scheduleD/1' WHERE persistence_id = 'FlowRun/{run}' AND sequence_number = 1");

        var verified = await AskAsync("verify");
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains($"Event 1 of FlowRun/{run} cannot be read (", verified.Out, StringComparison.Ordinal);
        Assert.Contains($"runner journal skip FlowRun/{run} 1, or restore a backup", verified.Out, StringComparison.Ordinal);
        Assert.Contains("1 thing is wrong.", verified.Out, StringComparison.Ordinal);

        await Cleanly.RefusesAsync(Data, 2, "say --yes", "journal", "skip", run, "1");
        await Cleanly.RefusesAsync(Data, 2, "names no entity", "journal", "skip", "Nothing/x", "1", "--yes");
        await Cleanly.RefusesAsync(Data, 1, "its event 1 comes before it and cannot be read either", "journal", "skip", run, "2", "--yes");
        Assert.StartsWith(
            $"Event 1 of FlowRun/{run} is left out. The run is gone", await DoAsync("journal", "skip", run, "1", "--yes", "--reason", "a disk"),
            StringComparison.Ordinal);

        Assert.StartsWith("Nothing is wrong.", await DoAsync("verify"), StringComparison.Ordinal);
        using var node = await RunnerProgram.StartNodeAsync(Data);
        await Cleanly.RefusesAsync(Data, 1, $"There is no run '{run}'", "run", "show", run);
        await EndAsync(node);
    }

    [Fact]
    public async Task B66_While_a_node_runs_it_says_what_is_damaged_and_skips_it_itself()
    {
        var run = await FillAsync();
        Damage($"UPDATE journal SET message = substr(message, 1, 9) WHERE persistence_id = 'FlowRun/{run}' AND sequence_number = 2");
        Damage("UPDATE journal SET manifest = 'deployment.declareD/1' WHERE persistence_id = 'Deployment/mend/it'");
        using var node = await RunnerProgram.StartNodeAsync(Data);

        await Cleanly.RefusesAsync(Data, 1, $"FlowRun/{run} cannot be read and rests: its event 2 cannot be read", "run", "show", run);
        await Cleanly.RefusesAsync(Data, 1, "`runner journal skip Deployment/mend/it 1`", "deployment", "show", "mend/it");
        await Cleanly.RefusesAsync(Data, 1, "Deployment/mend/it cannot be read and rests", "submit", "mend/it");
        var health = await AskAsync("health");
        Assert.Equal(1, health.ExitCode);
        Assert.Contains("2 entities cannot be read and rest; everything else goes on.", health.Out, StringComparison.Ordinal);
        Assert.Contains($"(`runner journal skip FlowRun/{run} 2`)", health.Out, StringComparison.Ordinal);
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri(Runner.Client.NodeFile.TryRead(Data)!.Url + "/health/ready"));
        Assert.Equal(200, (int)ready.StatusCode);
        using var report = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
        Assert.Equal("degraded", report.RootElement.GetProperty("status").GetString());

        // Beside the node, on what it has committed.
        var verified = await AskAsync("verify", "--json");
        Assert.Equal(1, verified.ExitCode);
        using var found = JsonDocument.Parse(verified.Out);
        Assert.Equal(
            ["Deployment/mend/it", $"FlowRun/{run}"],
            found.RootElement.GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("entity").GetString()!));

        Assert.StartsWith(
            "Event 1 of Deployment/mend/it is left out. There is no such deployment any more",
            await DoAsync("journal", "skip", "Deployment/mend/it", "1", "--yes"), StringComparison.Ordinal);
        using var skipped = JsonDocument.Parse(await DoAsync("journal", "skip", $"FlowRun/{run}", "2", "--yes", "--json"));
        Assert.Equal(2, skipped.RootElement.GetProperty("sequence").GetInt64());
        Assert.Contains("Completed", await DoAsync("run", "show", run), StringComparison.Ordinal);
        await DeployAsync();
        Assert.Equal(0, (await AskAsync("health")).ExitCode);
        await EndAsync(node);
        Assert.StartsWith("Nothing is wrong.", await DoAsync("verify"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task B67_A_damaged_page_is_said_with_what_the_database_says_and_a_missing_store_is_another_exit_code()
    {
        await FillAsync();
        long page;
        using (var connection = Open())
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT rootpage FROM sqlite_master WHERE name = 'journal_uq'";
            page = (long)command.ExecuteScalar()!;
        }

        await using (var file = File.OpenWrite(Store))
        {
            file.Position = (page - 1) * 4096;
            file.Write([255, 255, 255, 255, 255, 255, 255, 255]);
        }

        var verified = await AskAsync("verify");
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("The database's own check", verified.Out, StringComparison.Ordinal);
        Assert.Contains("The events of Deployment entities cannot be read", verified.Out, StringComparison.Ordinal);
        Assert.Contains("Restore a backup", verified.Out, StringComparison.Ordinal);

        await Cleanly.RefusesAsync(Path.Combine(_root, "none"), 2, "There is no store ", "verify");
    }

    [Fact]
    public async Task B65_A_store_that_takes_no_commit_is_said_by_health_and_in_one_line_and_the_node_ends_at_a_signal()
    {
        var file = Path.Combine(_root, "runner.yaml");
        await File.WriteAllTextAsync(file, "deployments:\n  - {name: mend/long, command: [sleep, '1000']}\n");
        using (var first = await RunnerProgram.StartNodeAsync(Data))
        {
            await DoAsync("deploy", file);
            using var client = first.Client();
            var run = (await client.SubmitAsync(new("mend/long"))).Id.ToString();
            Assert.Equal("Running", await Waiting.UntilAsync(client, run, "Running").WaitAsync(Patience));
            await first.KillAsync();
        }

        await BreakIndexAsync("runs__by(created)");
        using var node = await RunnerProgram.StartNodeAsync(Data);
        Assert.NotEqual(0, (await AskAsync("submit", "mend/long")).ExitCode);

        var health = await AskAsync("health");
        Assert.Equal(1, health.ExitCode);
        Assert.Contains("Commits fail, not all of them: ", health.Out, StringComparison.Ordinal);
        node.Signal("TERM");
        Assert.Equal(1, await node.EndsAsync());
        Assert.Contains("its store did not take how 1 run ended", node.Output, StringComparison.Ordinal);
        Assert.Contains("The store cannot write: ", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
    }

    private async Task BreakIndexAsync(string name)
    {
        long page;
        using (var connection = Open())
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT rootpage FROM sqlite_master WHERE name = $name";
            command.Parameters.AddWithValue("$name", name);
            page = (long)command.ExecuteScalar()!;
            // What the log has of it would go before what stands in the file.
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteScalar();
        }

        await using var file = File.OpenWrite(Store);
        file.Position = (page - 1) * 4096;
        file.Write([255, 255, 255, 255, 255, 255, 255, 255]);
    }

    private async Task<string> FillAsync()
    {
        using var node = await RunnerProgram.StartNodeAsync(Data);
        await DeployAsync();
        using var run = JsonDocument.Parse(await DoAsync("submit", "mend/it", "--json"));
        var id = run.RootElement.GetProperty("id").GetString()!;
        using (var client = node.Client())
        {
            Assert.Equal("Completed", await Waiting.UntilAsync(client, id, null).WaitAsync(Patience));
        }

        await EndAsync(node);
        return id;
    }

    private async Task DeployAsync()
    {
        var file = Path.Combine(_root, "mend.yaml");
        await File.WriteAllTextAsync(file, "deployments:\n  - {name: mend/it, command: [echo, hello]}\n");
        await DoAsync("deploy", file);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(string.Create(CultureInfo.InvariantCulture, $"Data Source={Store};Pooling=False"));
        connection.Open();
        return connection;
    }

    private void Damage(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the test's own text
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private Task<Answer> AskAsync(params string[] arguments) => Cleanly.AskAsync(Data, arguments);

    private async Task<string> DoAsync(params string[] arguments)
    {
        var answer = await AskAsync(arguments);
        Assert.True(answer.ExitCode == 0, $"{string.Join(' ', arguments)}: {answer}");
        return answer.Out;
    }

    private static async Task EndAsync(RunnerProgram node)
    {
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
    }
}
