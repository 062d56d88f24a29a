using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Actors.Scheduling;

/// <summary>What is due now, and how far that decides the schedule.</summary>
/// <param name="Occurrences">To run, oldest first, in UTC.</param>
/// <param name="Cursor">
/// Everything up to and including this instant is decided. Ask from here the next time; when it is before «now», there is more
/// to ask for at once.
/// </param>
/// <param name="Batch">
/// Which occurrences up to this instant run has been decided, and not all of them have been returned. Give it back the next time; null if none is
/// left.
/// </param>
public sealed record DueOccurrences(ImmutableArray<DateTimeOffset> Occurrences, DateTimeOffset Cursor, DateTimeOffset? Batch = null);

/// <summary>Applies a deployment's catch-up policy to what fell due since it was last looked at.</summary>
public static class CatchUp
{
    /// <summary>How old an occurrence may be and still be on time, and not missed.</summary>
    public static readonly TimeSpan OnTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Decides the occurrences after <paramref name="after"/> up to and including <paramref name="now"/>. The cost does not
    /// depend on how many were missed, except for those returned.
    /// </summary>
    /// <param name="after">The cursor of the answer before, or the instant the schedule began. After <paramref name="now"/>
    /// (the clock stepped back), nothing is due and nothing is decided again.</param>
    /// <param name="atMost">For <see cref="CatchUpPolicy.All"/>, how many to return at once, from 1. The other policies return
    /// at most one missed occurrence or the few that are on time, all of them.</param>
    /// <param name="limit">For <see cref="CatchUpPolicy.All"/>, how many of the missed ones are due, the newest, from 1; the others are never
    /// returned. Those on time are due besides. Null for all of them.</param>
    /// <param name="batch">The <see cref="DueOccurrences.Batch"/> of the answer before. Which ones are the newest is decided once for all that was
    /// due at a moment, however long it takes to return them: «now» moves on meanwhile.</param>
    public static DueOccurrences Due(
        ISchedule schedule, DateTimeOffset after, DateTimeOffset now, CatchUpPolicy policy, int atMost, int? limit = null,
        DateTimeOffset? batch = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit ?? 1, 1, nameof(limit));
        (after, now) = (after.ToUniversalTime(), now.ToUniversalTime());
        if (now <= after)
        {
            return new DueOccurrences([], after);
        }

        return policy switch
        {
            CatchUpPolicy.All when limit is { } most => NewestMissed(schedule, after, now, atMost, most, batch?.ToUniversalTime()),
            CatchUpPolicy.All => Oldest(schedule, after, now, atMost),
            CatchUpPolicy.Latest => new DueOccurrences(Latest(schedule, after, now), now),
            CatchUpPolicy.None => new DueOccurrences(OnTimeOnes(schedule, after, now), now),
            _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "There is no such catch-up policy."),
        };
    }

    private static DueOccurrences NewestMissed(
        ISchedule schedule, DateTimeOffset after, DateTimeOffset now, int atMost, int limit, DateTimeOffset? batch)
    {
        var isNew = !(batch > after);
        var end = isNew ? now : batch!.Value;
        var from = isNew ? NewestOnes.Start(schedule, after, LastMissed(now), limit) : after;
        var due = Oldest(schedule, from, end < now ? end : now, atMost);
        return due.Cursor < end ? due with { Batch = end } : due;
    }

    private static DueOccurrences Oldest(ISchedule schedule, DateTimeOffset after, DateTimeOffset now, int atMost)
    {
        var found = ImmutableArray.CreateBuilder<DateTimeOffset>();
        for (var next = schedule.Next(after); next <= now; next = schedule.Next(next.Value))
        {
            if (found.Count == atMost)
            {
                return new DueOccurrences(found.ToImmutable(), found[^1]);
            }

            found.Add(next.Value);
        }

        return new DueOccurrences(found.ToImmutable(), now);
    }

    private static ImmutableArray<DateTimeOffset> Latest(ISchedule schedule, DateTimeOffset after, DateTimeOffset now)
    {
        var onTime = OnTimeOnes(schedule, after, now);
        return onTime.IsEmpty && Newest(schedule, after, now) is { } missed ? [missed] : onTime;
    }

    private static ImmutableArray<DateTimeOffset> OnTimeOnes(ISchedule schedule, DateTimeOffset after, DateTimeOffset now)
    {
        var missed = LastMissed(now);
        return Oldest(schedule, after > missed ? after : missed, now, int.MaxValue).Occurrences;
    }

    /// <summary>
    /// The newest occurrence after <paramref name="after"/> up to <paramref name="now"/>: windows of doubling length reach back
    /// from now until one holds an occurrence, which is then closed in on from both sides.
    /// </summary>
    private static DateTimeOffset? Newest(ISchedule schedule, DateTimeOffset after, DateTimeOffset now)
    {
        var from = now;
        var none = now;
        DateTimeOffset? newest = null;
        for (var reach = OnTime.Ticks; newest is null && from > after; reach *= 2)
        {
            none = from;
            from = Back(now, reach);
            from = from > after ? from : after;
            newest = UpTo(schedule.Next(from), now);
        }

        // Nothing occurs after «none»; each round steps to a newer occurrence and halves what is left.
        while (newest is { } found && UpTo(schedule.Next(found), now) is { } newer)
        {
            var middle = newer + ((none - newer) / 2);
            newest = UpTo(schedule.Next(middle), now) ?? newer;
            none = newest > middle ? none : middle;
        }

        return newest;
    }

    /// <summary>The last instant that is not on time: one tick earlier than <see cref="OnTime"/>, as an occurrence of exactly that age is.</summary>
    private static DateTimeOffset LastMissed(DateTimeOffset now) => Back(now, OnTime.Ticks + 1);

    private static DateTimeOffset? UpTo(DateTimeOffset? occurrence, DateTimeOffset now) => occurrence <= now ? occurrence : null;

    private static DateTimeOffset Back(DateTimeOffset from, long ticks) => new(Math.Max(0, from.Ticks - ticks), TimeSpan.Zero);
}
