using System.Globalization;
using Runner.Messages;

namespace Runner.Host.Tests.Http;

/// <summary>Every error is problem details that say what is wrong and where, and shows nothing of the inside.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private readonly ApiFixture _api = new();

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    public static TheoryData<Refusal, int> Refusals => new()
    {
        { new DeploymentNotFound("a/b"), 404 },
        { new ScheduleNotFound("a/b", "x"), 404 },
        { new RunNotFound("x"), 404 },
        { new LimitNotFound("x"), 404 },
        { new NodeNotFound("x"), 404 },
        { new DeploymentInvalid("a/b", [new Problem("name", "wrong.")]), 400 },
        { new SubmissionInvalid([new Problem("at", "wrong.")]), 400 },
        { new LimitInvalid("x", "wrong."), 400 },
        { new QueryInvalid("state", "wrong."), 400 },
        { new PruneInvalid([new Problem("keepFor", "wrong.")]), 400 },
        { new RunAlreadyEnded(Guid.Empty, "Completed"), 409 },
        { new KeyUsedOtherwise(Guid.Empty, "once", [new Problem("priority", "it is 7 there.")]), 409 },
        { new RunNotEnded(Guid.Empty, "Running"), 409 },
        { new StoreNotAvailable("The store is away."), 503 },
        { new RequestNotHandled("GetRun", "FlowRun/1"), 500 },
        { new EntityUnreadable("FlowRun/1", 3, "cannot be read"), 500 },
        { new SkipRefused("FlowRun/1", 3, "it can be read."), 409 },
        { new NodeStopping(), 503 },
        { new NodeBusy(10), 503 },
        { new TooManyFollowers(10), 503 },
        { new DiskLow("The disk is nearly full."), 507 },
        { new StoreIsFull("The disk is full."), 507 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_has_its_status_and_its_code(Refusal refusal, int status)
    {
        _api.Node.RefuseWith = refusal;

        var answer = await _api.SendAsync("POST", "/api/v1/deployments/a/b/runs");

        Assert.Equal(status, answer.Status);
        Assert.Equal(refusal.Code, answer.Code);
        Assert.Equal(refusal.Message, answer.Detail);
        Assert.Equal(!refusal.Problems.IsEmpty, answer.Json.TryGetProperty("problems", out _));
    }

    [Fact]
    public void Every_refusal_there_is_stands_in_the_table() => Assert.Equal(
        typeof(Refusal).Assembly.GetTypes().Where(t => t.BaseType == typeof(Refusal)).Select(t => t.Name).Order(),
        Refusals.Select(row => row[0].GetType().Name).Order());

    [Theory]
    [InlineData("GET", "/nothing", 404, "path-not-found")]
    [InlineData("GET", "/", 404, "path-not-found")]
    [InlineData("GET", "/api/v1/nothing", 404, "path-not-found")]
    [InlineData("GET", "/api/v1/deployments/only-one-part", 404, "path-not-found")]
    [InlineData("PATCH", "/api/v1/deployments", 405, "method-not-allowed")]
    [InlineData("GET", "/api/v1/runs/no-id", 404, "run-not-found")]
    [InlineData("GET", "/api/v1/runs/00000000000000000000000000000001", 404, "run-not-found")]
    [InlineData("GET", "/api/v1/runs?limit=99999999", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?limit=0", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?limit=-1", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?limit=99999999999999999999999999", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?limit=ten", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?limit=1&limit=2", 400, "query-invalid")]
    [InlineData("GET", "/api/v1/runs?since=yesterday", 400, "query-invalid")]
    [InlineData("DELETE", "/api/v1/deployments/a/b?runs=stop", 400, "query-invalid")]
    [InlineData("PUT", "/api/v1/deployments?dryRun=maybe", 400, "query-invalid")]
    [InlineData("POST", "/api/v1/deployments/a/b/runs?priority=1", 400, "query-invalid")]
    public async Task What_cannot_be_meant_is_refused(string method, string path, int status, string code)
    {
        var answer = await _api.SendAsync(method, path);

        Assert.Equal(status, answer.Status);
        Assert.Equal(code, answer.Code);
        Assert.Empty(_api.Node.Commands);
    }

    [Fact]
    public async Task A_misspelt_parameter_is_named_with_the_nearest_known()
    {
        var answer = await _api.SendAsync("GET", "/api/v1/runs?deploymnet=a/b");

        Assert.Contains("Did you mean 'deployment'?", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"priority\": 1,\n \"tags\": [}", ": this is not valid JSON", "line 2, byte 11")]
    [InlineData("{\"priority\": 1", ": this is not valid JSON", "line 1")]
    [InlineData("not json", ": this is not valid JSON", "line 1, byte 2")]
    [InlineData("{\"priority\": \"high\"}", "priority: expected a whole number", "line 1")]
    [InlineData("{\"priority\": 1e99}", "priority: expected a whole number", "line 1")]
    [InlineData("{\"priority\": 1.5}", "priority: expected a whole number", "line 1")]
    [InlineData("{\"tags\": \"a\"}", "tags: expected a list", "line 1")]
    [InlineData("{\"tags\": [\"a\", 1]}", "tags[1]: expected a text", "line 1")]
    [InlineData("{\"at\": \"soon\"}", "at: expected a time", "line 1")]
    [InlineData("{\"parameters\": []}", "parameters: expected an object", "line 1")]
    [InlineData("[]", ": expected an object", "line 1")]
    public async Task Bad_JSON_is_refused_with_its_field_and_place(string body, string problem, string place)
    {
        var answer = await _api.SendAsync("POST", "/api/v1/deployments/a/b/runs", body);

        Assert.Equal(400, answer.Status);
        Assert.Equal("body-invalid", answer.Code);
        Assert.StartsWith(problem, Assert.Single(answer.Problems), StringComparison.Ordinal);
        Assert.Contains(place, answer.Problems[0], StringComparison.Ordinal);
        Assert.DoesNotContain("System.", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_fields_are_refused_all_at_once_with_the_nearest_known()
    {
        var answer = await _api.SendAsync(
            "PUT", "/api/v1/deployments",
            """[{"name": "a/b", "command": ["x"], "workdir": "/", "comand": [], "schedules": [{"crn": "* * * * *"}], "retries": {"cuont": 1}}]""");

        Assert.Equal("body-invalid", answer.Code);
        Assert.Equal(
            [
                "[0].comand: unknown field. Did you mean 'command'?",
                "[0].schedules[0].crn: unknown field. Did you mean 'cron'?",
                "[0].retries.cuont: unknown field. Did you mean 'count'?",
            ],
            answer.Problems);
    }

    [Theory]
    [InlineData("[{\"name\": \"a/b\"}]", "missing: 'workdir'")]
    [InlineData("[null]", "[0]: is null.")]
    [InlineData("null", "expected a list")]
    [InlineData("[{\"name\": null, \"command\": [], \"workdir\": \"/\"}]", "may not be null")]
    [InlineData("[{\"name\": \"a/b\", \"name\": \"a/c\", \"command\": [], \"workdir\": \"/\"}]", "Duplicate")]
    [InlineData("[{\"name\": \"a/b\", \"command\": [], \"workdir\": \"/\", \"timeout\": \"long\"}]", "Expected a duration such as")]
    [InlineData("[{\"name\": \"a/b\", \"command\": [], \"workdir\": \"/\", \"catchUp\": \"some\"}]", "expected one of Latest, All, None")]
    [InlineData("", "empty")]
    public async Task A_deployment_that_cannot_be_read_is_refused_with_what_was_expected(string body, string expected)
    {
        var answer = await _api.SendAsync("PUT", "/api/v1/deployments", body);

        Assert.Equal(400, answer.Status);
        Assert.Equal("body-invalid", answer.Code);
        Assert.Contains(expected, answer.Problems[0], StringComparison.Ordinal);
        Assert.Empty(_api.Node.Commands);
    }

    [Fact]
    public async Task Nesting_without_end_is_refused()
    {
        var answer = await _api.SendAsync("POST", "/api/v1/deployments/a/b/runs", new string('[', 100_000));

        Assert.Equal("body-invalid", answer.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_4_MiB_is_refused(bool announced)
    {
        // What is announced as too large is refused unread; what is not, as soon as it is.
        const int tooLarge = (4 * 1024 * 1024) + 1;
        var framing = announced ? $"Content-Length: {tooLarge}" : "Transfer-Encoding: chunked";
        var sent = announced ? "" : string.Create(CultureInfo.InvariantCulture, $"{tooLarge:x}\r\n{new string(' ', tooLarge)}");

        var answer = await _api.RawAsync(
            "POST /api/v1/deployments/a/b/runs HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: "
            + $"Bearer {ApiFixture.Token}\r\n{framing}\r\nConnection: close\r\n\r\n{sent}");

        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("urn:runner:body-too-large", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFF0")]
    [InlineData("-1")]
    [InlineData("zz")]
    public async Task B83_a_chunk_whose_size_is_none_is_400(string size)
    {
        var answer = await _api.RawAsync(
            $"POST /api/v1/deployments/a/b/runs HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: Bearer {ApiFixture.Token}\r\nTransfer-Encoding: "
            + $"chunked\r\nConnection: close\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.Contains(
            answer.StartsWith("HTTP/1.1 413", StringComparison.Ordinal) ? "urn:runner:body-too-large" : "urn:runner:bad-request", answer,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_without_end_are_refused()
    {
        var answer = await _api.RawAsync($"GET /api/v1/runs HTTP/1.1\r\nHost: localhost:PORT\r\nX-Long: {new string('x', 20_000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_inside_shows_nothing_of_the_inside()
    {
        _api.Node.FailWith = new InvalidOperationException("the secret plan");

        var answer = await _api.SendAsync("GET", "/api/v1/limits");

        Assert.Equal(500, answer.Status);
        Assert.Equal("internal", answer.Code);
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_node_stops_it_is_read_and_cancelled_but_takes_no_work()
    {
        var run = new Guid("0192d4e0-0000-7000-8000-000000000003");
        _api.Node.Step(run, Messages.Runs.StateType.Running, "Running", 1);
        _api.Slot.BeginStop();

        Assert.Equal("node-stopping", (await _api.SendAsync("POST", "/api/v1/deployments/a/b/runs")).Code);
        Assert.Equal("node-stopping", (await _api.SendAsync("PUT", "/api/v1/limits/x", "{\"size\":1}")).Code);
        Assert.Equal(200, (await _api.SendAsync("GET", "/api/v1/runs")).Status);
        Assert.Equal(202, (await _api.SendAsync("POST", $"/api/v1/runs/{run}/cancel")).Status);
        Assert.Equal(503, (await _api.SendAsync("GET", "/health/ready")).Status);
        Assert.Equal(200, (await _api.SendAsync("GET", "/health/live")).Status);
    }

    [Fact]
    public async Task Health_says_what_is_wrong()
    {
        _api.Node.RefuseWith = new StoreNotAvailable("The store does not answer; is the disk there?");

        var answer = await _api.SendAsync("GET", "/health/ready", token: null);

        Assert.Equal(503, answer.Status);
        Assert.Equal("not-ready", answer.Json.GetProperty("status").GetString());
        Assert.Equal("The store does not answer; is the disk there?", answer.Json.GetProperty("checks")[0].GetProperty("message").GetString());
    }

    [Fact]
    public async Task Before_the_node_is_there_the_api_says_so()
    {
        var early = new ApiFixture { Filled = false };
        await early.InitializeAsync();

        Assert.Equal("node-starting", (await early.SendAsync("GET", "/api/v1/runs")).Code);
        Assert.Equal(503, (await early.SendAsync("GET", "/health/ready")).Status);
        early.Fill();
        Assert.Equal(200, (await early.SendAsync("GET", "/api/v1/runs")).Status);
        await early.DisposeAsync();
    }
}
