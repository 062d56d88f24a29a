using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Client.Tests;

public class RunnerClientTests
{
    private const string Submitted =
        """{"id":"0192f0c1-0000-7000-8000-000000000001","created":true"""
        + ""","state":{"type":"Scheduled","name":"Scheduled","at":"2026-03-01T12:00:00Z"}}""";

    [Fact]
    public async Task A_submission_whose_connection_breaks_is_sent_again_with_the_same_key()
    {
        await using var node = await FakeNode.StartAsync((n, http) =>
        {
            if (n.Asked.Count <= 2)
            {
                http.Abort();
                return Task.CompletedTask;
            }

            return FakeNode.JsonAsync(http, 201, Submitted);
        });
        using var client = node.Client();

        var submitted = await client.SubmitAsync(new SubmitRun("hello/a"));

        Assert.True(submitted.Created);
        Assert.Equal(3, node.Bodies.Count);
        Assert.Single(node.Bodies.Select(b => JsonElement.Parse(b).GetProperty("idempotencyKey").GetString()).Distinct());
        Assert.Equal("Bearer secret", node.Authorization);
    }

    [Fact]
    public async Task B86_a_node_that_does_not_answer_is_said_once_while_it_is_tried_again_and_when_it_answers()
    {
        var said = new List<string>();
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            if (said.Count == 0)
            {
                http.Abort();
                return Task.CompletedTask;
            }

            return FakeNode.JsonAsync(http, 201, Submitted);
        });
        using var client = node.Client(
            new RunnerClientOptions { Resends = 1_000, MaxBackOff = TimeSpan.FromMilliseconds(300), OnWaiting = said.Add });

        var began = System.Diagnostics.Stopwatch.StartNew();
        await client.SubmitAsync(new SubmitRun("hello/a"));

        var url = node.Url.ToString().TrimEnd('/');
        Assert.Equal([$"The node at {url} does not answer. It is tried again for 30s at most.", $"The node at {url} answers again."], said);
        Assert.True(began.Elapsed >= TimeSpan.FromSeconds(2), $"{began.Elapsed}");
    }

    [Fact]
    public async Task B86_a_client_that_does_not_wait_tries_once()
    {
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        using var client = node.Client(new RunnerClientOptions().WithoutWaiting());

        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.SubmitAsync(new SubmitRun("hello/a")));
        Assert.Single(node.Asked);
    }

    [Fact]
    public async Task A_submission_that_a_busy_node_turned_away_is_sent_again_with_the_same_key()
    {
        await using var node = await FakeNode.StartAsync((n, http) => n.Asked.Count <= 3
            ? FakeNode.JsonAsync(http, 503, """{"type":"urn:runner:node-busy","status":503,"code":"node-busy","detail":"Busy."}""")
            : FakeNode.JsonAsync(http, 201, Submitted));
        using var client = node.Client();

        await client.SubmitAsync(new SubmitRun("hello/a"));

        Assert.Equal(4, node.Bodies.Count);
        Assert.Single(node.Bodies.Select(b => JsonElement.Parse(b).GetProperty("idempotencyKey").GetString()).Distinct());
    }

    [Fact]
    public async Task A_deletion_is_not_sent_twice()
    {
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        using var client = node.Client();

        var e = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.DeleteDeploymentAsync("hello/a", RunsOnDelete.Cancel));
        Assert.Contains("is not known", e.Message, StringComparison.Ordinal);
        Assert.Equal(["DELETE /api/v1/deployments/hello/a?runs=cancel"], node.Asked);
    }

    [Fact]
    public async Task A_refusal_carries_code_status_sentence_and_problems()
    {
        await using var node = await FakeNode.AnsweringAsync(
            400, """{"type":"urn:runner:deployment-invalid","status":400"""
                + ""","code":"deployment-invalid","detail":"No.","problems":[{"field":"timeout","message":"too long"}]}""");
        using var client = node.Client();

        var e = await Assert.ThrowsAsync<RunnerApiException>(() => client.RegisterAsync([]));
        Assert.Equal(("deployment-invalid", 400, "No."), (e.Code, e.Status, e.Message));
        Assert.Equal("timeout", Assert.Single(e.Problems).Field);
    }

    [Fact]
    public async Task A_token_that_is_refused_is_an_error_of_its_own_that_says_where_it_came_from()
    {
        await using var node = await FakeNode.AnsweringAsync(401, "");
        using var client = node.Client();

        var e = await Assert.ThrowsAsync<TokenRefusedException>(() => client.LimitsAsync(new ListLimits()));
        Assert.Contains("refused the token from a test", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_listens_the_error_says_how_to_start_a_node()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using var client = new RunnerClient(new NodeAddress(new Uri($"http://127.0.0.1:{port}"), null, ""));

        var e = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.NodeAsync());
        Assert.Equal(
            $"No node answers at http://127.0.0.1:{port}. Start one with `runner serve FILE` or `runner node`, or name another with --url.",
            e.Message);
    }

    [Fact]
    public async Task Another_server_at_the_address_is_said_to_be_one()
    {
        await using var node = await FakeNode.AnsweringAsync(200, "<html>");
        using var client = node.Client();
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => client.NodeAsync());

        await using var other = await FakeNode.AnsweringAsync(404, "<html>");
        using var otherClient = other.Client();
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => otherClient.NodeAsync());
    }

    [Fact]
    public async Task A_node_that_never_answers_is_given_up_after_the_request_timeout()
    {
        await using var node = await FakeNode.StartAsync(async (_, http) =>
        {
            var aborted = new TaskCompletionSource();
            using var registration = http.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
        });
        using var client = node.Client(new RunnerClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(50) });

        var e = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.NodeAsync());
        Assert.Contains("did not answer within 50ms", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("a/b/c")]
    [InlineData("../limits")]
    [InlineData("")]
    public async Task A_name_that_cannot_be_a_deployments_never_reaches_another_path(string name)
    {
        await using var node = await FakeNode.AnsweringAsync(200, "{}");
        using var client = node.Client();

        var e = await Assert.ThrowsAsync<RunnerApiException>(() => client.DeploymentAsync(name));
        Assert.Equal("deployment-not-found", e.Code);
        Assert.Empty(node.Asked);
    }

    [Fact]
    public async Task Queries_are_escaped_and_only_what_is_set_is_sent()
    {
        await using var node = await FakeNode.AnsweringAsync(200, """{"items":[]}""");
        using var client = node.Client();

        await client.RunsAsync(new ListRuns(Deployment: "a/b", Tag: "x&y=z", Since: FixedTime.Noon, Limit: 5));

        Assert.Equal(["GET /api/v1/runs?deployment=a%2Fb&tag=x%26y%3Dz&since=2026-03-01T12%3A00%3A00Z&limit=5"], node.Asked);
    }

    [Fact]
    public async Task Output_is_copied_byte_by_byte_and_says_where_it_ends()
    {
        byte[] bytes = [0, 255, 10, 200, 13];
        await using var node = await FakeNode.StartAsync((_, http) => http.Response.Body.WriteAsync(bytes).AsTask());
        using var client = node.Client();
        using var copy = new MemoryStream();

        var end = await client.CopyLogAsync(Guid.Empty, LogStream.Stderr, copy, attempt: 2, from: 10);

        Assert.Equal(bytes, copy.ToArray());
        Assert.Equal(15, end);
        Assert.Equal([$"GET /api/v1/runs/{Guid.Empty}/logs?stream=stderr&attempt=2&from=10"], node.Asked);
    }

    [Fact]
    public async Task Output_whose_copying_is_broken_off_is_an_error_and_not_an_end()
    {
        await using var node = await FakeNode.StartAsync(async (_, http) =>
        {
            http.Response.ContentLength = 100;
            await http.Response.Body.WriteAsync("half"u8.ToArray());
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        using var client = node.Client();

        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.CopyLogAsync(Guid.Empty, LogStream.Stdout, Stream.Null));
    }
}
