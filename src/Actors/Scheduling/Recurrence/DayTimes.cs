using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>The same times on each of some days: every rule from DAILY up, and the sub-daily ones that are alike every day.</summary>
internal sealed class DayTimes(DaySearch days, TimesOfDay times) : LocalTimes
{
    /// <inheritdoc/>
    public override long Next(long from, ref SearchBudget budget)
    {
        var today = (int)(from / Day);
        var day = days.Next(today, ref budget);
        if (day == today)
        {
            if (times.NextAtOrAfter((int)(from % Day)) is >= 0 and var time)
            {
                return (day * (long)Day) + time;
            }

            day = days.Next(today + 1, ref budget);
        }

        return day < 0 ? -1 : (day * (long)Day) + times.At(0);
    }

    /// <inheritdoc/>
    public override Period PeriodOf(long time)
    {
        var (start, end) = days.PeriodOf((int)(time / Day));
        return new Period(start, end, times, Math.Max(0, start) * (long)Day, end * (long)Day);
    }

    /// <inheritdoc/>
    public override long EndOfRun(long time) => time - (time % Day) + times.EndOfRun((int)(time % Day));

    /// <summary>Adds the numbers of the matching days of a period to a list.</summary>
    public void AddDays(Period period, List<int> found, ref SearchBudget budget)
    {
        for (var from = Math.Max(0, period.Start); from < period.End && days.NextGroup(from, ref budget) is { IsEmpty: false } group;)
        {
            for (var rest = group.Days; rest != 0; rest &= rest - 1)
            {
                var day = group.First + BitOperations.TrailingZeroCount(rest);
                if (day >= period.End)
                {
                    return;
                }

                found.Add(day);
            }

            from = found[^1] + 1;
        }
    }

    /// <summary>
    /// The time of the <paramref name="count"/>th one from a time on, where those in gaps do not count; <see cref="long.MaxValue"/>
    /// when the calendar ends first. It counts whole months and years, not times.
    /// </summary>
    public long Nth(long from, long count, LocalGaps? gaps, ref SearchBudget budget)
    {
        var (today, past) = ((int)(from / Day), times.Before((int)(from % Day)));
        var walk = new GapWalk(gaps, from);
        while (days.NextGroup(today, ref budget) is { IsEmpty: false } group)
        {
            var end = (group.First + 32) * (long)Day;
            var gap = walk.Within(group.First * (long)Day, end, ref budget);
            var all = BitOperations.PopCount(group.Days) * (long)times.Count;
            if (gap is null && count > all && past == 0)
            {
                count -= all;
                today = group.First + 32 - BitOperations.LeadingZeroCount(group.Days);
                continue;
            }

            var day = group.FirstMatch;
            var skipped = gap is { } g ? SkippedOn(day, g, day == today ? past : 0) : default;
            past = day == today ? past : 0;
            var here = times.Count - past - skipped.Count;
            if (count <= here)
            {
                var index = past + (int)count - 1;
                return (day * (long)Day) + times.At(index < skipped.Start ? index : index + skipped.Count);
            }

            (count, past, today) = (count - here, 0, day + 1);
        }

        return long.MaxValue;
    }

    /// <summary>Which of the times of a day lie in a gap, from the <paramref name="past"/>th on: the first and how many.</summary>
    private (int Start, int Count) SkippedOn(int day, (long Start, long End) gap, int past)
    {
        var start = Math.Max(past, times.Before((int)Math.Clamp(gap.Start - (day * (long)Day), 0, Day)));
        var end = Math.Max(past, times.Before((int)Math.Clamp(gap.End - (day * (long)Day), 0, Day)));
        return (start, end - start);
    }
}
