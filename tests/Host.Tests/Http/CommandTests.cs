using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Http;

/// <summary>What is sent reaches the node as it was meant, and the answer has the documented shape.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private static readonly Guid Run = new("0192d4e0-0000-7000-8000-000000000001");
    private readonly ApiFixture _api = new();

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_submission_arrives_whole()
    {
        var answer = await _api.SendAsync(
            "POST", "/api/v1/deployments/flow/it/runs",
            """{"parameters": {"n": [1, null]}, "at": "2026-02-03T04:05:06+01:00", "priority": -3, "idempotencyKey": "k", "tags": """
            + """["a"], "enforceParameterSchema": false}""");

        var command = Assert.IsType<SubmitRun>(Assert.Single(_api.Node.Commands));
        Assert.Equal(201, answer.Status);
        Assert.Equal("flow/it", command.Deployment);
        Assert.Equal("[1, null]", command.Parameters!["n"].GetRawText());
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 3, 5, 6, TimeSpan.Zero), command.At);
        Assert.Equal((-3, "k"), (command.Priority, command.IdempotencyKey));
        Assert.Equal("a", Assert.Single(command.Tags!.Value));
        Assert.False(command.EnforceParameterSchema);
    }

    [Theory]
    [InlineData("""{"parameters": {"\ud800": 1}}""")]
    [InlineData("""{"parameters": {"n": [{"m": "a\udc00"}]}}""")]
    [InlineData("""{"idempotencyKey": "\ud800"}""")]
    public async Task What_is_no_text_is_refused(string body)
    {
        var answer = await _api.SendAsync("POST", "/api/v1/deployments/flow/it/runs", body);

        Assert.Equal(400, answer.Status);
        Assert.Contains("half of a surrogate pair", answer.Body, StringComparison.Ordinal);
        Assert.Empty(_api.Node.Commands);
    }

    [Theory]
    [InlineData(null, 201)]
    [InlineData("{}", 201)]
    [InlineData("{\"idempotencyKey\":\"used\"}", 200)]
    public async Task A_submission_needs_no_body_and_a_used_key_answers_200(string? body, int status) =>
        Assert.Equal(status, (await _api.SendAsync("POST", "/api/v1/deployments/flow/it/runs", body)).Status);

    [Fact]
    public async Task Deployments_are_registered_with_every_field()
    {
        var answer = await _api.SendAsync(
            "PUT", "/api/v1/deployments",
            """[{"name":"a/b","command":["x"],"workdir":"/","env":{"A":null},"timeout":"1h","schedules":[{"interval":"10s"}]"""
            + ""","concurrency":{"limit":1,"onFull":"CancelNew"},"parameterSchema":{"type":"object"},"enforceParameterSchema":false}]""");

        Assert.Equal(200, answer.Status);
        var spec = Assert.Single(Assert.IsType<RegisterDeployments>(Assert.Single(_api.Node.Commands)).Specs);
        Assert.Null(spec.Env["A"]);
        Assert.Equal(TimeSpan.FromHours(1), spec.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(10), spec.Schedules[0].Interval);
        Assert.Equal(OnFull.CancelNew, spec.Concurrency!.OnFull);
        Assert.Equal("object", spec.ParameterSchema!.Value.GetProperty("type").GetString());
        Assert.False(spec.EnforceParameterSchema);
    }

    [Fact]
    public async Task Submissions_and_changes_send_what_was_asked_for()
    {
        await _api.SendAsync("POST", "/api/v1/deployments/flow/it/pause");
        await _api.SendAsync("POST", "/api/v1/deployments/flow/it/resume");
        await _api.SendAsync("POST", "/api/v1/deployments/flow/it/schedules/nightly/pause");
        await _api.SendAsync("POST", "/api/v1/deployments/flow/it/schedules/nightly/resume");
        await _api.SendAsync("DELETE", "/api/v1/deployments/flow/it?runs=cancel");
        await _api.SendAsync("GET", "/api/v1/deployments?tag=t&limit=7&after=c");
        await _api.SendAsync("GET", "/api/v1/runs?state=failed&deployment=flow/it&tag=t&since=2026-01-01T00:00:00Z&limit=1000&after=c");
        await _api.SendAsync("POST", $"/api/v1/runs/{Run}/cancel", """{"reason":"enough"}""");
        await _api.SendAsync("POST", $"/api/v1/runs/{Run}/retry", """{"idempotencyKey":"k"}""");
        await _api.SendAsync("PUT", "/api/v1/limits/database", """{"size":3}""");
        await _api.SendAsync("DELETE", "/api/v1/limits/database");

        Assert.Equal(
            [
                new PauseDeployment("flow/it"),
                new ResumeDeployment("flow/it"),
                new SwitchSchedule("flow/it", "nightly", false),
                new SwitchSchedule("flow/it", "nightly", true),
                new DeleteDeployment("flow/it", RunsOnDelete.Cancel),
                new ListDeployments("t", 7, "c"),
                new ListRuns("failed", "flow/it", "t", ScriptedNode.Then, 1_000, "c"),
                new CancelRun(Run, "enough"),
                new RetryRun(Run, "k"),
                new SetLimit("database", 3),
                new DeleteLimit("database"),
            ],
            _api.Node.Commands);
    }

    [Fact]
    public async Task The_node_describes_itself()
    {
        var answer = await _api.SendAsync("GET", "/api/v1/node");

        Assert.Equal("node-1", answer.Json.GetProperty("node").GetString());
        Assert.Equal(100, answer.Json.GetProperty("processLimit").GetInt32());
    }
}
