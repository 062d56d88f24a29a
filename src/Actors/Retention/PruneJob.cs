using Akka.Actor;
using Runner.Messages.Runs;

namespace Runner.Actors.Retention;

/// <summary>A pruning that goes on: the node's own sweep, or a part of one that somebody asked for.</summary>
/// <param name="replyTo">Null for the node's own.</param>
internal sealed class PruneJob(PruneRuns request, IActorRef? replyTo)
{
    /// <summary>After so many runs, so many rows looked at or so much time, somebody who asked is told how far it is.</summary>
    private const int RunsAtOnce = 2_000;
    private const int LooksAtOnce = 20_000;
    private static readonly TimeSpan LongestPart = TimeSpan.FromSeconds(3);

    public PruneRuns Request => request;

    public IActorRef? ReplyTo => replyTo;

    public PruneCursor? Cursor { get; set; } = Begin(request);

    public long Runs { get; set; }

    public long Bytes { get; set; }

    public int Looked { get; set; }

    /// <summary>When its turn came, by the clock that never steps; null before.</summary>
    public long? Began { get; set; }

    /// <summary>Whether this part is done, though not all may be.</summary>
    public bool IsOver(long timestamp) => Cursor is null || (replyTo is not null
        && (Runs >= RunsAtOnce || Looked >= LooksAtOnce || timestamp - Began >= LongestPart.Ticks));

    private static PruneCursor Begin(PruneRuns request) =>
        request.After is { } after ? PruneCursor.Read(after)! : new PruneCursor(request.Deployment);
}
