using System.Text.Json;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Http;

/// <summary>BEHAVIOURS 37: a client that watches a run sees every state in order.</summary>
public sealed class StateStreamTests : IAsyncLifetime
{
    private static readonly Guid Run = new("0192d4e0-0000-7000-8000-000000000001");
    private readonly ApiFixture _api = new();

    private static string Path => $"/api/v1/runs/{Run}/events";

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_client_that_watches_a_run_sees_every_state_in_order_and_the_end()
    {
        _api.Node.Step(Run, StateType.Scheduled, "Scheduled");
        await using var sse = await Sse.OpenAsync(_api, Path);
        Assert.Equal(("state", "1"), Key(await sse.NextAsync()));

        _api.Node.Step(Run, StateType.Pending, "Submitting", 1);
        Assert.Equal(("state", "2"), Key(await sse.NextAsync()));
        _api.Node.Step(Run, StateType.Running, "Running", 1);
        _api.Node.Step(Run, StateType.Completed, "Completed", 1);

        var rest = await sse.ToEndAsync();
        Assert.Equal([("state", "3"), ("state", "4")], rest.Select(Key));
        Assert.Equal("Completed", JsonDocument.Parse(rest[1].Data).RootElement.GetProperty("state").GetProperty("name").GetString());
    }

    [Fact]
    public async Task What_changed_before_another_node_knew_that_somebody_watches_is_seen_as_soon_as_it_knows()
    {
        _api.Node.Step(Run, StateType.Scheduled, "Scheduled");
        Assert.Equal(0, _api.Node.Observers);
        await using var sse = await Sse.OpenAsync(_api, Path);
        Assert.Equal(("state", "1"), Key(await sse.NextAsync()));
        Assert.Equal(1, _api.Node.Observers);

        _api.Node.StepUnheard(Run, StateType.Pending, "Submitting", 1);
        _api.Node.Missed();
        Assert.Equal(("state", "2"), Key(await sse.NextAsync()));

        _api.Node.Step(Run, StateType.Completed, "Completed", 1);
        Assert.Equal([("state", "3")], (await sse.ToEndAsync()).Select(Key));
        Assert.Equal(0, _api.Node.Observers);
    }

    [Fact]
    public async Task A_client_resumes_after_the_last_event_it_had()
    {
        Finish(Run, 5);

        await using var byHeader = await Sse.OpenAsync(_api, Path + "?after=1", ("Last-Event-ID", "3"));
        Assert.Equal(["4", "5"], (await byHeader.ToEndAsync()).Select(e => e.Id));
        await using var byQuery = await Sse.OpenAsync(_api, Path + "?after=2");
        Assert.Equal(["3", "4", "5"], (await byQuery.ToEndAsync()).Select(e => e.Id));
    }

    [Fact]
    public async Task A_client_that_has_had_the_last_state_is_told_the_end_at_once()
    {
        Finish(Run, 3);

        await using var sse = await Sse.OpenAsync(_api, Path, ("Last-Event-ID", "3"));

        Assert.Empty(await sse.ToEndAsync());
    }

    [Fact]
    public async Task A_history_of_more_than_a_page_comes_whole()
    {
        Finish(Run, 2_500);

        await using var sse = await Sse.OpenAsync(_api, Path);

        Assert.Equal(Enumerable.Range(1, 2_500).Select(n => $"{n}"), (await sse.ToEndAsync()).Select(e => e.Id));
    }

    [Fact]
    public async Task Whenever_the_run_ends_while_clients_connect_each_sees_all_of_it()
    {
        for (var round = 0; round < 50; round++)
        {
            var run = Numbered(round);
            _api.Node.Step(run, StateType.Running, "Running", 1);

            var connecting = Sse.OpenAsync(_api, $"/api/v1/runs/{run}/events");
            _api.Node.Step(run, StateType.Completed, "Completed", 1);

            await using var sse = await connecting;
            Assert.Equal(["1", "2"], (await sse.ToEndAsync()).Select(e => e.Id));
        }
    }

    [Fact]
    public async Task A_hundred_watchers_cost_the_node_one_subscription_and_leave_nothing_behind()
    {
        _api.Node.Step(Run, StateType.Running, "Running", 1);
        var watchers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Sse.OpenAsync(_api, Path)));
        Assert.Equal(1, _api.Node.Observers);

        _api.Node.Step(Run, StateType.Completed, "Completed", 1);

        foreach (var watcher in watchers)
        {
            Assert.Equal(2, (await watcher.ToEndAsync()).Count);
            await watcher.DisposeAsync();
        }
    }

    [Fact]
    public async Task When_the_server_goes_down_the_stream_breaks_off_without_an_end()
    {
        _api.Node.Step(Run, StateType.Running, "Running", 1);
        await using var sse = await Sse.OpenAsync(_api, Path);
        Assert.NotNull(await sse.NextAsync());

        await _api.StopServerAsync();

        Assert.Null(await sse.NextAsync());
    }

    [Theory]
    [InlineData("?after=-1", null)]
    [InlineData("?after=x", null)]
    [InlineData("?from=1", null)]
    [InlineData("", "x")]
    public async Task A_position_that_is_none_is_refused(string query, string? header)
    {
        Finish(Run, 1);

        var answer = await _api.SendAsync("GET", Path + query, headers: header is null ? [] : [("Last-Event-ID", header)]);

        Assert.Equal("query-invalid", answer.Code);
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_not_found() =>
        Assert.Equal("run-not-found", (await _api.SendAsync("GET", $"/api/v1/runs/{Numbered(9)}/events")).Code);

    private static (string, string?) Key(SseEvent? e) => (e!.Type, e.Id);

    private static Guid Numbered(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private void Finish(Guid run, int steps)
    {
        for (var i = 1; i < steps; i++)
        {
            _api.Node.Step(run, StateType.Running, "Running", 1);
        }

        _api.Node.Step(run, StateType.Completed, "Completed", 1);
    }
}
