using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>More than a node takes: it says so, sheds by its rules, stays up and loses nothing.</summary>
public sealed class LoadTests : IDisposable
{
    private const int Connections = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-load-").FullName;

    private string Data => Path.Combine(_root, "data");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Of_a_flood_of_submissions_each_is_told_and_every_accepted_one_is_in_the_store()
    {
        const int Submissions = 2_000;
        using var node = await StartAsync("RUNNER_MAX_PENDING_COMMANDS=20");
        using var client = node.Client();
        await client.RegisterAsync([new DeploymentSpec { Name = "flood/it", Command = ["true"], Workdir = "/" }]);
        using var http = Http(client, node);
        var (accepted, statuses) = (new ConcurrentBag<Guid>(), new ConcurrentDictionary<int, int>());

        await Parallel.ForEachAsync(Enumerable.Range(0, Submissions), new ParallelOptions
        {
            MaxDegreeOfParallelism = Connections
        }, async (i, cancel) =>
        {
            // Due later: what is asked here is whether it is kept, not whether it runs.
            using var body = new StringContent($$"""{"at":"2100-01-01T00:00:00Z","idempotencyKey":"{{i}}"}""", Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync("/api/v1/deployments/flood/it/runs", body, cancel);
            statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, n) => n + 1);
            var text = await answer.Content.ReadAsStringAsync(cancel);
            if (answer.StatusCode == HttpStatusCode.Created)
            {
                accepted.Add(System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("id").GetGuid());
            }
            else
            {
                Assert.Contains("\"node-busy\"", text, StringComparison.Ordinal);
                Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
            }
        });

        Assert.Equal(Submissions, statuses.Values.Sum());
        Assert.Empty(statuses.Keys.Except([201, 503]));
        var stored = new HashSet<Guid>();
        for (string? after = null; ;)
        {
            var page = await client.RunsAsync(new ListRuns(Deployment: "flood/it", Limit: 1_000, After: after));
            stored.UnionWith(page.Items.Select(r => r.Id));
            if ((after = page.Next) is null)
            {
                break;
            }
        }

        Assert.True(stored.SetEquals(accepted), $"{stored.Count} are stored, {accepted.Count} were accepted");

