using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Runner.Messages.Http;

namespace Runner.Client;

/// <summary>
/// Sends one request and turns everything that may go wrong into this library's exceptions. Of several nodes the one that answered last is asked
/// first, and the others in turn where it cannot be reached, breaks the connection or is not there for anybody.
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    private const int LongestError = 1 << 20;
    private readonly NodeAddress _node;
    private readonly RunnerClientOptions _options;
    private readonly ImmutableArray<Peer> _peers;
    private readonly TimeProvider _time;

    /// <summary>The one that is asked first.</summary>
    private int _current;

    public ApiConnection(NodeAddress node, RunnerClientOptions options)
    {
        _node = node;
        _options = options;
        _time = options.Time ?? Ambient.Time;
        var trust = node.CaFile is { } file && node.All.Any(url => url.Scheme == Uri.UriSchemeHttps) ? Trust(file) : null;
        _peers = [.. node.All.Select(url => new Peer(url, options, node.Token, trust))];
    }

    /// <summary>Of the node that is asked first.</summary>
    public Uri Url => _peers[Volatile.Read(ref _current)].Url;

    /// <summary>Of all nodes, as the person named them.</summary>
    public IEnumerable<Uri> Urls => _node.All;

    public TimeProvider Time => _time;

    public RunnerClientOptions Options => _options;

    public void Dispose()
    {
        foreach (var peer in _peers)
        {
            peer.Http.Dispose();
        }

        _options.Handler?.Dispose();
    }

    private static X509ChainPolicy Trust(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CaFileException(file, e);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new CaFileException(file, null);
    }

    /// <summary>A request and its whole answer as a value.</summary>
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
        for (var round = 0; ; round++)
        {
            var tries = new FailedTries(_peers.Length, call.Operation.Repeatable);
            if (await AskInTurnAsync(peer => SendOnceAsync(call, peer, cancel), tries).ConfigureAwait(false) is (true, var answer))
            {
                patience.Answered();
                return answer;
            }

            // Who was turned away at the door by all of them has not been heard: nothing was decided, whatever it asks for.
            var again = tries.AnyBusy && _options.Resends > 0 && _time.GetElapsedTime(began) + backOff < _options.RequestTimeout;
            if (!again && (tries.AllBusy || round >= _options.Resends))
            {
                throw tries.Error;
            }

            await patience.WaitAsync(backOff, _options.RequestTimeout, cancel).ConfigureAwait(false);
            backOff = Min(backOff * 2, _options.MaxBackOff);
        }
    }

    /// <summary>A request whose answer's body is read by the caller as it comes. Throws as the others do for an answer that is an error.</summary>
    /// <exception cref="BrokenConnectionException">The connection broke before the answer's head was there.</exception>
    public async Task<HttpResponseMessage> OpenAsync(Func<HttpRequestMessage> request, CancellationToken cancel, bool repeatable = true)
    {
        var tries = new FailedTries(_peers.Length, repeatable);
        return await AskInTurnAsync(
            async peer =>
            {
                using var made = request();
                return await OpenAtAsync(peer, made, cancel).ConfigureAwait(false);
            },
            tries).ConfigureAwait(false) is (true, var response) ? response
            : throw (tries.AnyBroken ? new BrokenConnectionException(tries.Broken ?? tries.Error) : tries.Error);
    }

    /// <summary>The node at that address has accepted a stream and sent nothing: another one is asked first.</summary>
    public void MoveOn(Uri from)
    {
        var current = Volatile.Read(ref _current);
        if (_peers[current].Url == from)
        {
            Interlocked.CompareExchange(ref _current, (current + 1) % _peers.Length, current);
        }
    }

    /// <summary>Asks one node after the other, beginning with the one that answered last, until one answers; nothing if none does.</summary>
    private async Task<(bool Answered, T Answer)> AskInTurnAsync<T>(Func<Peer, Task<T>> ask, FailedTries tries)
    {
        var first = Volatile.Read(ref _current);
        for (var i = 0; i < _peers.Length; i++)
        {
            var index = (first + i) % _peers.Length;
            try
            {
                var answer = await ask(_peers[index]).ConfigureAwait(false);
                Volatile.Write(ref _current, index);
                return (true, answer);
            }
            catch (Exception e) when (tries.Take(_peers[index].Url, e))
            {
                // The next one may be there.
            }
        }

        return (false, default!);
    }

    /// <param name="operation">Whose documented answers are none; null has those of success only.</param>
    private async Task<HttpResponseMessage> OpenAtAsync(Peer peer, HttpRequestMessage request, CancellationToken cancel, Operation? operation = null)
    {
        var response = await HeadAsync(peer, request, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode
            || (response.Content.Headers.ContentType?.MediaType == "application/json"
                && operation?.Answers.Any(a => a.Status == (int)response.StatusCode) == true))
        {
            return response;
        }

        using (response)
        {
            throw await ErrorAsync(peer.Url, response, cancel).ConfigureAwait(false);
        }
    }

    public Task WaitAsync(TimeSpan pause, CancellationToken cancel) => Task.Delay(pause, _time, cancel);

    public static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task<T> SendOnceAsync<T>(ApiCall<T> call, Peer peer, CancellationToken cancel)
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

            using var response = await OpenAtAsync(peer, request, either.Token, call.Operation).ConfigureAwait(false);
            var bytes = await ReadAsync(response, either.Token).ConfigureAwait(false);
            return JsonSerializer.Deserialize(bytes, call.Answer) ?? throw new UnexpectedAnswerException(peer.Url, "it answered null");
        }
        catch (BrokenConnectionException e) when (!call.Operation.Repeatable)
        {
            throw FailedTries.NotKnown(peer.Url, e);
        }
        catch (JsonException e)
        {
            throw new UnexpectedAnswerException(peer.Url, "its answer could not be read", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            var within = Messages.DurationText.Format(_options.RequestTimeout);
            throw new NodeUnreachableException(peer.Url, $"did not answer within {within}. It is busy or stuck: see its log.", e)
            {
                MayBeDone = true,
            };
        }
    }

    private static async Task<HttpResponseMessage> HeadAsync(Peer peer, HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await peer.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            throw new NodeUnreachableException(peer.Url, e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.SecureConnectionError)
        {
            throw new NodeUnreachableException(
                peer.Url,
                $"could not be spoken to in TLS ({e.GetBaseException().Message.TrimEnd('.')}). Name the file with whoever signed its certificate "
                + $"with --ca-file ({LocalNode.CaFileVariable}), and call the node by a name that stands in the certificate.",
                e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            throw new UnexpectedAnswerException(peer.Url, "it does not speak HTTP", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BrokenConnectionException(e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            // The handler's own: no connection within its time.
            throw new NodeUnreachableException(peer.Url, e);
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

    private async Task<RunnerClientException> ErrorAsync(Uri url, HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return new TokenRefusedException(url, _node.Token is not null, _node.TokenSource);
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
            ? new UnexpectedAnswerException(url, $"it answered {status} {response.ReasonPhrase}".TrimEnd())
            : new RunnerApiException(
                error.Code ?? "unknown", status, error.Detail ?? error.Title ?? $"The node answered {status}.",
                error.Problems ?? ImmutableArray<Messages.Problem>.Empty);
    }

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

    /// <summary>One node.</summary>
    private sealed class Peer
    {
        public Peer(Uri url, RunnerClientOptions options, string? token, X509ChainPolicy? trust)
        {
            Url = url;
            Http = new HttpClient(options.Handler ?? NewHandler(url, options.ConnectTimeout, trust), disposeHandler: options.Handler is null)
            {
                BaseAddress = new Uri(Client.Urls.Plain(url) + "/"),
                Timeout = Timeout.InfiniteTimeSpan,
            };
            if (token is not null)
            {
                Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }
        }

        public Uri Url { get; }

        public HttpClient Http { get; }

        private static SocketsHttpHandler NewHandler(Uri url, TimeSpan connectTimeout, X509ChainPolicy? trust) => new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = connectTimeout,

            // A proxy set for the outside has no business between a client and a node of the same machine.
            UseProxy = !url.IsLoopback,
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
        };
    }
}

/// <summary>The connection was made and then lost before the whole answer was there.</summary>
internal sealed class BrokenConnectionException(Exception inner) : Exception("The connection broke.", inner);
