using System.Collections.Immutable;
using System.Globalization;
using Runner.Client;
using Runner.Host.Logs;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>What of a run's output is asked for.</summary>
/// <param name="Attempt">Null if none was named.</param>
/// <param name="Position">Null if no full position was given.</param>
/// <param name="Offset">A plain number: an offset into the one stream.</param>
internal sealed record LogRequest(ImmutableArray<LogStream> Streams, int? Attempt, LogPosition? Position, long? Offset)
{
    /// <summary>So many last lines of each stream; null for all.</summary>
    public int? Tail { get; private init; }

    /// <summary>Only what came at this time or later; null for all.</summary>
    public DateTimeOffset? Since { get; private init; }

    /// <exception cref="RequestRefusedException">The query contradicts itself or cannot be read.</exception>
    public static LogRequest Read(ApiRequest http, bool follow)
    {
        var streams = ReadStreams(http.Get(Queries.Stream), follow);
        var attempt = (int?)http.Get(Queries.Attempt);
        LogPosition? position = null;
        long? offset = null;
        if (EventId(http, LogPositions.Read, LogPositions.Expected) is { } resumed)
        {
            position = resumed;
        }
        else if (http.Get(Queries.From) is { } from)
        {
            position = LogPositions.Read(from);
            offset = position is null ? ReadOffset(from, streams) : null;
        }

        return position is { } at && attempt is { } named && at.Attempt != named
            ? throw ApiRequest.QueryInvalid(Queries.From.Name, $"a position in attempt {at.Attempt}, while attempt {named} is asked for.")
            : new LogRequest(streams, attempt, position, offset)
            {
                Tail = position is null ? (int?)http.Get(Queries.Tail) : null,
                Since = position is null ? http.Get(Queries.OutputSince) : null,
            };
    }

    /// <summary>What the header Last-Event-ID says; null if it is not there.</summary>
    /// <exception cref="RequestRefusedException">It says something else than an id of this stream.</exception>
    public static T? EventId<T>(ApiRequest http, Func<string, T?> parse, string expected)
        where T : struct
    {
        var header = http.Context.Request.Headers[HeaderNames.LastEventId].ToString();
        return header.Length == 0 ? null : parse(header) ?? throw ApiRequest.QueryInvalid(HeaderNames.LastEventId, $"not {expected}.");
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
        _ => throw ApiRequest.QueryInvalid(Queries.Stream.Name, "say stream=stdout or stream=stderr, or follow=true for both."),
    };

    private static long ReadOffset(string text, ImmutableArray<LogStream> streams)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            throw ApiRequest.QueryInvalid(Queries.From.Name, $"not an offset in bytes, nor {LogPositions.Expected}.");
        }

        return streams.Length == 1 || offset == 0 ? offset
            : throw ApiRequest.QueryInvalid(Queries.From.Name, $"an offset needs a stream; for both streams say {LogPositions.Expected}.");
    }
}
