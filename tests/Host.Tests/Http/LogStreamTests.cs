using System.Text;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Http;

/// <summary>BEHAVIOURS 36: logs can be followed from a position; from position N no line comes twice and none is missed.</summary>
public sealed class LogStreamTests : IAsyncLifetime
{
    private static readonly Guid Run = new("0192d4e0-0000-7000-8000-000000000001");
    private readonly ApiFixture _api = new();

    private static string Path => $"/api/v1/runs/{Run}/logs";

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Output_is_followed_as_it_is_written()
    {
        Is(StateType.Running, "Running", 1);
        await using var sse = await Sse.OpenAsync(_api, Path + "?follow=true");

        Append(1, LogStream.Stdout, "one\n");
        Assert.Equal((1, "stdout", "1:4:0", "one\n"), Line(await sse.NextAsync()));
        Append(1, LogStream.Stderr, "oops\n");
        Assert.Equal((1, "stderr", "1:4:5", "oops\n"), Line(await sse.NextAsync()));
        Append(1, LogStream.Stdout, "tw");
        Append(1, LogStream.Stdout, "o\nrest");
        Assert.Equal((1, "stdout", "1:8:5", "two\n"), Line(await sse.NextAsync()));
        Is(StateType.Completed, "Completed", 1);

        Assert.Equal((1, "stdout", "1:12:5", "rest"), Line(Assert.Single(await sse.ToEndAsync())));
    }

    [Fact]
    public async Task Following_goes_on_through_the_attempts()
    {
        Is(StateType.Running, "Running", 1);
        Append(1, LogStream.Stdout, "first");
        await using var sse = await Sse.OpenAsync(_api, Path + "?follow=true");

        Is(StateType.Scheduled, "AwaitingRetry", 1);
        Assert.Equal((1, "stdout", "1:5:0", "first"), Line(await sse.NextAsync()));
        Is(StateType.Running, "Retrying", 2);
        Append(2, LogStream.Stdout, "second\n");
        Assert.Equal((2, "stdout", "2:7:0", "second\n"), Line(await sse.NextAsync()));
        Is(StateType.Failed, "Failed", 2);

        Assert.Empty(await sse.ToEndAsync());
    }

    [Fact]
    public async Task From_any_position_no_line_comes_twice_and_none_is_missed()
    {
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Append(attempt, LogStream.Stdout, string.Concat(Enumerable.Range(0, 20).Select(n => $"out {attempt} {n}\n")));
            Append(attempt, LogStream.Stderr, string.Concat(Enumerable.Range(0, 10).Select(n => $"err {attempt} {n} é\n")) + "no line feed");
        }

        Is(StateType.Completed, "Completed", 3);
        await using var whole = await Sse.OpenAsync(_api, Path + "?follow=true");
        var all = await whole.ToEndAsync();
        Assert.Equal(3 * 31, all.Count);

