using System.Buffers;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners;
using Runner.Client;
using Runner.Host.Logs;
using Runner.Host.Telemetry;
using Runner.Messages;
using Runner.Messages.Http;
using Runner.Messages.Runs;

namespace Runner.Host.Http;

/// <summary>What a run does, as it does it: its states and its output, from any position.</summary>
/// <param name="followers">How many streams are open at once.</param>
/// <param name="elsewhere">Reads what other nodes have.</param>
/// <param name="stopping">Ends the streams when the server goes down; readers come back to where they were.</param>
internal sealed class RunStreamsApi(
    NodeSlot slot, OutputFiles files, OutputPulse pulse, ConcurrencyLimiter followers, int mostFollowers, TimeProvider time,
    OtherOutputs elsewhere, CancellationToken stopping)
{
    /// <summary>How many bytes of output are read at once.</summary>
    private const int Piece = 64 * 1024;

    /// <summary>Where followers are counted; null counts nothing.</summary>
    public HostTelemetry? Telemetry { get; init; }

    public void Map(ApiRoutes routes)
    {
        routes.Map(Api.WatchRun, EventsAsync);
        routes.Map(Api.ReadLogs, LogsAsync);
    }

    private async Task EventsAsync(ApiRequest http)
    {
        var after = LogRequest.EventId(http, Sequence, "a sequence number of this stream") ?? http.Get(Queries.AfterSequence) ?? 0;
        if (await FindAsync(http) is { } view)
        {
            await StreamAsync(http.Context, (sse, cancel) => new StateStream(slot.Node, slot.Signals, time).SendAsync(view.Id, after, sse, cancel));
        }
    }

    private async Task LogsAsync(ApiRequest http)
    {
        var isForwarded = http.Context.Request.Headers.ContainsKey(HeaderNames.Forwarded);
        var (context, follow, timed) = (http.Context, http.Get(Queries.Follow), http.Get(Queries.Timestamps));
        var wanted = LogRequest.Read(http, follow);
        if (await FindAsync(http) is not { } view)
        {
            return;
        }

        var position = wanted.PositionIn(view.Attempt, follow);
        if (!isForwarded && (!follow || wanted.Tail is not null || wanted.Since is not null)
            && slot.Node.Elsewhere(RunProgress.Of(view).NodeOf(position.Attempt)) is { } other)
        {
            await elsewhere.SendAsync(context, other);
            return;
        }

        position = wanted.Tail is { } lines ? OutputEnds.LastLines(files, view.Id, position, wanted.Streams, lines) : position;
        foreach (var stream in wanted.Since is null ? [] : wanted.Streams)
        {
            position = position.With(stream, files.TimesOf(view.Id, position.Attempt, stream).Since(wanted.Since!.Value, position.OffsetOf(stream)));
        }

        var ended = RunProgress.Of(view.State, view.Attempt).HasEnded(position.Attempt);
        if (follow)
        {
            // Lines together have one time.
            var tail = new LogTail(files, slot.Node, slot.Signals, pulse, time, http.Get(Queries.Together) && !timed, timed,
                isForwarded ? null : elsewhere.For(context));
            await StreamAsync(context, (sse, cancel) => tail.FollowAsync(
                view.Id, position, wanted.Streams, wanted.Attempt is not null, RunProgress.Of(view), sse, cancel));
        }
        else if (timed)
        {
            await SendTimedAsync(context, view.Id, position, wanted.Streams[0], ended);
        }
        else
        {
            await SendBytesAsync(context, view.Id, position, wanted.Streams[0], ended);
        }
    }

    private static long? Sequence(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The run, or null after its refusal has been sent.</summary>
    private async Task<RunView?> FindAsync(ApiRequest http)
    {
        var reply = await slot.Node.AskAsync(new GetRun(http.Run), http.Aborted);
        if (reply.Refusal is { } refusal)
        {
            await http.Context.SendRefusalAsync(refusal);
        }

        return reply.Value;
    }

    private async Task StreamAsync(HttpContext context, Func<SseWriter, CancellationToken, Task> send)
    {
        using var place = followers.AttemptAcquire();
        await (place.IsAcquired ? FeedAsync(context, send) : context.SendRefusalAsync(new TooManyFollowers(mostFollowers)));
    }

    private async Task FeedAsync(HttpContext context, Func<SseWriter, CancellationToken, Task> send)
    {
        using var counted = Telemetry?.Following();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await using var sse = await SseWriter.StartAsync(context, time, over.Token);
        try
        {
            await send(sse, over.Token);
            await sse.EndAsync(over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Without the `end` event the reader knows to come back.
        }
    }

    /// <param name="ended">Whether nothing more is written.</param>
    private async Task SendBytesAsync(HttpContext context, Guid run, LogPosition from, LogStream stream, bool ended)
    {
        using var file = Open(files.PathOf(run, from.Attempt, stream));
        var mask = file is null ? null : MaskOf(run, from.Attempt);
        // The length is taken once: what a running program adds meanwhile is for the next request.
        var start = from.OffsetOf(stream);
        var end = file is null ? start : Math.Max(RandomAccess.GetLength(file), start);
        end = mask is null || ended ? end : mask.ShownEnd(file!, start, end);
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers[HeaderNames.LogPosition] = from.With(stream, end).ToString();
        if (mask is not null)
        {
            // How many bytes it is without the secret values is not known yet.
            context.Response.Headers[HeaderNames.LogMasked] = "true";
            await SendMaskedAsync(context, file!, mask, start, end);
            return;
        }

        context.Response.ContentLength = end - start;
        if (file is not null)
        {
            await SendAsync(context, file, start, end);
        }
    }

    /// <summary>Whole lines with their times before them, and at the end of what has ended a rest without a line feed, too.</summary>
    private async Task SendTimedAsync(HttpContext context, Guid run, LogPosition from, LogStream stream, bool ended)
    {
        // Refused before the answer begins, and not in its middle.
        using (Open(files.PathOf(run, from.Attempt, stream)))
        {
            _ = MaskOf(run, from.Attempt);
        }

        using var tail = new AttemptTail(files, run, from, [stream], timed: true);
        var lines = new TimedLines(context.Response.BodyWriter);
        context.Response.ContentType = "text/plain; charset=utf-8";
        while (tail.ReadTurn(ended, lines.Write) && !lines.IsBroken)
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    /// <exception cref="RequestRefusedException">It cannot be masked.</exception>
    private MaskedOutput? MaskOf(Guid run, int attempt)
    {
        try
        {
            return files.MaskOf(run, attempt) is { } mask ? new MaskedOutput(mask) : null;
        }
        catch (ReplacedFileException e)
        {
            throw new RequestRefusedException(StatusCodes.Status409Conflict, "output-replaced", e.Message);
        }
    }

    private static async Task SendMaskedAsync(HttpContext context, SafeFileHandle file, MaskedOutput mask, long start, long end)
    {
        var body = context.Response.BodyWriter;
        var buffer = new byte[(int)Math.Min(Piece, end - start)];
        for (var at = start; at < end;)
        {
            var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - at)), at, context.RequestAborted);
            if (read == 0)
            {
                context.Abort();
                return;
            }

            body.Write(mask.Of(file, at, buffer.AsSpan(0, read)));
            at += read;
            await body.FlushAsync(context.RequestAborted);
        }
    }

    /// <exception cref="RequestRefusedException">A program has put something else in its place.</exception>
    private static SafeFileHandle? Open(string path)
    {
        try
        {
            return ProgramFile.Open(path);
        }
        catch (ReplacedFileException e)
        {
            throw new RequestRefusedException(StatusCodes.Status409Conflict, "output-replaced", e.Message);
        }
    }

    private static async Task SendAsync(HttpContext context, SafeFileHandle file, long start, long end)
    {
        var body = context.Response.BodyWriter;
        for (var at = start; at < end;)
        {
            var read = await RandomAccess.ReadAsync(file, body.GetMemory(Piece)[..(int)Math.Min(Piece, end - at)], at, context.RequestAborted);
            if (read == 0)
            {
                // The program has cut its output short since its length was said.
                context.Abort();
                return;
            }

            body.Advance(read);
            at += read;
            await body.FlushAsync(context.RequestAborted);
        }
    }
}
