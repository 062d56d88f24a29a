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
        using var node = StartMounted("size=16m,mode=700", "0");
        await node.ListensAsync();
        // What the node sees, seen from here.
        var data = $"/proc/{node.Process.Id}/root{Mount}";
        using var client = new RunnerClient(LocalNode.Find(null, data, _ => null));
        await client.RegisterAsync([new DeploymentSpec { Name = "full/it", Command = ["true"], Workdir = "/" },
            new DeploymentSpec { Name = "full/long", Command = ["sleep", "1000"], Workdir = "/" }]);
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
        Assert.Single(node.Output.Split('\n'), l => l.Contains("WRN", StringComparison.Ordinal) || l.Contains("ERR", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_less_room_than_min_free_space_nothing_is_started_or_taken_until_there_is_room_again()
    {
        using var node = StartMounted("size=64m", "32MiB");
        await node.ListensAsync();
        var data = $"/proc/{node.Process.Id}/root{Mount}";
        using var client = new RunnerClient(LocalNode.Find(null, data, _ => null));
        var gate = Path.Combine(_root, "gate");
        var again = $"[ $RUNNER_ATTEMPT = 2 ] && exit 0; while [ ! -e {gate} ]; do sleep 0.05; done; exit 1";
        await client.RegisterAsync(
        [
            new DeploymentSpec
            {
                Name = "low/it", Command = ["sh", "-c", again], Workdir = "/",
                Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromMilliseconds(100) }
            },
            new DeploymentSpec { Name = "low/long", Command = ["sleep", "1000"], Workdir = "/" },
        ]);
        var inFlight = await client.SubmitAsync(new SubmitRun("low/long"));
        await Waiting.UntilAsync(client, inFlight.Id.ToString(), "Running");
        var due = await client.SubmitAsync(new SubmitRun("low/it"));
        await Waiting.UntilAsync(client, due.Id.ToString(), "Running");

        Fill(Path.Combine(data, "filler"), 40 * 1024 * 1024);
        Assert.Contains("min-free-space", await HealthAsync(client, 503), StringComparison.Ordinal);
        for (var i = 0; i < 5; i++)
        {
            var refusal = await Assert.ThrowsAsync<RunnerApiException>(() => client.SubmitAsync(new SubmitRun("low/it")));
            Assert.Equal((507, "disk-low"), (refusal.Status, refusal.Code));
        }

        // Its first attempt ends, and the next one is due: it waits.
        await File.WriteAllTextAsync(gate, "");
        Assert.Equal("AwaitingConcurrencySlot", await Waiting.UntilAsync(client, due.Id.ToString(), "AwaitingConcurrencySlot"));
        Assert.Equal("Running", (await client.RunAsync(inFlight.Id)).State.Name);

        File.Delete(Path.Combine(data, "filler"));
        Assert.Equal("Completed", await Waiting.UntilAsync(client, due.Id.ToString(), null));
        await HealthAsync(client, 200);
        await client.SubmitAsync(new SubmitRun("low/it"));
        node.Interrupt();
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Assert.Single(node.Output.Split('\n'), l => l.Contains("The disk is nearly full", StringComparison.Ordinal));
        Cleanly.Check(node.Output);
    }

    [Fact]
    public async Task A_program_the_system_has_no_room_for_waits_and_starts_later_and_can_be_cancelled_meanwhile()
    {
        // Without a free inode there is no file for a program's output; the store has its files already.
        using var node = StartMounted("size=64m,nr_inodes=60", "0");
        await node.ListensAsync();
        var data = $"/proc/{node.Process.Id}/root{Mount}";
        using var client = new RunnerClient(LocalNode.Find(null, data, _ => null));
        await client.RegisterAsync([new DeploymentSpec { Name = "room/it", Command = ["true"], Workdir = "/" }]);
        var fillers = FillInodes(data);

        var (run, another) = ((await client.SubmitAsync(new SubmitRun("room/it"))).Id, (await client.SubmitAsync(new SubmitRun("room/it"))).Id);
        await node.PrintsAsync("Programs cannot be started now");
        Assert.Contains("Programs cannot be started now", await HealthAsync(client, 503), StringComparison.Ordinal);
        await client.CancelAsync(another);
        Assert.Equal("Cancelled", await Waiting.UntilAsync(client, another.ToString(), null));
        Assert.False((await client.RunAsync(run)).State.IsTerminal);

        fillers.ForEach(File.Delete);
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        await HealthAsync(client, 200);
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Assert.Single(node.Output.Split('\n'), l => l.Contains("Programs cannot be started now", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_for_which_there_is_no_room_is_refused_and_neither_a_file_nor_a_worse_node_is_left()
    {
        using var node = StartMounted("size=16m,mode=700", "0");
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
        using var node = StartMounted("size=16m,ro", "0");
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

    private RunnerProgram StartMounted(string options, string minFreeSpace)
    {
        Directory.CreateDirectory(Mount);
        return RunnerProgram.StartWith(
            [
                $"RUNNER_MIN_FREE_SPACE={minFreeSpace}", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                $"""mount -t tmpfs -o {options} none "$0" && exec dotnet "$@" """, Mount
            ],
            Mount, "node", "--listen", "127.0.0.1:0");
    }

    private static List<string> FillInodes(string folder)
    {
        var made = new List<string>();
        try
        {
            for (var i = 0; ; i++)
            {
                var path = Path.Combine(folder, $"filler-{i}");
                File.Create(path).Dispose();
                made.Add(path);
            }
        }
        catch (IOException)
        {
            return made;
        }
    }

    private static void Fill(string path, int bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(new byte[bytes]);
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
