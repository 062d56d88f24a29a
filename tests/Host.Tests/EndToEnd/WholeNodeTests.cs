using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Http.Access;
using Serilog.Core;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>The whole node over its API: real processes, real SQLite, real files.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class WholeNodeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("runner-whole-").FullName;
    private readonly HttpClient _http = new() { Timeout = Patience };
    private NodeSession _session = null!;

    public async Task InitializeAsync()
    {
        var options = Settings.Of(_data);
        _session = await NodeSession.StartAsync(options, NodeComposition.StartAsync, SystemTime.Provider, Logger.None, default);
        _http.BaseAddress = new Uri(_session.Url);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenFile.ReadOrCreate(Path.Combine(_data, "token")));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _session.Started.Node.StopAsync(Actors.StopMode.Immediate);
        await _session.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_client_that_watches_a_run_sees_every_state_in_order_and_its_output_to_the_last_byte()
    {
        await RegisterAsync("""["sh", "-c", "echo out; echo err >&2; printf rest"]""");
        var run = await SubmitAsync();

        var states = await ReadAsync($"/api/v1/runs/{run}/events", "state");
        var lines = await ReadAsync($"/api/v1/runs/{run}/logs?follow=true", "log");

        Assert.Equal(
            ["Scheduled", "Submitting", "Running", "Completed"],
            states.Select(s => s.GetProperty("state").GetProperty("name").GetString()).Where(n => n != "AwaitingConcurrencySlot"));
        Assert.Equal(states.Select(s => s.GetProperty("sequence").GetInt64()).Order(), states.Select(s => s.GetProperty("sequence").GetInt64()));
        Assert.Equal("out\nrest", string.Concat(lines.Where(l => l.GetProperty("stream").GetString() == "stdout")
            .Select(l => l.GetProperty("text").GetString())));
        Assert.Equal(
            "err\n", string.Concat(lines.Where(l => l.GetProperty("stream").GetString() == "stderr").Select(l => l.GetProperty("text").GetString())));
    }

    [Fact]
    public async Task Logs_are_followed_through_retries_and_resumed_from_any_line()
    {
        await RegisterAsync(
            """["sh", "-c", "for i in 1 2 3; do echo $RUNNER_ATTEMPT-$i; done; exit 1"]""", """, "retries": {"count": 2, "delay": "10ms"}""");
        var run = await SubmitAsync();

        var all = await ReadAsync($"/api/v1/runs/{run}/logs?follow=true", "log");

        Assert.Equal(
            ["1-1\n", "1-2\n", "1-3\n", "2-1\n", "2-2\n", "2-3\n", "3-1\n", "3-2\n", "3-3\n"], all.Select(l => l.GetProperty("text").GetString()));
        for (var at = 0; at < all.Count; at++)
        {
            var rest = await ReadAsync($"/api/v1/runs/{run}/logs?follow=true&from={all[at].GetProperty("position").GetString()}", "log");
            Assert.Equal(all.Skip(at + 1).Select(l => l.GetRawText()), rest.Select(l => l.GetRawText()));
        }
    }

    [Fact]
    public async Task A_program_reads_and_cancels_its_own_run_with_its_own_token()
    {
        await RegisterAsync("""["sh", "-c", "echo $RUNNER_API_URL $RUNNER_TOKEN; exec sleep 100"]""");
        var run = await SubmitAsync();
        var other = await SubmitAsync();
        var told = (await ReadAsync($"/api/v1/runs/{run}/logs?follow=true", "log", atMost: 1))[0].GetProperty("text").GetString()!.Trim().Split(' ');
        using var program = new HttpClient { BaseAddress = new Uri(told[0]) };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", told[1]);

        Assert.Equal(200, (int)(await program.GetAsync($"/api/v1/runs/{run}")).StatusCode);
        Assert.Equal(403, (int)(await program.GetAsync($"/api/v1/runs/{other}")).StatusCode);
        Assert.Equal(202, (int)(await program.PostAsync($"/api/v1/runs/{run}/cancel", null)).StatusCode);

        var states = await ReadAsync($"/api/v1/runs/{run}/events", "state");
        Assert.Equal("Cancelled", states[^1].GetProperty("state").GetProperty("name").GetString());
    }

    private async Task RegisterAsync(string command, string more = "")
    {
        var body = $$"""[{"name": "flow/it", "command": {{command}}, "workdir": "/"{{more}}}]""";
        using var answer = await _http.PutAsync("/api/v1/deployments", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<string> SubmitAsync()
    {
        using var answer = await _http.PostAsync("/api/v1/deployments/flow/it/runs", null);
        Assert.Equal(201, (int)answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    private async Task<List<JsonElement>> ReadAsync(string path, string type, int atMost = int.MaxValue)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal(200, (int)answer.StatusCode);
        var items = new List<JsonElement>();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(patience.Token)).EnumerateAsync(patience.Token))
        {
            if (item.EventType == "end" || items.Count == atMost)
            {
                return items;
            }

            Assert.Equal(type, item.EventType);
            items.Add(JsonDocument.Parse(item.Data).RootElement);
            if (items.Count == atMost)
            {
                return items;
            }
        }

        Assert.Fail("The stream broke off before its end.");
        return items;
    }
}
