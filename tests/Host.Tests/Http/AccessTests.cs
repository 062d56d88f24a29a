using Runner.Host.Http.Access;

namespace Runner.Host.Tests.Http;

public sealed class AccessTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static readonly Guid Mine = new("0192d4e0-0000-7000-8000-000000000001");
    private static readonly Guid Other = new("0192d4e0-0000-7000-8000-000000000002");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a-token-of-at-least-thirty-two-characterz")]
    [InlineData("run.0192d4e0-0000-7000-8000-000000000001.AAAA")]
    public async Task Without_the_right_token_nothing_is_answered(string? token)
    {
        var answer = await api.SendAsync("GET", "/api/v1/runs", token: token);

        Assert.Equal(401, answer.Status);
        Assert.Equal("unauthorized", answer.Code);
        Assert.Equal("Bearer", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("/api/v1/nothing-here")]
    [InlineData("/API/v1/runs")]
    [InlineData("/api")]
    [InlineData("/api/v1/runs?token=" + ApiFixture.Token)]
    public async Task Without_a_token_not_even_the_shape_of_the_api_shows(string path) =>
        Assert.Equal(401, (await api.SendAsync("GET", path, token: null)).Status);

    [Fact]
    public async Task A_token_in_two_headers_is_none()
    {
        var answer = await api.RawAsync(
            $"GET /api/v1/runs HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: Bearer {ApiFixture.Token}\r\nAuthorization: "
            + "Bearer x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:PORT", 200)]
    [InlineData("localhost:PORT", 200)]
    [InlineData("[::1]:PORT", 200)]
    [InlineData("node.example:PORT", 200)]
    [InlineData("rebound.example:PORT", 403)]
    [InlineData("localhost.rebound.example:PORT", 403)]
    [InlineData("127.0.0.1:1", 403)]
    [InlineData("127.0.0.1", 403)]
    [InlineData("10.1.2.3:PORT", 403)]
    [InlineData("", 403)]
    public async Task Only_the_nodes_own_Host_is_served(string host, int status)
    {
        var answer = await api.RawAsync(
            $"GET /api/v1/limits HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ApiFixture.Token}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    public async Task A_web_page_of_another_origin_is_refused_even_with_the_token(string origin)
    {
        var answer = await api.SendAsync("GET", "/api/v1/limits", headers: ("Origin", origin));

        Assert.Equal(403, answer.Status);
        Assert.Equal("foreign-origin", answer.Code);
        Assert.DoesNotContain("Access-Control-Allow-Origin", answer.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_nodes_own_origin_is_served() =>
        Assert.Equal(200, (await api.SendAsync("GET", "/api/v1/limits", headers: ("Origin", $"http://127.0.0.1:{api.Port}"))).Status);

    [Fact]
    public async Task Health_needs_no_token_and_the_right_Host_all_the_same()
    {
        Assert.Equal(200, (await api.SendAsync("GET", "/health/live", token: null)).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/health/ready", token: null)).Status);
        Assert.Equal(403, (await api.SendAsync("GET", "/health/ready", token: null, headers: ("Origin", "https://evil.example"))).Status);
    }

    [Theory]
    [InlineData("GET", "/api/v1/runs/MINE", 200)]
    [InlineData("GET", "/api/v1/runs/MINE/events", 200)]
    [InlineData("GET", "/api/v1/runs/MINE/logs?stream=stdout", 200)]
    [InlineData("POST", "/api/v1/runs/MINE/cancel", 202)]
    [InlineData("POST", "/api/v1/runs/MINE/retry", 403)]
    [InlineData("GET", "/api/v1/runs/OTHER", 403)]
    [InlineData("GET", "/api/v1/runs/OTHER/logs?stream=stdout", 403)]
    [InlineData("POST", "/api/v1/runs/OTHER/cancel", 403)]
    [InlineData("GET", "/api/v1/runs", 403)]
    [InlineData("GET", "/api/v1/node", 403)]
    [InlineData("GET", "/api/v1/nothing", 403)]
    [InlineData("PUT", "/api/v1/deployments", 403)]
    [InlineData("DELETE", "/api/v1/limits/MINE", 403)]
    public async Task A_programs_token_reads_and_cancels_its_own_run_only(string method, string path, int status)
    {
        api.Node.Step(Mine, Messages.Runs.StateType.Completed, "Completed", 1);
        api.Node.Step(Other, Messages.Runs.StateType.Completed, "Completed", 1);
        var there = path.Replace("MINE", Mine.ToString(), StringComparison.Ordinal).Replace("OTHER", Other.ToString(), StringComparison.Ordinal);

        var answer = await api.SendAsync(method, there, token: api.Tokens.ForRun(Mine));

        Assert.Equal(status, answer.Status);
        if (status == 403)
        {
            Assert.Equal("not-your-run", answer.Code);
        }
    }

    [Fact]
    public void A_programs_token_is_nobody_elses_and_ends_with_the_nodes()
    {
        var token = api.Tokens.ForRun(Mine);

        Assert.Equal(Mine, api.Tokens.Recognize(token)!.Run);
        Assert.Null(api.Tokens.Recognize(token.Replace(Mine.ToString(), Other.ToString(), StringComparison.Ordinal)));
        Assert.Null(new ApiTokens("another-token-of-at-least-32-characters").Recognize(token));
        Assert.Null(api.Tokens.Recognize(token + ".x"));
        Assert.Null(api.Tokens.Recognize("run.."));
    }
}
