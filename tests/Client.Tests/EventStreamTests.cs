using System.Globalization;
using System.Text;
using Runner.Messages.Runs;

namespace Runner.Client.Tests;

public class EventStreamTests
{
    private static readonly Guid Run = new("0192f0c1-0000-7000-8000-000000000001");
    private const string End = "event: end\ndata: {}\n\n";

    [Fact]
    public async Task A_watch_broken_at_any_byte_delivers_every_state_once_and_in_order()
    {
        var whole = string.Concat(Enumerable.Range(1, 5).Select(i => State(i))) + End;
        for (var cut = 0; cut < whole.Length; cut += 7)
        {
            await using var node = await FakeNode.StartAsync(async (n, http) =>
            {
                if (n.Asked.Count == 1)
                {
                    await FakeNode.EventsAsync(http, whole[..cut]);
                    http.Abort();
                    return;
                }

                var last = long.Parse(n.LastEventIds.Last() is { Length: > 0 } id ? id : "0", CultureInfo.InvariantCulture);
                await FakeNode.EventsAsync(http, string.Concat(Enumerable.Range(1, 5).Where(i => i > last).Select(i => State(i))) + End);
            });
            using var client = node.Client();

            var seen = new List<long>();
            await foreach (var change in client.WatchRunAsync(Run))
            {
                seen.Add(change.Sequence);
            }

            Assert.Equal([1, 2, 3, 4, 5], seen);
        }
    }

    [Fact]
    public async Task What_a_server_sends_once_more_is_left_out()
    {
        await using var node = await FakeNode.StartAsync((n, http) =>
            FakeNode.EventsAsync(http, n.Asked.Count == 1 ? State(1) + State(2) : State(1) + State(2) + State(3) + End));
        using var client = node.Client();

        var seen = new List<long>();
        await foreach (var change in client.WatchRunAsync(Run))
        {
            seen.Add(change.Sequence);
        }

        Assert.Equal([1, 2, 3], seen);
        Assert.Equal([null, "2"], node.LastEventIds);
    }

    [Fact]
    public async Task A_watch_begins_after_the_sequence_it_is_given()
    {
        await using var node = await FakeNode.StartAsync((_, http) => FakeNode.EventsAsync(http, State(4) + End));
        using var client = node.Client();

        await foreach (var change in client.WatchRunAsync(Run, afterSequence: 3))
        {
            Assert.Equal(4, change.Sequence);
        }

        Assert.Equal([$"GET /api/v1/runs/{Run}/events?after=3"], node.Asked);
    }

    [Fact]
    public async Task Followed_output_goes_on_after_each_break_with_nothing_missed_or_doubled()
    {
        string[] lines = [Log("1:2:0", "a\n"), Log("1:2:4", "err\n", "stderr"), Log("1:4:4", "b\n"), Log("2:2:0", "c\n")];
        await using var node = await FakeNode.StartAsync(async (n, http) =>
        {
            var at = n.LastEventIds.Last() is { Length: > 0 } id
                ? Array.FindIndex(lines, l => l.StartsWith($"id: {id}\n", StringComparison.Ordinal)) + 1 : 0;

            // One line more each time, then the stream ends in the middle of the next. (A reset would drop what is on its way, too.)
            await FakeNode.EventsAsync(http, at >= lines.Length ? End : lines[at] + "id: 9:9:9\nevent: log\ndata: {\"attempt\":9,");
        });
        using var client = node.Client();

        var text = new StringBuilder();
        await foreach (var line in client.FollowLogsAsync(Run, from: "1:0:0"))
        {
            text.Append(line.Stream == LogStream.Stderr ? "!" : "").Append(line.Text);
        }

        Assert.Equal("a\n!err\nb\nc\n", text.ToString());
        Assert.Equal([null, "1:2:0", "1:2:4", "1:4:4", "2:2:0"], node.LastEventIds);
        Assert.Equal($"GET /api/v1/runs/{Run}/logs?follow=true&from=1%3A0%3A0", node.Asked.First());
        Assert.Equal($"GET /api/v1/runs/{Run}/logs?follow=true", node.Asked.Last());
    }

    [Fact]
    public async Task A_node_that_is_away_or_not_ready_meanwhile_is_waited_for()
    {
        await using var node = await FakeNode.StartAsync((n, http) => n.Asked.Count switch
        {
            1 => FakeNode.EventsAsync(http, State(1)),
            2 or 3 => FakeNode.JsonAsync(http, 503, """{"code":"node-stopping","detail":"Later."}"""),
            _ => FakeNode.EventsAsync(http, State(2) + End),
        });
        using var client = node.Client();

        var seen = new List<long>();
        await foreach (var change in client.WatchRunAsync(Run))
        {
            seen.Add(change.Sequence);
        }

        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public async Task A_run_that_does_not_exist_is_an_error_at_once()
    {
        await using var node = await FakeNode.AnsweringAsync(404, """{"code":"run-not-found","detail":"There is no run."}""");
        using var client = node.Client();

        var e = await Assert.ThrowsAsync<RunnerApiException>(async () => await client.WatchRunAsync(Run).GetAsyncEnumerator().MoveNextAsync());
        Assert.Equal("run-not-found", e.Code);
        Assert.Single(node.Asked);
    }

    [Fact]
    public async Task A_node_that_does_not_come_back_is_given_up_in_the_end()
    {
        RunnerClient client;
        IAsyncEnumerator<RunStateChange> states;
        await using (var node = await FakeNode.StartAsync((_, http) => FakeNode.EventsAsync(http, State(1))))
        {
            client = node.Client(new RunnerClientOptions { ReconnectFor = TimeSpan.FromMilliseconds(50) });
            states = client.WatchRunAsync(Run).GetAsyncEnumerator();
            Assert.True(await states.MoveNextAsync());
        }

        await Assert.ThrowsAsync<NodeUnreachableException>(async () => await states.MoveNextAsync());
        client.Dispose();
    }

    private static string State(int sequence) =>
        $$"""
        id: {{sequence}}
        event: state
        data: {"sequence":{{sequence}},"state":{"type":"Running","name":"Running","at":"2026-03-01T12:00:00Z"},"attempt":1}


        """.ReplaceLineEndings("\n");

    private static string Log(string position, string text, string stream = "stdout") =>
        $"id: {position}\nevent: log\ndata: " + $"{{\"attempt\":{position[0]},\"stream\":\"{stream}\",\"position\":\"{position}\",\"text\":\""
        + $"{text.Replace("\n", "\\n", StringComparison.Ordinal)}\"}}\n\n";
}
