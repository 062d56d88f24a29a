using System.Collections.Immutable;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Data folders on file systems of their own, mounted where only the node sees them.</summary>
public sealed class StorageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-storage-").FullName;

    private string Mount => Path.Combine(_root, "mount");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task On_a_full_disk_the_node_says_so_keeps_running_and_works_again_when_there_is_room()
    {
        using var node = StartMounted("size=16m");
        await node.ListensAsync();
        // What the node sees, seen from here.
        var data = $"/proc/{node.Process.Id}/root{Mount}";
        using var client = new RunnerClient(LocalNode.Find(null, data, _ => null));
        await client.RegisterAsync([new DeploymentSpec { Name = "full/it", Command = ["true"], Workdir = "/" }, new DeploymentSpec { Name = "full/long", Command = ["sleep", "1000"], Workdir = "/" }]);
        var acknowledged = new List<Guid> { (await client.SubmitAsync(new SubmitRun("full/it"))).Id };
        var inFlight = await client.SubmitAsync(new SubmitRun("full/long"));
        await Waiting.UntilAsync(client, inFlight.Id.ToString(), "Running");

        Fill(Path.Combine(data, "filler"));
        var refusal = await RefusedAsync(client, acknowledged);
        Assert.Equal(507, refusal.Status);
        Assert.Contains("full", refusal.Message, StringComparison.Ordinal);
        await Cleanly.RefusesAsync(data, 1, "full", "submit", "full/it");
        Assert.Equal(0, (await Cleanly.AskAsync(data, "runs")).ExitCode);
        Assert.Contains("full", await HealthAsync(client, 503), StringComparison.Ordinal);
        Assert.False(node.Process.HasExited);
        var sleeper = (await client.RunAsync(inFlight.Id)).Pid!.Value;
        Shell.Run("kill", "-KILL", $"{sleeper}");

        File.Delete(Path.Combine(data, "filler"));
        await HealthAsync(client, 200);
        acknowledged.Add((await client.SubmitAsync(new SubmitRun("full/it"))).Id);
        Assert.All(await Task.WhenAll(acknowledged.Select(r => Waiting.UntilAsync(client, r.ToString(), null))), s => Assert.Equal("Completed", s));
        Assert.Equal("Crashed", await Waiting.UntilAsync(client, inFlight.Id.ToString(), null));
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
    }

    [Fact]
    public async Task A_backup_for_which_there_is_no_room_is_refused_and_neither_a_file_nor_a_worse_node_is_left()
    {
        using var node = StartMounted("size=16m");
        await node.ListensAsync();
        var data = $"/proc/{node.Process.Id}/root{Mount}";
        using var client = new RunnerClient(LocalNode.Find(null, data, _ => null));
        await client.RegisterAsync([new DeploymentSpec { Name = "full/it", Command = ["true"], Workdir = "/" }]);
        var file = Path.Combine(_root, "b.tar");

        await Cleanly.RefusesAsync(data, 1, "too little room for a copy", "backup", file);

        Assert.Empty(Directory.GetFiles(_root));
        Assert.False(Directory.Exists(Path.Combine(data, "backup")));
        await HealthAsync(client, 200);
        Assert.Equal("Completed", await Waiting.UntilAsync(client, (await client.SubmitAsync(new SubmitRun("full/it"))).Id.ToString(), null));
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
    }

    [Fact]
    public async Task A_read_only_data_folder_is_refused()
    {
        using var node = StartMounted("size=16m,ro");
        Assert.Equal(1, await node.EndsAsync());
        Assert.Contains($"The data folder {Mount} cannot be written (Read-only file system", node.Output, StringComparison.Ordinal);
        Cleanly.Check(node.Output);
    }

    private static async Task<string> HealthAsync(RunnerClient client, int status)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(client.Url, "/health/ready"));
        Assert.Equal(status, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private RunnerProgram StartMounted(string options)
    {
        Directory.CreateDirectory(Mount);
        return RunnerProgram.StartWith(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", $"""mount -t tmpfs -o {options} none "$0" && exec dotnet "$@" """, Mount],
            Mount, "node", "--listen", "127.0.0.1:0");
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (var block = new byte[64 * 1024]; block.Length >= 1;)
        {
            try
            {
                file.Write(block);
            }
            catch (IOException)
            {
                block = new byte[block.Length / 2];
            }
        }
    }

    /// <summary>Submits until there is no room even in what the store has set aside.</summary>
    private static async Task<RunnerApiException> RefusedAsync(RunnerClient client, List<Guid> acknowledged)
    {
        using var patience = new CancellationTokenSource(Patience);
        var large = JsonDocument.Parse($"\"{new string('x', 100_000)}\"").RootElement;
        while (true)
        {
            try
            {
                var parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add("large", large);
                acknowledged.Add((await client.SubmitAsync(new SubmitRun("full/it", Parameters: parameters), patience.Token)).Id);
            }
            catch (RunnerApiException e)
            {
                return e;
            }
        }
    }
}
