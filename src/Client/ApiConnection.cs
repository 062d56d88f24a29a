using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Runner.Messages.Http;

namespace Runner.Client;

/// <summary>Sends one request and turns everything that may go wrong into this library's exceptions.</summary>
internal sealed class ApiConnection : IDisposable
{
    private const int LongestError = 1 << 20;
    private readonly NodeAddress _node;
    private readonly RunnerClientOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public ApiConnection(NodeAddress node, RunnerClientOptions options)
    {
        _node = node;
        _options = options;
        _time = options.Time ?? Ambient.Time;
        _http = new HttpClient(options.Handler ?? NewHandler(node.Url, options.ConnectTimeout))
        {
            BaseAddress = new Uri(Urls.Plain(node.Url) + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (node.Token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node.Token);
        }
    }

    public Uri Url => _node.Url;

    public TimeProvider Time => _time;

    public RunnerClientOptions Options => _options;

    public void Dispose() => _http.Dispose();

    /// <summary>A request and its whole answer as a value.</summary>
    // In one piece: what is sent again, and why, is decided by how the try before it ended.
    public async Task<T> SendAsync<T>(ApiCall<T> call, CancellationToken cancel)
    {
        if (call.Body is { Length: > Bodies.Largest } body)
        {
            // The node would hang up in the middle of it, which is told from a broken connection by nobody.
            throw new RunnerApiException(
                "body-too-large",
                413,
                string.Create(CultureInfo.InvariantCulture, $"This is {body.Length / 1024.0 / 1024:0.0} MiB, "
                    + $"and a node takes at most {Bodies.LargestText} at once. Put large data into a file and give its name."),
                []);
        }

        var backOff = _options.BackOff;
        var began = _time.GetTimestamp();
        var patience = new Patience(this);
        for (var sent = 0; ; sent++)
        {
            try
            {
                var answer = await SendOnceAsync(call, cancel).ConfigureAwait(false);
                patience.Answered();
                return answer;
            }
            catch (BrokenConnectionException e)
            {
                if (!call.Operation.Repeatable || sent >= _options.Resends)
                {
                    throw new NodeUnreachableException(
                        Url,
                        "broke the connection before it answered; whether it did what was asked is not known. Look, then ask again.",
                        e.InnerException);
                }
            }
            catch (RunnerApiException e) when (e.IsBusy && _options.Resends > 0 && _time.GetElapsedTime(began) + backOff < _options.RequestTimeout)
            {
                // It was turned away at the door: nothing was decided, whatever it asks for.
            }

            await patience.WaitAsync(backOff, _options.RequestTimeout, cancel).ConfigureAwait(false);
            backOff = Min(backOff * 2, _options.MaxBackOff);
        }
    }

    /// <summary>A request whose answer's body is read by the caller as it comes. Throws as the others do for an answer that is an error.</summary>
    /// <param name="operation">Whose documented answers are none; null has those of success only.</param>
    /// <exception cref="BrokenConnectionException">The connection broke before the answer's head was there.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancel, Operation? operation = null)
    {
        var response = await HeadAsync(request, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode
            || (response.Content.Headers.ContentType?.MediaType == "application/json"
                && operation?.Answers.Any(a => a.Status == (int)response.StatusCode) == true))
        {
            return response;
        }

        using (response)
        {
            throw await ErrorAsync(response, cancel).ConfigureAwait(false);
        }
    }

    public Task WaitAsync(TimeSpan pause, CancellationToken cancel) => Task.Delay(pause, _time, cancel);

    public static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task<T> SendOnceAsync<T>(ApiCall<T> call, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        try
        {
            using var request = new HttpRequestMessage(call.Operation.Method, call.Path);
            if (call.Body is { } body)
            {
                request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            }

            using var response = await OpenAsync(request, either.Token, call.Operation).ConfigureAwait(false);
            var bytes = await ReadAsync(response, either.Token).ConfigureAwait(false);
            return JsonSerializer.Deserialize(bytes, call.Answer) ?? throw new UnexpectedAnswerException(Url, "it answered null");
        }
        catch (JsonException e)
        {
            throw new UnexpectedAnswerException(Url, "its answer could not be read", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new NodeUnreachableException(
                Url, $"did not answer within {Messages.DurationText.Format(_options.RequestTimeout)}. It is busy or stuck: see its log.", e);
        }
    }

    private async Task<HttpResponseMessage> HeadAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            throw new NodeUnreachableException(Url, e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.SecureConnectionError)
        {
            throw new NodeUnreachableException(Url, $"could not be spoken to in TLS: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            throw new UnexpectedAnswerException(Url, "it does not speak HTTP", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BrokenConnectionException(e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            // The handler's own: no connection within its time.
            throw new NodeUnreachableException(Url, e);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BrokenConnectionException(e);
        }
    }

    private async Task<RunnerClientException> ErrorAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return new TokenRefusedException(Url, _node.Token is not null, _node.TokenSource);
        }

        ApiProblem? error = null;
        if (response.Content.Headers.ContentLength is null or <= LongestError)
        {
            try
            {
                error = JsonSerializer.Deserialize(await ReadAsync(response, cancel).ConfigureAwait(false), HttpJson.Default.ApiProblem);
            }
            catch (JsonException)
            {
                // Not one of ours: the status is all there is to say, below.
            }
        }

        return error?.Detail is null && error?.Code is null
            ? new UnexpectedAnswerException(Url, $"it answered {status} {response.ReasonPhrase}".TrimEnd())
            : new RunnerApiException(
                error.Code ?? "unknown", status, error.Detail ?? error.Title ?? $"The node answered {status}.",
                error.Problems ?? ImmutableArray<Messages.Problem>.Empty);
    }

    private static SocketsHttpHandler NewHandler(Uri url, TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,

        // A proxy set for the outside has no business between a client and a node of the same machine.
        UseProxy = !url.IsLoopback,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>With TCP's own keep-alive, so that a stream notices a peer that has gone without a word.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 20);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            await socket.ConnectAsync(context.DnsEndPoint, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The connection was made and then lost before the whole answer was there.</summary>
internal sealed class BrokenConnectionException(Exception inner) : Exception("The connection broke.", inner);
