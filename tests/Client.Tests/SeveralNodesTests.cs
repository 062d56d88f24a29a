using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Client.Tests;

/// <summary>A client that was given several nodes goes on with another by itself.</summary>
public sealed class SeveralNodesTests : IDisposable
{
    private const string Submitted =
        """{"id":"0192f0c1-0000-7000-8000-000000000001","created":true"""
        + ""","state":{"type":"Scheduled","name":"Scheduled","at":"2026-03-01T12:00:00Z"}}""";

    private const string Page = """{"items":[]}""";
    private const string End = "event: end\ndata: {}\n\n";
    private static readonly Guid Run = new("0192f0c1-0000-7000-8000-000000000001");
    private readonly Socket _taken = new(SocketType.Stream, ProtocolType.Tcp);

    public SeveralNodesTests() => _taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Where nothing listens, and nothing will.</summary>
    private Uri Dead => new($"http://127.0.0.1:{((IPEndPoint)_taken.LocalEndPoint!).Port}");

    public void Dispose() => _taken.Dispose();

    [Fact]
    public async Task The_next_one_is_asked_where_nothing_listens()
    {
        await using var node = await FakeNode.AnsweringAsync(200, Page);
        using var client = Client(Dead, node.Url);

        await client.LimitsAsync(new ListLimits());

        Assert.Equal("Bearer secret", node.Authorization);
        Assert.Equal(node.Url, client.Url);
    }

    [Fact]
    public async Task The_one_that_answered_is_asked_first_from_then_on()
    {
        await using var broken = await BreakingAsync();
        await using var node = await FakeNode.AnsweringAsync(200, Page);
        using var client = Client(broken.Url, node.Url);

        await client.LimitsAsync(new ListLimits());
        await client.LimitsAsync(new ListLimits());

        Assert.Single(broken.Asked);
        Assert.Equal(2, node.Asked.Count);
    }

    [Fact]
    public async Task A_submission_whose_connection_breaks_goes_to_the_next_one_with_the_same_key()
    {
        await using var broken = await BreakingAsync();
        await using var node = await FakeNode.AnsweringAsync(201, Submitted);
        using var client = Client(broken.Url, node.Url);

        await client.SubmitAsync(new SubmitRun("hello/a"));

        Assert.Single(broken.Bodies.Concat(node.Bodies).Select(b => JsonElement.Parse(b).GetProperty("idempotencyKey").GetString()).Distinct());
        Assert.Equal((1, 1), (broken.Asked.Count, node.Asked.Count));
    }

    [Fact]
    public async Task What_may_not_be_done_twice_is_sent_to_another_only_if_the_first_one_cannot_have_done_it()
    {
        await using var broken = await BreakingAsync();
        await using var node = await FakeNode.AnsweringAsync(200, """{"name":"hello/a","changed":true}""");
        using (var client = Client(broken.Url, node.Url))
        {
            var e = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.DeleteDeploymentAsync("hello/a", RunsOnDelete.Cancel));
            Assert.Contains("is not known", e.Message, StringComparison.Ordinal);
            Assert.Empty(node.Asked);
        }

