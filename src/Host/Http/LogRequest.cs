using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Runner.Client;
using Runner.Host.Logs;

namespace Runner.Host.Http;

/// <summary>What of a run's output is asked for.</summary>
/// <param name="Attempt">Null if none was named.</param>
/// <param name="Position">Null if no full position was given.</param>
/// <param name="Offset">A plain number: an offset into the one stream.</param>
internal sealed record LogRequest(ImmutableArray<LogStream> Streams, int? Attempt, LogPosition? Position, long? Offset)
{
    /// <summary>As many lines as are looked for from the end.</summary>
    public const int MostLines = 1_000_000;

    /// <summary>So many last lines of each stream; null for all.</summary>
    public int? Tail { get; private init; }

    /// <summary>Only what came at this time or later; null for all.</summary>
    public DateTimeOffset? Since { get; private init; }

    /// <exception cref="RequestRefusedException">The query contradicts itself or cannot be read.</exception>
    public static LogRequest Read(HttpContext context, QueryReader query, bool follow)
    {
        var streams = ReadStreams(query.Text("stream"), follow);
        var attempt = (int?)query.Number("attempt", 1, int.MaxValue);
        LogPosition? position = null;
        long? offset = null;
        if (EventId(context, LogPositions.Read, LogPositions.Expected) is { } resumed)
        {
            position = resumed;
        }
        else if (query.Text("from") is { } from)
        {
            position = LogPositions.Read(from);
            offset = position is null ? ReadOffset(from, streams) : null;
        }

        return position is { } at && attempt is { } named && at.Attempt != named
            ? throw QueryReader.Invalid("from", $"a position in attempt {at.Attempt}, while attempt {named} is asked for.")
            : new LogRequest(streams, attempt, position, offset) 
            {
                Tail = position is null ? (int?)query.Number("tail", 1, MostLines) : null,
                Since = position is null ? query.Instant("since") : null,
            };
    }

    /// <summary>What the header Last-Event-ID says; null if it is not there.</summary>
    /// <exception cref="RequestRefusedException">It says something else than an id of this stream.</exception>
    public static T? EventId<T>(HttpContext context, Func<string, T?> parse, string expected)
        where T : struct
    {
        var header = context.Request.Headers["Last-Event-ID"].ToString();
        return header.Length == 0 ? null : parse(header) ?? throw QueryReader.Invalid("Last-Event-ID", $"not {expected}.");
    }

    /// <param name="latest">The run's newest attempt; 0 before the first.</param>
    /// <param name="follow">Following begins with the first attempt unless something is said; looking, with the latest.</param>
    public LogPosition PositionIn(int latest, bool follow)
    {
        if (Position is { } position)
        {
            return position;
        }

        var attempt = Attempt ?? (follow && Offset is null && Tail is null && Since is null ? 1 : Math.Max(1, latest));
        return Offset is { } offset ? LogPositions.StartOf(attempt).With(Streams[0], offset) : LogPositions.StartOf(attempt);
    }

    private static ImmutableArray<LogStream> ReadStreams(string? text, bool follow) => text switch
    {
        "stdout" => [LogStream.Stdout],
        "stderr" => [LogStream.Stderr],
        null when follow => [LogStream.Stdout, LogStream.Stderr],
        null => throw QueryReader.Invalid("stream", "say stream=stdout or stream=stderr, or follow=true for both."),
        _ => throw QueryReader.Invalid("stream", "expected stdout or stderr."),
    };

    private static long ReadOffset(string text, ImmutableArray<LogStream> streams)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            throw QueryReader.Invalid("from", $"not an offset in bytes, nor {LogPositions.Expected}.");
        }

        return streams.Length == 1 || offset == 0 ? offset
            : throw QueryReader.Invalid("from", $"an offset needs a stream; for both streams say {LogPositions.Expected}.");
    }
}
