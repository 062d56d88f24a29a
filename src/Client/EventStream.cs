using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages.Http;

namespace Runner.Client;

/// <summary>
/// Reads a stream of server-sent events to its <c>end</c>. When the connection breaks it is resumed after the last event that came whole,
/// with pauses that grow; what the server sends once more is left out.
/// </summary>
internal sealed class EventStream<T>(ApiConnection api, string firstPath, string resumedPath, string eventName, JsonTypeInfo<T> type)
    where T : class
{
    private TimeSpan _backOff = api.Options.BackOff;
    private long _lastProgress = api.Time.GetTimestamp();
    private readonly Patience _patience = new(api);
    private string? _lastId;

    /// <param name="isNew">Whether an event lies behind everything delivered so far; called once for each, in order.</param>
    public async IAsyncEnumerable<T> ReadAsync(Func<T, bool> isNew, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var first = true; ; first = false)
        {
            var response = await ConnectAsync(first, cancel).ConfigureAwait(false);
            if (response is null)
            {
                continue;
            }

            _lastProgress = api.Time.GetTimestamp();
            _patience.Answered();
            var (from, isSilent) = (api.Url, true);
            using (response)
            {
                await using var events = Parse(response, cancel).GetAsyncEnumerator(cancel);
                while (await NextAsync(events).ConfigureAwait(false))
                {
                    var item = events.Current;
                    isSilent = false;
                    if (item.EventType == EventNames.End)
                    {
                        yield break;
                    }

                    var value = item.EventType == eventName ? Read(item.Data) : null;
                    Progressed(item.EventId);
                    if (value is not null && isNew(value))
                    {
                        yield return value;
                    }
                }
            }

            if (isSilent)
            {
                api.MoveOn(from);
            }

            await PauseAsync(null, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>An open stream; null if it is worth another try, after a pause made here.</summary>
    private async Task<HttpResponseMessage?> ConnectAsync(bool first, CancellationToken cancel)
    {
        try
        {
            return await api.OpenAsync(Request, cancel).ConfigureAwait(false);
        }
        catch (BrokenConnectionException e)
        {
            await PauseAsync(e.InnerException, cancel).ConfigureAwait(false);
        }
        catch (NodeUnreachableException e) when (!first)
        {
            await PauseAsync(e, cancel).ConfigureAwait(false);
        }
        catch (RunnerApiException e) when (e.IsBusy || (!first && e.Status >= 500))
        {
            await PauseAsync(e, cancel).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>What goes on after the last event that came whole, whichever node it came from.</summary>
    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _lastId is null ? firstPath : resumedPath);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(EventNames.MediaType));
        if (_lastId is not null)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.LastEventId, _lastId);
        }

        return request;
    }

    private static async IAsyncEnumerable<SseItem<string>> Parse(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancel)
    {
        var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancel).ConfigureAwait(false))
        {
            yield return item;
        }
    }

    /// <summary>False at the end of the connection, however it ended.</summary>
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private T? Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (JsonException e)
        {
            throw new UnexpectedAnswerException(api.Url, "an event of its stream could not be read", e);
        }
    }

    private void Progressed(string? id)
    {
        _lastId = string.IsNullOrEmpty(id) ? _lastId : id;
        _backOff = api.Options.BackOff;
        _lastProgress = api.Time.GetTimestamp();
    }

    private async Task PauseAsync(Exception? cause, CancellationToken cancel)
    {
        if (api.Time.GetElapsedTime(_lastProgress) > api.Options.ReconnectFor && cause is not null)
        {
            throw cause as RunnerClientException ?? new NodeUnreachableException(api.Url, cause);
        }

        await _patience.WaitAsync(_backOff, api.Options.ReconnectFor, cancel).ConfigureAwait(false);
        _backOff = ApiConnection.Min(_backOff * 2, api.Options.MaxBackOff);
    }
}
