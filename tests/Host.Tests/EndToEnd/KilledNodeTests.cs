using System.Collections.Concurrent;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>
/// A node under load is killed with SIGKILL again and again. What is asserted is read off files that the programs themselves write: each holds a
/// lock on a file of its run, and one of as many slot files as its limit has slots; the kernel gives both up with the process, however it ends.
/// </summary>
public abstract class KilledNodeTests : IDisposable
{
    private const int Kills = 20;
    private const int InFlight = 200;
    private const int Limit = 10;

    /// <summary>How many of the programs that wait at the gate are let through, half of them while the node is dead.</summary>
    private const int LetThroughPerKill = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private const string Program = """
        exec 9>"$D/runs/$RUNNER_RUN_ID.lock"
        flock -n 9 || echo "twice at a time: $RUNNER_RUN_ID" >>"$D/violations"
        if [ "$1" = limited ]; then
          got=no
          for slot in 0 1 2 3 4 5 6 7 8 9; do
            exec 8>"$D/slots/$slot"
            if flock -n 8; then got=yes; break; fi
          done
          [ $got = yes ] || echo "more than the limit: $RUNNER_RUN_ID" >>"$D/violations"
        fi
        echo begin >>"$D/runs/$RUNNER_RUN_ID.log"
        [ "$1" = limited ] || read -r pass <"$D/gate"
        echo end >>"$D/runs/$RUNNER_RUN_ID.log"
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("runner-kill-").FullName;
    private readonly ConcurrentBag<Guid> _acknowledged = [];

    [Fact]
    public async Task A_node_killed_20_times_with_200_runs_in_flight_loses_nothing_doubles_nothing_and_keeps_its_limits()
    {
        using var patience = new CancellationTokenSource(Patience);
        var store = await StoreAsync(_root);
        Directory.CreateDirectory(Path.Combine(_root, "runs"));
        Directory.CreateDirectory(Path.Combine(_root, "slots"));
        Shell.Run("mkfifo", Path.Combine(_root, "gate"));
        // Open at both ends, so that programs wait for a line and not for somebody to open the other end.
        using var gate = new FileStream(Path.Combine(_root, "gate"), FileMode.Open, FileAccess.ReadWrite);
        var chance = new Random(20_260_101);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var node = await RunnerProgram.StartNodeAsync(Data, ["--limit", "1000", .. store]);
            using var client = node.Client();
            await DeployAsync(client);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(n => LoadAsync(client, $"{kill}-{n}", kill == 0 ? 72 : 18, patience.Token)));
            await UntilRunningAsync(client, InFlight, patience.Token);
            var load = Task.WhenAll(Enumerable.Range(4, 4).Select(n => LoadAsync(client, $"{kill}-{n}", 18, ending.Token)));
            LetThrough(gate, LetThroughPerKill / 2);
            // The node dies at another place of its work each time: some way into whatever it does next.
            for (var further = chance.Next(30); further > 0; further--)
            {
                await client.NodeAsync(patience.Token);
            }

            await node.KillAsync();
            LetThrough(gate, LetThroughPerKill / 2);
            await ending.CancelAsync();
            await load;
        }

        LetThrough(gate, 20_000);
        await EverythingEndsAsync(store, patience.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>The flags that say which store.</summary>
    private protected abstract Task<string[]> StoreAsync(string folder);

    private string Data => Path.Combine(_root, "data");

    private async Task EverythingEndsAsync(string[] store, CancellationToken patience)
    {
        using var node = await RunnerProgram.StartNodeAsync(Data, ["--limit", "1000", .. store]);
        using var client = node.Client();
        foreach (var run in _acknowledged)
        {
            await foreach (var change in client.WatchRunAsync(run, 0, patience))
            {
                if (change.State.IsTerminal)
                {
                    Assert.True(change.State.Type == StateType.Completed, $"{run}: {change.State}");
                }
            }

            var lines = await File.ReadAllLinesAsync(Path.Combine(_root, "runs", $"{run:D}.log"), patience);
            Assert.Contains("end", lines);
        }

        Assert.True(_acknowledged.Count >= InFlight + (Kills * LetThroughPerKill / 2), $"only {_acknowledged.Count} runs were acknowledged");
        Assert.False(File.Exists(Path.Combine(_root, "violations")), File.Exists(Path.Combine(_root, "violations"))
            ? await File.ReadAllTextAsync(Path.Combine(_root, "violations"), patience)
            : "");
        var limits = await client.LimitsAsync(new ListLimits(), patience);
        Assert.All(limits.Items, l => Assert.Equal(0, l.Held));
        node.Interrupt();
        await node.Process.WaitForExitAsync(patience);
    }

    private async Task DeployAsync(RunnerClient client)
    {
        DeploymentSpec Spec(string name, params string[] arguments) => new()
        {
            Name = name,
            Command = ["/bin/sh", "-c", Program, "sh", .. arguments],
            Workdir = _root,
            Env = System.Collections.Immutable.ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("D", _root),
            Retries = new RetrySpec { Count = 1000, Delay = TimeSpan.FromMilliseconds(50) },
        };

        await client.RegisterAsync([Spec("kill/free", "free"), Spec("kill/limited", "limited") with { Limits = ["ten"] }], false, default);
        await client.SetLimitAsync("ten", Limit, default);
    }

    /// <summary>Submits as fast as it can; only what was acknowledged counts.</summary>
    private async Task LoadAsync(RunnerClient client, string name, int count, CancellationToken ending)
    {
        try
        {
            for (var n = 0; n < count; n++)
            {
                var deployment = n % 4 == 0 ? "kill/limited" : "kill/free";
                var reply = await client.SubmitAsync(new SubmitRun(deployment, IdempotencyKey: $"{name}-{n}"), ending);
                _acknowledged.Add(reply.Id);
            }
        }
        catch (Exception e) when (e is RunnerClientException or OperationCanceledException)
        {
            // The node was killed under it: nobody promised anything.
        }
    }

    private static async Task UntilRunningAsync(RunnerClient client, int count, CancellationToken patience)
    {
        while ((await client.RunsAsync(new ListRuns(State: "running", Limit: 1000), patience)).Items.Length < count)
        {
            await Task.Yield();
        }
    }

    private static void LetThrough(FileStream gate, int count)
    {
        gate.Write(Enumerable.Repeat((byte)'\n', count).ToArray());
        gate.Flush();
    }
}

public sealed class KilledNodeOnSqliteTests : KilledNodeTests
{
    private protected override Task<string[]> StoreAsync(string folder) => Task.FromResult<string[]>([]);
}

/// <summary>Each life waits for the lease of the one before to run out.</summary>
public sealed class KilledNodeOnPostgresTests : KilledNodeTests
{
    private protected override async Task<string[]> StoreAsync(string folder) => (await PostgresSettings.CreateAsync(folder)).Flags;
}