        for (var at = 0; at < all.Count; at += 7)
        {
            await using var byQuery = await Sse.OpenAsync(_api, $"{Path}?follow=true&from={all[at].Id}");
            Assert.Equal(all[(at + 1)..], await byQuery.ToEndAsync());
            await using var byHeader = await Sse.OpenAsync(_api, Path + "?follow=true&from=1:0:0", ("Last-Event-ID", all[at].Id!));
            Assert.Equal(all[(at + 1)..], await byHeader.ToEndAsync());
        }
    }

    [Fact]
    public async Task Readers_that_come_and_go_while_the_program_writes_get_every_line_once()
    {
        const int lines = 3_000;
        Is(StateType.Running, "Running", 1);
        var writing = Task.Run(() =>
        {
            for (var n = 0; n < lines; n++)
            {
                Append(1, n % 3 == 0 ? LogStream.Stderr : LogStream.Stdout, $"{n}\n");
            }

            Is(StateType.Completed, "Completed", 1);
        });

        var seen = new List<int>();
        var position = "1:0:0";
        for (var ended = false; !ended;)
        {
            await using var sse = await Sse.OpenAsync(_api, $"{Path}?follow=true&from={position}");
            for (var some = 0; some < 500 && !ended; some++)
            {
                var next = await sse.NextAsync();
                ended = next!.Type == "end";
                if (!ended)
                {
                    seen.Add(int.Parse(Line(next).Text, System.Globalization.CultureInfo.InvariantCulture));
                    position = next.Id!;
                }
            }
        }

        await writing;
        Assert.Equal(Enumerable.Range(0, lines), seen.Order());
        Assert.Equal(seen.Where(n => n % 3 == 0).Order(), seen.Where(n => n % 3 == 0));
        Assert.Equal(seen.Where(n => n % 3 != 0).Order(), seen.Where(n => n % 3 != 0));
    }

    [Fact]
    public async Task One_stream_and_one_attempt_can_be_chosen()
    {
        Append(1, LogStream.Stdout, "a\nb\n");
        Append(1, LogStream.Stderr, "c\n");
        Append(2, LogStream.Stdout, "d\n");
        Is(StateType.Completed, "Completed", 2);

        Assert.Equal(["c\n"], await TextsAsync("?follow=true&stream=stderr"));
        Assert.Equal(["a\n", "b\n", "c\n"], await TextsAsync("?follow=true&attempt=1"));
        Assert.Equal(["b\n"], await TextsAsync("?follow=true&attempt=1&stream=stdout&from=2"));
        Assert.Equal(["d\n"], await TextsAsync("?follow=true&stream=stdout&from=0"));
    }

    [Fact]
    public async Task A_run_that_never_made_output_ends_at_once()
    {
        Is(StateType.Cancelled, "Cancelled", 0);

        Assert.Empty(await TextsAsync("?follow=true"));
        Assert.Empty(await TextsAsync("?follow=true&from=7:100:100"));
    }

    [Fact]
    public async Task Bytes_come_as_they_are_from_an_offset_with_the_position_where_they_end()
    {
        var bytes = new byte[] { 0, 255, 10, 128, 7 };
        Append(1, LogStream.Stdout, "old");
        AppendBytes(2, LogStream.Stdout, bytes);
        Is(StateType.Running, "Running", 2);

        using var latest = await _api.OpenAsync(Path + "?stream=stdout&from=1");
        Assert.Equal(bytes[1..], await latest.Content.ReadAsByteArrayAsync());
        Assert.Equal("text/plain", latest.Content.Headers.ContentType!.MediaType);
        Assert.Equal("2:5:0", latest.Headers.GetValues("Runner-Log-Position").Single());

        var first = await _api.SendAsync("GET", Path + "?stream=stdout&attempt=1");
        Assert.Equal(("old", "1:3:0"), (first.Body, first.Headers["Runner-Log-Position"]));
        var none = await _api.SendAsync("GET", Path + "?stream=stderr&from=2:5:9");
        Assert.Equal(("", "2:5:9"), (none.Body, none.Headers["Runner-Log-Position"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?stream=stdin")]
    [InlineData("?stream=stdout&attempt=0")]
    [InlineData("?stream=stdout&attempt=99999999999")]
    [InlineData("?stream=stdout&from=-1")]
    [InlineData("?stream=stdout&from=1:2")]
    [InlineData("?stream=stdout&from=0:0:0")]
    [InlineData("?stream=stdout&from=2:0:0&attempt=1")]
    [InlineData("?follow=true&from=7")]
    [InlineData("?follow=perhaps")]
    [InlineData("?follow=true&tail=0")]
    public async Task A_question_that_cannot_be_meant_is_refused(string query)
    {
        Is(StateType.Completed, "Completed", 1);

        Assert.Equal("query-invalid", (await _api.SendAsync("GET", Path + query)).Code);
    }

    private static (int Attempt, string Stream, string Position, string Text) Line(SseEvent? e)
    {
        Assert.Equal("log", e!.Type);
        var data = JsonDocument.Parse(e.Data).RootElement;
        Assert.Equal(e.Id, data.GetProperty("position").GetString());
        return (data.GetProperty("attempt").GetInt32(), data.GetProperty("stream").GetString()!, e.Id!, data.GetProperty("text").GetString()!);
    }

    private async Task<List<string>> TextsAsync(string query)
    {
        await using var sse = await Sse.OpenAsync(_api, Path + query);
        return [.. (await sse.ToEndAsync()).Select(e => Line(e).Text)];
    }

    private void Is(StateType type, string name, int attempt) => _api.Node.Step(Run, type, name, attempt);

    private void Append(int attempt, LogStream stream, string text) => AppendBytes(attempt, stream, Encoding.UTF8.GetBytes(text));

    private void AppendBytes(int attempt, LogStream stream, byte[] bytes)
    {
        var path = _api.Files.PathOf(Run, attempt, stream);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
    }
}
