using System.Collections.Immutable;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// BYSETPOS: of each period of a rule only the nth times, from either end. Times that a zone's clocks skip are not counted, as
/// invalid dates are not (3.3.10).
/// </summary>
internal sealed class PositionedTimes(LocalTimes inner, ImmutableArray<int> positions, LocalGaps gaps) : LocalTimes
{
    // What setting up the times of a period costs, beside finding it.
    private const int StepsOfAPeriod = 20;

    private static readonly List<(int Start, int Count)> None = [];

    /// <inheritdoc/>
    public override long Next(long from, ref SearchBudget budget)
    {
        var days = new List<int>();
        for (var at = inner.PeriodOf(from).From; budget.Spend(StepsOfAPeriod) && inner.Next(at, ref budget) is >= 0 and var first;)
        {
            var period = inner.PeriodOf(first);
            days.Clear();
            if (inner is DayTimes whole)
            {
                whole.AddDays(period, days, ref budget);
            }
            else
            {
                days.Add(period.Start);
            }

            if (days.Count > 0 && Pick(period, days, from, ref budget) is >= 0 and var found)
            {
                return budget.IsSpent ? -1 : found;
            }

            at = period.To;
            if (at >= LocalGaps.End)
            {
                return -1;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override Period PeriodOf(long time) => inner.PeriodOf(time);

    /// <summary>The first of the positions that is at or after a time; -1 when none is.</summary>
    private long Pick(Period period, List<int> days, long from, ref SearchBudget budget)
    {
        var times = period.Times;
        var skipped = Skipped(days, times);
        var count = (days.Count * times.Count) - skipped.Sum(run => run.Count);
        var best = -1L;
        foreach (var position in positions)
        {
            var index = position > 0 ? position - 1 : count + position;
            if (index < 0 || index >= count || !budget.Spend())
            {
                continue;
            }

            foreach (var (start, length) in skipped)
            {
                index += index >= start ? length : 0;
            }

            var time = (days[index / times.Count] * (long)Day) + times.At(index % times.Count);
            best = time >= from && (best < 0 || time < best) ? time : best;
        }

        return best;
    }

    /// <summary>Which of all the times of the days clocks skip: runs of them, each the index of its first and how many.</summary>
    private List<(int Start, int Count)> Skipped(List<int> days, TimesOfDay times)
    {
        var (at, end) = (days[0] * (long)Day, (days[^1] + 1) * (long)Day);
        List<(int, int)>? runs = null;
        while (!gaps.IsFixed && gaps.FirstGap(at, end) is { } gap)
        {
            var (first, last) = (0, 0);
            foreach (var day in days)
            {
                first += times.Before((int)Math.Clamp(gap.Start - (day * (long)Day), 0, Day));
                last += times.Before((int)Math.Clamp(gap.End - (day * (long)Day), 0, Day));
            }

            (runs ??= []).Add((first, last - first));
            at = gap.End;
        }

        return runs ?? None;
    }
}
