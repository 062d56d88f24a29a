using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Actors.Scheduling;

/// <summary>What is due now, and how far that decides the schedule.</summary>
/// <param name="Occurrences">To run, oldest first, in UTC.</param>
/// <param name="Cursor">
/// Everything up to and including this instant is decided. Ask from here the next time; when it is before «now», there is more
/// to ask for at once.
/// </param>
public sealed record DueOccurrences(ImmutableArray<DateTimeOffset> Occurrences, DateTimeOffset Cursor);

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
    public static DueOccurrences Due(ISchedule schedule, DateTimeOffset after, DateTimeOffset now, CatchUpPolicy policy, int atMost)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        (after, now) = (after.ToUniversalTime(), now.ToUniversalTime());
        if (now <= after)
        {
            return new DueOccurrences([], after);
        }

        return policy switch
        {
            CatchUpPolicy.All => Oldest(schedule, after, now, atMost),
            CatchUpPolicy.Latest => new DueOccurrences(Latest(schedule, after, now), now),
            CatchUpPolicy.None => new DueOccurrences(OnTimeOnes(schedule, after, now), now),
            _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "There is no such catch-up policy."),
        };
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
        // One tick earlier, because Next is strictly after and an occurrence of exactly this age is on time.
        var missed = Back(now, OnTime.Ticks + 1);
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

    private static DateTimeOffset? UpTo(DateTimeOffset? occurrence, DateTimeOffset now) => occurrence <= now ? occurrence : null;

    private static DateTimeOffset Back(DateTimeOffset from, long ticks) => new(Math.Max(0, from.Ticks - ticks), TimeSpan.Zero);
}