        using var other = Client(Dead, node.Url);
        await other.DeleteDeploymentAsync("hello/a", RunsOnDelete.Cancel);
        Assert.Single(node.Asked);
    }

    [Theory]
    [InlineData("node-starting")]
    [InlineData("node-stopping")]
    [InlineData("node-busy")]
    [InlineData("store-not-available")]
    public async Task A_node_that_is_there_for_nobody_is_passed_by_at_once(string code)
    {
        await using var away = await AwayAsync(code);
        await using var node = await FakeNode.AnsweringAsync(201, Submitted);
        using var client = Client(away.Url, node.Url);

        await client.SubmitAsync(new SubmitRun("hello/a"));

        Assert.Equal((1, 1), (away.Asked.Count, node.Asked.Count));
    }

    [Fact]
    public async Task A_refusal_is_the_answer_whoever_else_there_is()
    {
        await using var refusing = await FakeNode.AnsweringAsync(404, """{"code":"deployment-not-found","detail":"There is none."}""");
        await using var node = await FakeNode.AnsweringAsync(201, Submitted);
        using var client = Client(refusing.Url, node.Url);

        Assert.Equal("deployment-not-found", (await Assert.ThrowsAsync<RunnerApiException>(() => client.SubmitAsync(new("hello/a")))).Code);
        Assert.Empty(node.Asked);
    }

    [Fact]
    public async Task Where_none_answers_each_is_named_with_its_reason_after_the_usual_patience()
    {
        await using var broken = await BreakingAsync();
        await using var stopping = await AwayAsync("node-stopping");
        using var client = Client(Dead, broken.Url, stopping.Url);

        var e = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.SubmitAsync(new SubmitRun("hello/a")));

        Assert.Equal(
            $"No node answers: {Plain(Dead)} (nothing listens there); "
            + $"{Plain(broken.Url)} (broke the connection before it answered; whether it did what was asked is not known); "
            + $"{Plain(stopping.Url)} (Not now). Start one with `runner serve FILE` or `runner node`, or name others with --url.",
            e.Message);
        Assert.Equal(5, stopping.Asked.Count);
    }

    [Fact]
    public async Task A_client_that_does_not_wait_asks_each_once()
    {
        await using var broken = await BreakingAsync();
        await using var other = await BreakingAsync();
        using var client = new RunnerClient(Address(broken.Url, other.Url), new RunnerClientOptions().WithoutWaiting());

        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.LimitsAsync(new ListLimits()));

        Assert.Equal((1, 1), (broken.Asked.Count, other.Asked.Count));
    }

    [Fact]
    public async Task They_are_said_to_be_waited_for_together()
    {
        var said = new List<string>();
        await using var broken = await BreakingAsync();
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            if (said.Count == 0)
            {
                http.Abort();
                return Task.CompletedTask;
            }

            return FakeNode.JsonAsync(http, 200, Page);
        });
        using var client = new RunnerClient(Address(broken.Url, node.Url), new RunnerClientOptions
        {
            BackOff = TimeSpan.FromMilliseconds(1), Resends = 1_000, MaxBackOff = TimeSpan.FromMilliseconds(300), OnWaiting = said.Add,
        });

        await client.LimitsAsync(new ListLimits());

        Assert.Equal(
            [
                $"None of the nodes at {Plain(broken.Url)}, {Plain(node.Url)} answers. They are tried again for 30s at most.",
                $"The node at {Plain(node.Url)} answers."
            ],
            said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_goes_on_at_another_node_after_the_last_state_that_came_whole(bool dies)
    {
        var first = await FakeNode.StartAsync(async (n, http) =>
        {
            if (n.Asked.Count > 1)
            {
                await FakeNode.JsonAsync(http, 503, """{"code":"node-stopping","detail":"Not now."}""");
                return;
            }

            // It ends in the middle of an event. (A reset would drop what is on its way, too.)
            await FakeNode.EventsAsync(http, State(1) + State(2) + "id: 3\nevent: st");
        });
        await using var second = await FakeNode.StartAsync((n, http) =>
        {
            var last = long.Parse(n.LastEventIds.Last() ?? "0", CultureInfo.InvariantCulture);
            return FakeNode.EventsAsync(http, string.Concat(Enumerable.Range(1, 5).Where(i => i > last).Select(State)) + End);
        });
        using var client = Client(first.Url, second.Url);

        var seen = new List<long>();
        await foreach (var change in client.WatchRunAsync(Run))
        {
            seen.Add(change.Sequence);
            if (dies && change.Sequence == 2)
            {
                await first.DisposeAsync();
            }
        }

        Assert.Equal([1, 2, 3, 4, 5], seen);
        Assert.Equal(["2"], second.LastEventIds);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Followed_output_goes_on_at_another_node_with_nothing_missed_or_doubled()
    {
        string[] lines = [Log("1:2:0", "a\n"), Log("1:4:0", "b\n"), Log("1:6:0", "c\n"), Log("1:8:0", "d\n")];

        // Each sends one line more and half of the next, and breaks; what was sent is sent once more, too.
        Task AnswerAsync(FakeNode n, Microsoft.AspNetCore.Http.HttpContext http)
        {
            var at = n.LastEventIds.Last() is { Length: > 0 } id
                ? Array.FindIndex(lines, l => l.StartsWith($"id: {id}\n", StringComparison.Ordinal)) + 1 : 0;
            var next = at >= lines.Length ? End : lines[at] + "id: 9:9:9\nevent: log\ndata: {";
            return FakeNode.EventsAsync(http, (at > 0 ? lines[at - 1] : "") + next);
        }

        var first = await FakeNode.StartAsync(AnswerAsync);
        await using var second = await FakeNode.StartAsync(AnswerAsync);
        using var client = Client(first.Url, second.Url);

        var text = new StringBuilder();
        await foreach (var line in client.FollowLogsAsync(Run))
        {
            text.Append(line.Text);
            if (text.Length == 4)
            {
                await first.DisposeAsync();
            }
        }

        Assert.Equal("a\nb\nc\nd\n", text.ToString());
        Assert.NotEmpty(second.Asked);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_takes_streams_and_says_nothing_is_left_for_another()
    {
        await using var silent = await FakeNode.StartAsync(async (_, http) =>
        {
            await FakeNode.EventsAsync(http, ": nothing\n");
            http.Abort();
        });
        await using var node = await FakeNode.StartAsync((_, http) => FakeNode.EventsAsync(http, State(1) + End));
        using var client = Client(silent.Url, node.Url);

        await foreach (var change in client.WatchRunAsync(Run))
        {
            Assert.Equal(1, change.Sequence);
        }

        Assert.Single(silent.Asked);
    }

    [Fact]
    public async Task Where_no_node_is_there_a_stream_is_no_longer_tried_than_one_of_one_node()
    {
        using var client = Client(Dead, Dead);
        await Assert.ThrowsAsync<NodeUnreachableException>(async () => await client.WatchRunAsync(Run).GetAsyncEnumerator().MoveNextAsync());
    }

    private static Task<FakeNode> BreakingAsync() => FakeNode.StartAsync((_, http) =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    private static Task<FakeNode> AwayAsync(string code) => FakeNode.AnsweringAsync(503, $$"""{"code":"{{code}}","detail":"Not now."}""");

    private static NodeAddress Address(Uri first, params Uri[] others) => new(first, "secret", "a test") { Others = [.. others] };

    private static RunnerClient Client(Uri first, params Uri[] others) =>
        new(Address(first, others), new RunnerClientOptions { BackOff = TimeSpan.FromMilliseconds(1) });

    private static string Plain(Uri url) => url.ToString().TrimEnd('/');

    private static string State(int sequence) =>
        $$"""
        id: {{sequence}}
        event: state
        data: {"sequence":{{sequence}},"state":{"type":"Running","name":"Running","at":"2026-03-01T12:00:00Z"},"attempt":1}


        """;

    private static string Log(string position, string text) =>
        $$"""
        id: {{position}}
        event: log
        data: {"attempt":1,"stream":"stdout","position":"{{position}}","text":"{{text.Replace("\n", "\\n", StringComparison.Ordinal)}}"}


        """;
}
