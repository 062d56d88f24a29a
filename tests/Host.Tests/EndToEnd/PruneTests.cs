using System.Text.Json;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Retention by the real program: by hand, by its settings, and by a deployment's own rule.</summary>
public sealed class PruneTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-prune-").FullName;

    private string Data => Path.Combine(_root, "data");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Pruning_deletes_runs_history_and_output_and_keeps_what_a_deployment_says()
    {
        using var node = await StartAsync("keep-for = forever, keep-at-least = 0s");
        await DeployAsync();
        var kept = await SubmitAsync("prune/own");
        var gone = await SubmitAsync("prune/other");
        Assert.Equal(2, Output().Length);

        Assert.StartsWith(
            "1 ended run and 6 bytes of output would be deleted.", await DoAsync("prune", "--keep-for", "0s", "--dry-run"), StringComparison.Ordinal);
        Assert.Equal("hello\n", await DoAsync("run", "logs", gone));
        await Cleanly.RefusesAsync(Data, 2, "say --yes", "prune", "--keep-for", "0s");
        await Cleanly.RefusesAsync(Data, 1, "There is no deployment 'no/such'", "prune", "--deployment", "no/such", "--dry-run");

        Assert.StartsWith(
            "1 ended run and 6 bytes of output deleted. The store takes", await DoAsync("prune", "--keep-for", "0s", "--yes"),
            StringComparison.Ordinal);

        await Cleanly.RefusesAsync(Data, 1, $"There is no run '{gone}'", "run", "show", gone);
        await Cleanly.RefusesAsync(Data, 1, $"There is no run '{gone}'", "run", "logs", gone);
        await Cleanly.RefusesAsync(Data, 1, $"There is no run '{gone}'", "run", "logs", gone, "--follow");
        Assert.Contains("Completed", await DoAsync("run", "show", kept), StringComparison.Ordinal);
        Assert.Contains(kept, Assert.Single(Output()), StringComparison.Ordinal);

        using var answer = JsonDocument.Parse(await DoAsync("prune", "--deployment", "prune/own", "--keep-runs", "0", "--yes", "--json"));
        Assert.Equal(1, answer.RootElement.GetProperty("runs").GetInt64());
        Assert.True(answer.RootElement.GetProperty("store").GetProperty("givesBack").GetBoolean());
        Assert.Empty(Output());
        await EndAsync(node);
    }

    [Fact]
    public async Task A_submission_with_a_key_is_remembered_as_long_as_runs_are_kept_at_least()
    {
        using var node = await StartAsync("keep-for = 0s, keep-runs = 0, keep-at-least = 1h");
        await DeployAsync();
        var first = await SubmitAsync("prune/other", "--key", "k");
        Assert.StartsWith(
            "Nothing to delete. What ended less than 1h ago is kept", await DoAsync("prune", "--keep-for", "0s", "--yes"), StringComparison.Ordinal);
        Assert.Equal(first, await SubmitAsync("prune/other", "--key", "k"));
        await EndAsync(node);
    }

    private async Task<RunnerProgram> StartAsync(string retention)
    {
        var config = Path.Combine(_root, "node.conf");
        await File.WriteAllTextAsync(config, $"runner {{ retention {{ {retention} }} }}");
        var node = RunnerProgram.Start(Data, "node", "--listen", "127.0.0.1:0", "--config", config);
        await node.ListensAsync();
        return node;
    }

    private async Task DeployAsync()
    {
        var file = Path.Combine(_root, "prune.yaml");
        await File.WriteAllTextAsync(file, """
            deployments:
              - {name: prune/own, command: [echo, hello], retention: {keep_runs: 5}}
              - {name: prune/other, command: [echo, hello]}
            """);
        await DoAsync("deploy", file);
        Assert.Contains("the newest 5 ended runs", await DoAsync("deployment", "show", "prune/own"), StringComparison.Ordinal);
    }

    /// <summary>The run once it has ended.</summary>
    private async Task<string> SubmitAsync(string deployment, params string[] arguments)
    {
        using var run = JsonDocument.Parse(await DoAsync(["submit", deployment, .. arguments, "--json"]));
        var id = run.RootElement.GetProperty("id").GetString()!;
        using var client = Runner.Client.LocalNode.Find(null, Data, _ => null) is var address ? new Runner.Client.RunnerClient(address) : null!;
        Assert.Equal("Completed", await Waiting.UntilAsync(client, id, null).WaitAsync(Patience));
        return id;
    }

    private async Task<string> DoAsync(params string[] arguments)
    {
        var answer = await Cleanly.AskAsync(Data, arguments);
        Assert.True(answer.ExitCode == 0, $"{string.Join(' ', arguments)}: {answer}");
        return answer.Out;
    }

    /// <summary>The files that programs have written to.</summary>
    private string[] Output() => [.. Directory.EnumerateFiles(Path.Combine(Data, "output"), "*.stdout", SearchOption.AllDirectories)];

    private static async Task EndAsync(RunnerProgram node)
    {
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
    }
}
