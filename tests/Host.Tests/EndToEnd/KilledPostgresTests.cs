using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Runner.Client;
using Runner.Host.Configuration;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Xunit.Abstractions;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>
/// The PostgreSQL of a node under load is killed with SIGKILL and comes back after a while. What is asserted is read off files that the programs
/// themselves write. RUNNER_POSTGRES_AWAY says for how many seconds it is away each time; 5 unless told, 60 is what is promised.
/// </summary>
public sealed class KilledPostgresTests(ITestOutputHelper output) : IDisposable
{
    private const int Kills = 2;
    private const int Limit = 5;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ResumesWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2) + (Kills * Away);

    // A second life of a run would find its file locked, or leave a second «begin».
    private const string Program = """
        exec 9>"$D/runs/$RUNNER_RUN_ID.lock"
        flock -n 9 || echo "twice at a time: $RUNNER_RUN_ID" >>"$D/violations"
        if [ "$1" = limited ]; then
          got=no
          for slot in 0 1 2 3 4; do
            exec 8>"$D/slots/$slot"
            if flock -n 8; then got=yes; break; fi
          done
          [ $got = yes ] || echo "more than the limit: $RUNNER_RUN_ID" >>"$D/violations"
        fi
        echo begin >>"$D/runs/$RUNNER_RUN_ID.log"
        sleep 0.2
        echo end >>"$D/runs/$RUNNER_RUN_ID.log"
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("runner-killed-postgres-").FullName;
    private readonly ConcurrentBag<Guid> _acknowledged = [];
    private readonly CancellationTokenSource _enough = new();

    private static TimeSpan Away =>
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("RUNNER_POSTGRES_AWAY") ?? "5", CultureInfo.InvariantCulture));

    private string Data => Path.Combine(_root, "data");

    [Fact]
    public async Task PostgreSQL_killed_under_load_loses_nothing_doubles_nothing_and_work_goes_on_when_it_is_back()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var server = await PostgresServer.StartAsync();
        Directory.CreateDirectory(Path.Combine(_root, "runs"));
        Directory.CreateDirectory(Path.Combine(_root, "slots"));
        using var node = await PostgresSettings.Of(await server.CreateDatabaseAsync(), _root).StartNodeAsync(Data);
        using var client = node.Client();
        await DeployAsync(client);
        var long1 = (await client.SubmitAsync(new SubmitRun("kill/long"))).Id;
        await Waiting.UntilAsync(client, long1.ToString(), "Running");
        var pid = (await client.RunAsync(long1)).Pid!.Value;
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(n => LoadAsync(client, n)));
        for (var kill = 0; kill < Kills; kill++)
        {
            await AcknowledgedAsync(_acknowledged.Count + 40, load, patience.Token);
            await server.KillAsync();
            await Task.Delay(Away / 2, SystemTime.Provider, patience.Token);
            // Meanwhile what runs goes on, and the node says what is wrong.
            Assert.True(File.Exists($"/proc/{pid}/stat"));
            Assert.Contains("cannot be reached", (await RunnerProgram.AskAsync(Data, "health")).Out, StringComparison.Ordinal);
            await Task.Delay(Away / 2, SystemTime.Provider, patience.Token);
            await BackAsync(server, client, patience.Token);
        }

        await AcknowledgedAsync(_acknowledged.Count + 20, load, patience.Token);
        await _enough.CancelAsync();
        await load;
        await EachOccurrenceRanOnceAsync(client, patience.Token);
        await EverythingEndsAsync(client, patience.Token);
        Assert.Equal((pid, "Running"), ((await client.RunAsync(long1)).Pid, (await client.RunAsync(long1)).State.Name));
        node.Interrupt();
        node.Interrupt();
        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
        Assert.Equal(Kills, node.Output.Split('\n').Count(l => l.Contains("The store cannot write", StringComparison.Ordinal)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _enough.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Brings it back: soon after it takes connections a run has been taken, and a program has been started and has ended.</summary>
    private async Task BackAsync(PostgresServer server, RunnerClient client, CancellationToken patience)
    {
        var before = _acknowledged.Count;
        var (ended, begun) = (Ends(), Stopwatch.GetTimestamp());
        await server.StartAgainAsync();
        var up = Stopwatch.GetTimestamp();
        while (Ends() == ended || _acknowledged.Count == before)
        {
            patience.ThrowIfCancellationRequested();
            await client.NodeAsync(patience);
        }

        var took = Stopwatch.GetElapsedTime(up);
        output.WriteLine($"the server was back after {Stopwatch.GetElapsedTime(begun, up).TotalMilliseconds:0} ms; "
            + $"{took.TotalMilliseconds:0} ms later a run had been taken and a program had ended");
        Assert.True(took < ResumesWithin, $"{took}");
    }

    private int Ends() =>
        Directory.GetFiles(Path.Combine(_root, "runs"), "*.log").Count(f => File.ReadAllText(f).Contains("end", StringComparison.Ordinal));

    private async Task EverythingEndsAsync(RunnerClient client, CancellationToken patience)
    {
        foreach (var run in _acknowledged)
        {
            await foreach (var change in client.WatchRunAsync(run, 0, patience))
            {
                Assert.True(!change.State.IsTerminal || change.State.Type == StateType.Completed, $"{run}: {change.State}");
            }

            Assert.Equal(["begin", "end"], await File.ReadAllLinesAsync(Path.Combine(_root, "runs", $"{run:D}.log"), patience));
        }

        // What was not acknowledged may have been taken all the same: its client has tried it again with the same key, so there is none too many.
        var logs = Directory.GetFiles(Path.Combine(_root, "runs"), "*.log").Select(f => Guid.Parse(Path.GetFileNameWithoutExtension(f))).ToHashSet();
        Assert.Equal(_acknowledged.ToHashSet(), logs);
        Assert.Equal(_acknowledged.Count, logs.Count);
        Assert.False(File.Exists(Path.Combine(_root, "violations")));
        Assert.All((await client.LimitsAsync(new ListLimits(), patience)).Items, l =>
            Assert.Equal(l.Name.StartsWith("node:", StringComparison.Ordinal) ? 1 : 0, l.Held));
        output.WriteLine($"{_acknowledged.Count} runs were acknowledged, each ran once");
    }

    private async Task EachOccurrenceRanOnceAsync(RunnerClient client, CancellationToken patience)
    {
        await client.PauseDeploymentAsync("kill/scheduled", patience);
        var runs = (await client.RunsAsync(new ListRuns(Deployment: "kill/scheduled", Limit: 1_000), patience)).Items;
        foreach (var run in runs)
        {
            Assert.Equal("Completed", await Waiting.UntilAsync(client, run.Id.ToString(), null));
        }

        var due = runs.Select(r => r.Due).Order().ToArray();
        Assert.All(due.Zip(due.Skip(1)), pair => Assert.Equal(Often, pair.Second - pair.First));
        var seen = await File.ReadAllLinesAsync(Path.Combine(_root, "times"), patience);
        Assert.Equal(due, seen.Select(t => DateTimeOffset.Parse(t, CultureInfo.InvariantCulture)).Order());
        output.WriteLine($"{due.Length} occurrences of a schedule, each ran once");
    }

    private async Task DeployAsync(RunnerClient client)
    {
        DeploymentSpec Spec(string name, params string[] arguments) => new()
        {
            Name = name,
            Command = ["/bin/sh", "-c", Program, "sh", .. arguments],
            Workdir = _root,
            Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("D", _root),
        };

        await client.RegisterAsync(
        [
            Spec("kill/free", "free"), Spec("kill/limited", "limited") with { Limits = ["five"] },
            new DeploymentSpec { Name = "kill/long", Command = ["sleep", "1000"], Workdir = "/" },
            new DeploymentSpec
            {
                Name = "kill/scheduled", Command = ["/bin/sh", "-c", "echo $RUNNER_SCHEDULED_TIME >>times"], Workdir = _root,
                Schedules = [new ScheduleSpec { Interval = Often }], CatchUp = CatchUpPolicy.All,
            },
        ]);
        await client.SetLimitAsync("five", Limit, default);
    }

    /// <summary>Submits one after the other at a pace that the machine keeps up with, each until it is acknowledged.</summary>
    private async Task LoadAsync(RunnerClient client, int loader)
    {
        using var pace = new PeriodicTimer(Pace, SystemTime.Provider);
        for (var n = 0; !_enough.IsCancellationRequested; n++)
        {
            await pace.WaitForNextTickAsync();
            var command = new SubmitRun(n % 4 == 0 ? "kill/limited" : "kill/free", IdempotencyKey: $"{loader}-{n}");
            for (Guid? run = null; run is null;)
            {
                try
                {
                    run = (await client.SubmitAsync(command)).Id;
                    _acknowledged.Add(run.Value);
                }
                catch (RunnerClientException)
                {
                    // The store is away: what was not acknowledged is sent again.
                }
            }
        }
    }

    private async Task AcknowledgedAsync(int count, Task load, CancellationToken patience)
    {
        while (_acknowledged.Count < count)
        {
            patience.ThrowIfCancellationRequested();
            Assert.False(load.IsCompleted);
            await Task.Yield();
        }
    }
}
