using System.Collections.Immutable;
using System.Net.Security;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.Primitives;
using Runner.Actors;
using Runner.Client;
using Runner.Messages.Http;

namespace Runner.Host.Logs;

/// <summary>How far output was read from another node.</summary>
/// <param name="IsComplete">Whether that was all of the attempt.</param>
/// <param name="Problem">Why it was not, as a sentence.</param>
internal readonly record struct OtherRead(LogPosition Position, bool IsComplete, string Problem);

/// <summary>Output that other nodes have, read through their APIs in the name of whoever asks here.</summary>
/// <param name="trust">By whom those that speak TLS have to be proved; null for the machine's authorities.</param>
internal sealed class OtherOutputs(SslClientAuthenticationOptions? trust) : IDisposable
{
    private static readonly TimeSpan ConnectsWithin = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectsWithin, UseProxy = false, AllowAutoRedirect = false, SslOptions = trust ?? new SslClientAuthenticationOptions(),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>For a request, whose token goes along.</summary>
    public OtherOutput For(HttpContext context) => new(_http, context.Request.Headers.Authorization);

    /// <summary>Answers a request as the other node does.</summary>
    /// <exception cref="Http.RequestRefusedException">It cannot be asked.</exception>
    public async Task SendAsync(HttpContext context, OtherNode other)
    {
        var asked = $"{context.Request.Path}{context.Request.QueryString}";
        HttpResponseMessage answer;
        try
        {
            answer = await For(context).GetAsync(other, asked, context.RequestAborted);
        }
        catch (OtherNodeException e)
        {
            throw new Http.RequestRefusedException(StatusCodes.Status503ServiceUnavailable, "output-elsewhere", e.Message);
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.ContentLength = answer.Content.Headers.ContentLength;
            foreach (var name in (string[])[HeaderNames.LogPosition, HeaderNames.LogMasked])
            {
                if (answer.Headers.TryGetValues(name, out var values))
                {
                    context.Response.Headers[name] = new StringValues([.. values]);
                }
            }

            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>Another node cannot be asked. The message says which, why, and what to do.</summary>
internal sealed class OtherNodeException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads from other nodes in one caller's name.</summary>
internal sealed class OtherOutput(HttpClient http, StringValues authorization)
{
    /// <summary>Sends an attempt's lines from a position on, to its end.</summary>
    public async Task<OtherRead> FollowAsync(
        OtherNode other, Guid run, LogPosition from, ImmutableArray<LogStream> streams, bool together, bool timed, ILogSink sink,
        CancellationToken cancel)
    {
        var position = from;
        var stream = streams is [var one] ? $"&stream={(one == LogStream.Stdout ? "stdout" : "stderr")}" : "";
        try
        {
            using var answer = await GetAsync(
                other,
                $"/api/v1/runs/{run:D}/logs?follow=true&attempt={from.Attempt}&from={from}{stream}"
                    + $"{(together ? "&together=true" : "")}{(timed ? "&timestamps=true" : "")}",
                cancel);
            if (!answer.IsSuccessStatusCode)
            {
                return new OtherRead(position, false, Refused(other, (int)answer.StatusCode));
            }

            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            await foreach (var item in SseParser.Create(body, static (_, data) => data.ToArray()).EnumerateAsync(cancel))
            {
                if (item.EventType == EventNames.End)
                {
                    return new OtherRead(position, true, "");
                }

                if (item.EventType == EventNames.Log && item.EventId is { } id && LogPositions.Read(id) is { } next)
                {
                    position = next;
                    sink.Forward(position, item.Data);
                }

                await sink.FlushAsync(cancel);
            }

            return new OtherRead(position, false, $"{Gone(other)} It broke the connection.");
        }
        catch (OtherNodeException e)
        {
            return new OtherRead(position, false, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new OtherRead(position, false, $"{Gone(other)} {Clause(e)}");
        }
    }

    /// <exception cref="OtherNodeException">It cannot be asked.</exception>
    public async Task<HttpResponseMessage> GetAsync(OtherNode other, string asked, CancellationToken cancel)
    {
        if (other.Api is not { } api)
        {
            throw new OtherNodeException(
                $"{Gone(other)} It is no member of the cluster now, or its API listens on its own machine alone (runner.listen).");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api, asked));
        request.Headers.TryAddWithoutValidation("Authorization", (string?)authorization);
        request.Headers.Add(HeaderNames.Forwarded, "true");
        try
        {
            var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (answer.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            {
                answer.Dispose();
                throw new OtherNodeException(Refused(other, StatusCodes.Status401Unauthorized));
            }

            return answer;
        }
        catch (HttpRequestException e)
        {
            throw new OtherNodeException($"{Gone(other)} {Clause(e)}", e);
        }
    }

    private static string Gone(OtherNode other) => $"This output is on node {other.Name}, which cannot be read from now.";

    private static string Refused(OtherNode other, int status) => status == StatusCodes.Status401Unauthorized
        ? $"This output is on node {other.Name}, which does not know this node's token: give all nodes of the cluster one runner.cluster.secret-file."
        : $"This output is on node {other.Name}, which answered with status {status}.";

    private static string Clause(Exception e) => $"({e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')}.)";
}
