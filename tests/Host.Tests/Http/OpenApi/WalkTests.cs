using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Http.Access;
using Runner.Host.Http.OpenApi;
using Serilog.Core;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>A walk through the whole API of a real node: every request and every answer is what the document says, and all it says happens.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class WalkTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Guid Unknown = new("0192d4e0-0000-7000-8000-000000000009");

    private readonly string _data = Directory.CreateTempSubdirectory("runner-walk-").FullName;
    private NodeSession _session = null!;
    private ApiContract _contract = null!;
    private HttpClient _http = null!;
    private string _token = null!;

    public async Task InitializeAsync()
    {
        _session = await NodeSession.StartAsync(
            Settings.Of(_data), NodeComposition.StartAsync, SystemTime.Provider, Logger.None, default);
        _token = TokenFile.ReadOrCreate(Path.Combine(_data, "token"));
        using var plain = new HttpClient { BaseAddress = new Uri(_session.Url) };
        _contract = new ApiContract(await plain.GetStringAsync(OpenApiRoute.Path));
        _http = new HttpClient(new ContractHandler(_contract)) { BaseAddress = new Uri(_session.Url), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _session.Started.Node.StopAsync(Actors.StopMode.Immediate);
        await _session.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Every_request_and_every_answer_is_what_the_document_says()
    {
        await WalkNodeAsync();
        await WalkDeploymentsAsync();
        await WalkRunsAsync();
        await WalkLimitsAsync();
        await WalkRetentionAsync();
        await WalkNodesAsync();
        var documented = _contract.Operations.SelectMany(o => o.Statuses.Where(s => s[0] == '2').Select(s => $"{o.Id} {s}")
            .Concat(o.Codes.Where(code => code.EndsWith("-not-found", StringComparison.Ordinal) || code is "deployment-invalid"
                or "submission-invalid" or "limit-invalid" or "prune-invalid"
                or "run-already-ended" or "run-not-ended" or "key-used-otherwise").Select(code => $"{o.Id} {code}")));
        var unseen = documented.Except(_contract.Seen).ToArray();
        Assert.True(unseen.Length == 0, $"Documented and not met: {string.Join("; ", unseen)}. Send such a request in one of the walks here.");
    }

    /// <summary>Refusals that are alike on all routes are provoked on each of them, as the document lists them.</summary>
    [Fact]
    public async Task Every_refusal_of_malformed_and_foreign_requests_happens_where_the_document_says()
    {
        foreach (var operation in _contract.Operations)
        {
            await SendAsync(operation, "", r => r.Headers.Host = "evil.example");
            await SendAsync(operation, "", r => r.Headers.Add("Origin", "http://evil.example"));
            if (operation.NeedsToken)
            {
                await SendAsync(operation, "", r => r.Headers.Authorization = new("Bearer", "wrong"));
                await SendAsync(operation, "", r => r.Headers.Authorization = new("Bearer", new ApiTokens(_token).ForRun(Guid.Empty)));
                await AssertKnowsParametersAsync(operation);
            }

            if (operation.HasBody)
            {
                await SendAsync(operation, """{"bogus":1""");
                await SendAsync(operation, new string(' ', 5 * 1024 * 1024), r => r.Headers.ExpectContinue = true);
            }
        }

        string[] provoked = ["foreign-host", "foreign-origin", "unauthorized", "not-your-run", "query-invalid", "body-invalid", "body-too-large"];
        var documented = _contract.Operations.SelectMany(o => o.Codes.Where(provoked.Contains).Select(code => $"{o.Id} {code}")).ToArray();
        Assert.Equal(documented.Order(StringComparer.Ordinal), _contract.Seen.Where(s => provoked.Contains(s.Split(' ')[1])));
    }

    private async Task WalkNodeAsync()
    {
        await GetAsync("/health/live");
        await GetAsync("/health/ready");
        await GetAsync("/api/v1/node");
        await GetAsync(OpenApiRoute.Path);
        await GetAsync("/metrics");
        await SendAsync("POST", "/api/v1/journal/skip", """{"entity":"Limiter/limiter","number":1,"reason":"walk"}""", 409);
        var damaged = Plant();
        await SendAsync("GET", $"/api/v1/runs/{damaged}", null, 500);
        await SendAsync("POST", "/api/v1/journal/skip", $$"""{"entity":"FlowRun/{{damaged}}","number":1}""", 200);
        await SendAsync("POST", "/api/v1/backup", null, 200);
        await SendAsync("POST", "/api/v1/backup?output=false", null, 200);
    }

    /// <summary>The last of all: a node that drains starts nothing more.</summary>
    private async Task WalkNodesAsync()
    {
        await GetAsync("/api/v1/nodes");
        await SendAsync("POST", "/api/v1/nodes/nobody/drain", null, 404);
        await SendAsync("POST", $"/api/v1/nodes/{_session.Slot.Info!.Node}/drain", null, 200);
    }

    /// <summary>A run whose one event nobody can read.</summary>
    private Guid Plant()
    {
        var run = new Guid("00000000-0000-8000-8000-00000000dead");
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_data, "store.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO journal (persistence_id, sequence_number, created, deleted, manifest, identifier, message) "
            + "VALUES ('FlowRun/00000000-0000-8000-8000-00000000dead', 1, 0, 0, 'nonsense', 12701, '{}')";
        command.ExecuteNonQuery();
        return run;
    }

    private async Task WalkRetentionAsync()
    {
        await SendAsync("POST", "/api/v1/prune?dryRun=true", """{"keepFor":"1h","keepRuns":5,"deployment":"walk/true"}""", 200);
        await SendAsync("POST", "/api/v1/prune", null, 200);
        await SendAsync("POST", "/api/v1/prune", """{"keepRuns":-1}""", 400);
    }

    private async Task WalkDeploymentsAsync()
    {
        await SendAsync("PUT", "/api/v1/deployments?dryRun=true", Deployments, 200);
        await SendAsync("PUT", "/api/v1/deployments", Deployments, 200);
        await SendAsync("PUT", "/api/v1/deployments", Deployments, 200);
        await SendAsync("PUT", "/api/v1/deployments", """[{"name":"no slash","command":["x"],"workdir":"relative"}]""", 400);
        await GetAsync("/api/v1/deployments?limit=1");
        await GetAsync("/api/v1/deployments?tag=walk&after=flow%2Fa");
        await GetAsync("/api/v1/deployments/walk/full");
        const string Full = "/api/v1/deployments/walk/full";
        await SendAsync("POST", Full + "/pause", null, 200);
        await GetAsync(Full);
        await SendAsync("POST", Full + "/resume", null, 200);
        await SendAsync("POST", Full + "/schedules/daily/resume", null, 200);
        await SendAsync("POST", Full + "/schedules/daily/pause", null, 200);
        await SendAsync("POST", Full + "/schedules/weekly/pause", null, 404);
        await SendAsync("POST", Full + "/schedules/weekly/resume", null, 404);
        await GetAsync(Full);
        foreach (var (method, path) in new[]
        {
            ("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/runs"), ("POST", "/schedules/any/pause"),
            ("POST", "/schedules/any/resume")
        })
        {
            await SendAsync(method, "/api/v1/deployments/not/there" + path, null, 404);
        }

        await SendAsync("DELETE", Full + "?runs=cancel", null, 200);
    }

    private async Task WalkRunsAsync()
    {
        const string Runs = "/api/v1/deployments/walk/true/runs";
        var key = """{"idempotencyKey":"one","parameters":{"n":1,"s":["x"]},"priority":5,"tags":["walk"]}""";
        var run = IdOf(await SendAsync("POST", Runs, key, 201));
        await SendAsync("POST", Runs, key, 200);
        await SendAsync("POST", Runs, """{"idempotencyKey":"one","parameters":{"n":2}}""", 409);
        await SendAsync("POST", Runs, """{"idempotencyKey":"one","parameters":{"n":2},"keyOnly":true}""", 200);
        await SendAsync("POST", Runs, """{"priority":100000}""", 400);
        var later = IdOf(await SendAsync("POST", Runs, """{"at":"2999-01-01T00:00:00Z","tags":null}""", 201));
        await GetAsync($"/api/v1/runs/{run}/events");
        await GetAsync($"/api/v1/runs/{run}/events?after=2");
        await GetAsync($"/api/v1/runs/{run}/logs?follow=true");
        await GetAsync($"/api/v1/runs/{run}/logs?stream=stdout");
        await GetAsync($"/api/v1/runs/{run}/logs?stream=stderr&attempt=1&from=0");
        await GetAsync($"/api/v1/runs/{run}");
        await SendAsync("POST", $"/api/v1/runs/{later}/retry", null, 409);
        await SendAsync("POST", $"/api/v1/runs/{later}/cancel", """{"reason":"walked"}""", 202);
        await SendAsync("POST", $"/api/v1/runs/{run}/cancel", null, 409);
        var again = IdOf(await SendAsync("POST", $"/api/v1/runs/{run}/retry", """{"idempotencyKey":"again"}""", 201));
        await SendAsync("POST", $"/api/v1/runs/{run}/retry", """{"idempotencyKey":"again"}""", 200);
        await SendAsync("POST", $"/api/v1/runs/{run}/retry", """{"idempotencyKey":""}""", 400);
        await GetAsync($"/api/v1/runs/{again}/events");
        var failed = IdOf(await SendAsync("POST", "/api/v1/deployments/walk/fails/runs", null, 201));
        await GetAsync($"/api/v1/runs/{failed}/events");
        foreach (var query in
            (string[])["", "?limit=2", "?state=Failed&since=2020-01-01T00:00:00Z", "?deployment=walk%2Ffails", "?tag=walk&state=completed"])
        {
            await GetAsync("/api/v1/runs" + query);
        }

        var page = JsonDocument.Parse(await SendAsync("GET", "/api/v1/runs?limit=1", null, 200)).RootElement;
        await GetAsync($"/api/v1/runs?limit=1&after={page.GetProperty("next").GetString()}");
        foreach (var (method, path) in
            new[] { ("GET", ""), ("GET", "/events"), ("GET", "/logs?follow=true"), ("POST", "/cancel"), ("POST", "/retry") })
        {
            await SendAsync(method, $"/api/v1/runs/{Unknown}{path}", null, 404);
        }
    }

    private async Task WalkLimitsAsync()
    {
        await SendAsync("PUT", "/api/v1/limits/walk-limit", """{"size":1}""", 200);
        await SendAsync("PUT", "/api/v1/limits/walk-limit", """{"size":0}""", 400);
        var holder = IdOf(await SendAsync("POST", "/api/v1/deployments/walk/holds/runs", null, 201));
        var waiter = IdOf(await SendAsync("POST", "/api/v1/deployments/walk/holds/runs", null, 201));
        await UntilAsync(waiter, "AwaitingConcurrencySlot");
        await GetAsync("/api/v1/limits");
        await GetAsync("/api/v1/limits?limit=1&after=a");
        await GetAsync($"/api/v1/runs/{waiter}");
        await GetAsync("/api/v1/runs?state=AwaitingConcurrencySlot");
        await SendAsync("POST", $"/api/v1/runs/{waiter}/cancel", null, 202);
        await SendAsync("POST", $"/api/v1/runs/{holder}/cancel", null, 202);
        await GetAsync($"/api/v1/runs/{holder}/events");
        await SendAsync("DELETE", "/api/v1/limits/walk-limit", null, 200);
        await SendAsync("DELETE", "/api/v1/limits/never-was", null, 404);
    }

    /// <summary>What a route says it takes when it is asked for something it does not.</summary>
    private async Task AssertKnowsParametersAsync(DocumentedOperation operation)
    {
        var answer = await SendAsync(operation, "", query: "?bogus=1");
        var documented = operation.Parameters.Where(p => p["in"]!.GetValue<string>() == "query").Select(p => p["name"]!.GetValue<string>()).ToArray();
        var detail = JsonDocument.Parse(answer).RootElement.GetProperty("detail").GetString()!;
        var known = detail.Split("known here: ") is [_, var list] ? list.Split('.')[0].Split(", ") : [];
        Assert.Equal((operation.Id, string.Join(' ', known.Order())), (operation.Id, string.Join(' ', documented.Order())));
    }

    private async Task UntilAsync(string run, string state)
    {
        using var plain = new HttpClient { BaseAddress = _http.BaseAddress, Timeout = Patience };
        plain.DefaultRequestHeaders.Authorization = _http.DefaultRequestHeaders.Authorization;
        using var stream = new StreamReader(await plain.GetStreamAsync($"/api/v1/runs/{run}/events"));
        while (!(await stream.ReadLineAsync())!.Contains($"\"{state}\"", StringComparison.Ordinal))
        {
        }
    }

    private Task<string> GetAsync(string path) => SendAsync("GET", path, null, 200);

    private async Task<string> SendAsync(string method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text;
    }

    /// <summary>An operation on something that may not be there, with something wrong about the request.</summary>
    private async Task<string> SendAsync(DocumentedOperation operation, string body, Action<HttpRequestMessage>? wrong = null, string query = "")
    {
        var path = operation.Path.Replace("{run}", Unknown.ToString(), StringComparison.Ordinal).Replace("{flow}", "not", StringComparison.Ordinal)
            .Replace("{name}", "there", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path + query);
        request.Content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
        wrong?.Invoke(request);
        using var answer = await _http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private static string IdOf(string submitted) => JsonDocument.Parse(submitted).RootElement.GetProperty("id").GetString()!;

    /// <summary>One with every field there is, and some that do something.</summary>
    private const string Deployments =
        """
        [
          {"name":"walk/full","description":"all of it","version":"1","tags":["walk"],"command":["echo","{{ parameters.who }}"],"workdir":"/",
           "env":{"A":"b","C":null},"parameters":{"who":"you","deep":{"a":[1,null]}},"catchUp":"All","catchUpLimit":100,
           "concurrency":{"limit":2,"onFull":"CancelNew"},
           "schedules":[{"id":"daily","cron":"0 4 * * *","timezone":"Europe/Berlin","parameters":{"who":"me"},"active":false},
                        {"interval":"1h30m","anchor":"2026-01-01T00:00:00Z"},{"interval":86400.5},
                        {"cron":"0 9 13 * fri","dayOr":false,"end":"2030-01-01T00:00:00Z","maxRuns":13,"jitter":"30s"}],
           "limits":["walk-limit"],"retries":{"count":3,"delay":"500ms","backoff":2,"maxDelay":"1h","jitter":0.1,"on":["75","SIGKILL"],"notOn":["2"]},
           "successCodes":[0,3],
           "timeout":"1m","stopGrace":5,"priority":-7,"paused":true,"user":null},
          {"name":"walk/true","tags":["walk"],"command":["sh","-c","echo out; echo err >&2; echo '{\"n\":1}' > \"$RUNNER_RESULT_FILE\""],
           "workdir":"/"},
          {"name":"walk/fails","command":["sh","-c","exit 3"],"workdir":"/","retries":{"count":1,"delays":["10ms",0.01]}},
          {"name":"walk/holds","command":["sleep","1000"],"workdir":"/","limits":["walk-limit"],"stopGrace":"1s"}
        ]
        """;
}
