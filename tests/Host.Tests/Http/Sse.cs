using System.Net.ServerSentEvents;

namespace Runner.Host.Tests.Http;

/// <summary>One server-sent event as it came.</summary>
internal sealed record SseEvent(string Type, string? Id, string Data);

/// <summary>Reads server-sent events one by one.</summary>
internal sealed class Sse : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private Sse(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    public static async Task<Sse> OpenAsync(ApiFixture api, string path, params (string Name, string Value)[] headers)
    {
        var response = await api.OpenAsync(path, ApiFixture.Token, headers);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new Sse(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null if the stream has ended.</summary>
    public async Task<SseEvent?> NextAsync()
    {
        var there = await _events.MoveNextAsync().AsTask().WaitAsync(Patience);
        return there ? new SseEvent(_events.Current.EventType, _events.Current.EventId, _events.Current.Data) : null;
    }

    /// <summary>Everything up to the `end` event, which has to come.</summary>
    public async Task<List<SseEvent>> ToEndAsync()
    {
        var all = new List<SseEvent>();
        while (true)
        {
            var next = await NextAsync();
            Assert.NotNull(next);
            if (next.Type == "end")
            {
                Assert.Null(await NextAsync());
                return all;
            }

            all.Add(next);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        await _events.DisposeAsync();
    }
}