        // The client library tries again by itself: nothing is left out.
        var all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.SubmitAsync(
            new SubmitRun("flood/it", At: new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), IdempotencyKey: $"{i}"))));
        Assert.Equal(200, all.Select(r => r.Id).Distinct().Count());
        await EndAsync(node);
    }

    [Fact]
    public async Task Followers_get_everything_one_too_many_is_told_and_commands_get_through_beside_them()
    {
        const int Followers = 200;
        using var node = await StartAsync($"RUNNER_MAX_FOLLOWERS={Followers}");
        using var client = node.Client();
        var gate = Path.Combine(_root, "gate");
        await client.RegisterAsync(
        [
            Shell("follow/it", $"echo begin; while [ -d {_root} -a ! -e {gate} ]; do sleep 0.05; done; seq 1 2000"),
            Shell("follow/other", "echo through"),
        ]);
        var run = (await client.SubmitAsync(new SubmitRun("follow/it"))).Id;
        using var http = Http(client, node);
        var begun = new CountdownEvent(Followers);
        var followers = Enumerable.Range(0, Followers).Select(_ => FollowAsync(http, run, () => begun.Signal())).ToArray();
        await Task.Run(() => begun.Wait(Patience));
        Assert.Equal(0, begun.CurrentCount);

        using var refused = await http.GetAsync($"/api/v1/runs/{run}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("\"too-many-followers\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var other = await client.SubmitAsync(new SubmitRun("follow/other"));

        await File.WriteAllTextAsync(gate, "");
        var expected = "begin\n" + string.Concat(Enumerable.Range(1, 2_000).Select(i => $"{i}\n"));
        Assert.All(await Task.WhenAll(followers), text => Assert.Equal(expected, text));
        Assert.Equal("Completed", await Waiting.UntilAsync(client, other.Id.ToString(), null));
        begun.Dispose();
        await EndAsync(node);
    }

    [Fact]
    public async Task A_follower_that_stops_reading_costs_no_memory_and_gets_every_byte_once_it_reads_on()
    {
        const long Lines = 1_000_000;
        using var node = await StartAsync();
        using var client = node.Client();
        await client.RegisterAsync([Shell("flood/out", $"echo begin; seq -f %099.0f 1 {Lines}")]);
        using var http = Http(client, node);
        var run = (await client.SubmitAsync(new SubmitRun("flood/out"))).Id;

        using var answer = await http.GetAsync($"/api/v1/runs/{run}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        var (lines, last) = (0L, "");
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(body).EnumerateAsync())
        {
            (lines, last) = item.EventType == "log" ? (lines + 1, item.Data) : (lines, last);
        }

        Assert.Equal(Lines + 1, lines);
        Assert.Contains($"{Lines:D99}\\n", last, StringComparison.Ordinal);
        Assert.Equal(100 * Lines + 6, await client.CopyLogAsync(run, LogStream.Stdout, Stream.Null));
        Assert.InRange(PeakMemory(node), 1, 400L * 1024 * 1024);
        await EndAsync(node);
    }

    [Fact]
    public async Task With_few_descriptors_fewer_programs_run_at_once_and_none_fails_of_it()
    {
        using var node = RunnerProgram.StartWith(
            ["sh", "-c", "ulimit -n 480; exec dotnet \"$@\"", "sh"], Data, "node", "--listen", "127.0.0.1:0", "--limit", "300");
        await node.ListensAsync();
        using var client = node.Client();
        await node.PrintsAsync("This process may open 480 files");
        var limit = (await client.NodeAsync()).ProcessLimit;
        Assert.InRange(limit, 20, 150);
        var gate = Path.Combine(_root, "gate");
        await client.RegisterAsync([Shell("few/it", $"while [ -d {_root} -a ! -e {gate} ]; do sleep 1; done")]);
        var runs = new List<Guid>();
        for (var i = 0; i < limit + 20; i++)
        {
            runs.Add((await client.SubmitAsync(new SubmitRun("few/it"))).Id);
        }

        await Waiting.UntilAsync(client, runs[0].ToString(), "Running");
        await Waiting.UntilAsync(client, runs[^1].ToString(), "AwaitingConcurrencySlot");
        await File.WriteAllTextAsync(gate, "");
        foreach (var run in runs)
        {
            Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        }

        await EndAsync(node);
    }

    [Fact]
    public async Task With_fewer_descriptors_than_programs_of_an_earlier_life_none_is_started_beside_itself()
    {
        const int Programs = 250;
        var runs = new List<(string Deployment, Guid Run)>();
        using (var earlier = RunnerProgram.StartWith(["dotnet"], Data, "node", "--listen", "127.0.0.1:0", "--limit", $"{Programs}"))
        {
            await earlier.ListensAsync();
            using var first = earlier.Client();
            var script = $"echo begin >> {_root}/$RUNNER_RUN_ID; while [ -d {_root} -a ! -e {_root}/$0 ]; do sleep 1; done; "
                + $"echo end >> {_root}/$RUNNER_RUN_ID";
            await first.RegisterAsync([.. ((string[])["sooner", "later"]).Select(gate => Shell($"many/{gate}", script) with
            {
                Command = ["sh", "-c", script, gate], Retries = new RetrySpec { Count = 3 },
            })]);
            for (var i = 0; i < Programs; i++)
            {
                var deployment = i % 50 == 49 ? "many/later" : "many/sooner";
                runs.Add((deployment, (await first.SubmitAsync(new SubmitRun(deployment))).Id));
            }

            foreach (var (_, run) in runs)
            {
                await Waiting.UntilAsync(first, run.ToString(), "Running");
            }

            await earlier.KillAsync();
        }

        using var node = RunnerProgram.StartWith(["sh", "-c", "ulimit -n 400; exec dotnet \"$@\"", "sh"], Data, "node", "--listen", "127.0.0.1:0");
        await node.ListensAsync();
        await node.PrintsAsync("wait for room to be watched");
        using var client = node.Client();
        foreach (var gate in (string[])["sooner", "later"])
        {
            // When most of them have ended there is room again, also for a second attempt of one whose first still runs.
            await File.WriteAllTextAsync(Path.Combine(_root, gate), "");
            foreach (var (_, run) in runs.Where(r => r.Deployment == $"many/{gate}"))
            {
                await Waiting.UntilAsync(client, run.ToString(), null);
            }
        }

        foreach (var (_, run) in runs)
        {
            // One that ended before it was watched may have been tried again, but not beside itself.
            Assert.All((await File.ReadAllLinesAsync(Path.Combine(_root, run.ToString()))).Chunk(2), pair => Assert.Equal(["begin", "end"], pair));
        }

        await EndAsync(node);
    }

    [Fact]
    public async Task While_another_program_has_the_store_locked_the_node_says_so_and_keeps_what_happens_meanwhile()
    {
        using var node = await StartAsync();
        using var client = node.Client();
        var gate = Path.Combine(_root, "gate");
        await client.RegisterAsync([Shell("locked/it", $"while [ -d {_root} -a ! -e {gate} ]; do sleep 0.05; done; exit 3")]);
        var run = (await client.SubmitAsync(new SubmitRun("locked/it"))).Id;
        await Waiting.UntilAsync(client, run.ToString(), "Running");
        using var http = Http(client, node);

        using (new StoreLock(Path.Combine(Data, "store.db")))
        {
            // Its program ends while nothing can be written.
            await File.WriteAllTextAsync(gate, "");
            var refusal = await Assert.ThrowsAsync<RunnerApiException>(() => client.SubmitAsync(new SubmitRun("locked/it")));
            Assert.Equal(("store-not-available", 503), (refusal.Code, refusal.Status));
            Assert.Contains("locked by another process", refusal.Message, StringComparison.Ordinal);
            using var health = await http.GetAsync("/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Contains("locked by another process", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("Failed", await Waiting.UntilAsync(client, run.ToString(), null));
        Assert.Equal(3, (await client.RunAsync(run)).ExitCode);
        await EndAsync(node);
        Assert.Single(node.Output.Split('\n'), l => l.Contains("The store cannot write", StringComparison.Ordinal));
    }

    private static DeploymentSpec Shell(string name, string script) => new() { Name = name, Command = ["sh", "-c", script], Workdir = "/" };

    private static async Task EndAsync(RunnerProgram node)
    {
        node.Interrupt();
        node.Interrupt();
        var code = await node.EndsAsync();
        Assert.True(code == 0, $"{code}: {node.Output}");
        Cleanly.Check(node.Output);
    }

    private static HttpClient Http(RunnerClient client, RunnerProgram node)
    {
        var http = new HttpClient { BaseAddress = client.Url, Timeout = Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(node.Data, "token")).Trim());
        return http;
    }

    /// <summary>All of a run's standard output; says when the first of it has come.</summary>
    private static async Task<string> FollowAsync(HttpClient http, Guid run, Action begun)
    {
        using var answer = await http.GetAsync($"/api/v1/runs/{run}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var text = new StringBuilder();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(body).EnumerateAsync())
        {
            if (item.EventType == "log")
            {
                if (text.Length == 0)
                {
                    begun();
                }

                text.Append(System.Text.Json.JsonDocument.Parse(item.Data).RootElement.GetProperty("text").GetString());
            }
        }

        return text.ToString();
    }

    /// <summary>The most memory the node has had in use, in bytes.</summary>
    private static long PeakMemory(RunnerProgram node) => 1024 * long.Parse(
        File.ReadLines($"/proc/{node.Process.Id}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    private async Task<RunnerProgram> StartAsync(params string[] variables)
    {
        var node = RunnerProgram.StartWith([.. variables, "dotnet"], Data, "node", "--listen", "127.0.0.1:0");
        await node.ListensAsync();
        return node;
    }

    /// <summary>Another program that is writing into the node's database.</summary>
    private sealed class StoreLock : IDisposable
    {
        private readonly SQLitePCL.sqlite3 _database;

        public StoreLock(string path)
        {
            SQLitePCL.Batteries_V2.Init();
            Assert.Equal(SQLitePCL.raw.SQLITE_OK, SQLitePCL.raw.sqlite3_open(path, out _database));
            _ = SQLitePCL.raw.sqlite3_busy_timeout(_database, 60_000);
            Assert.Equal(SQLitePCL.raw.SQLITE_OK, SQLitePCL.raw.sqlite3_exec(_database, "BEGIN IMMEDIATE"));
        }

        public void Dispose()
        {
            _ = SQLitePCL.raw.sqlite3_exec(_database, "ROLLBACK");
            _database.Dispose();
        }
    }
}
