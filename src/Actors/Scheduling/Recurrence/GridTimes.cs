namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// Every INTERVALth hour, minute or second, counted over all days from DTSTART, as far as it meets the day parts and the time parts
/// at or above its length; the parts below choose within it. Finding the next one leaps over the hours and minutes that do not match.
/// </summary>
/// <param name="days">Every one that matches the day parts.</param>
/// <param name="times">Where a part is left out at or above the frequency, all of its values.</param>
/// <param name="unit">The frequency in seconds: 3,600, 60 or 1.</param>
/// <param name="interval">From 1.</param>
/// <param name="start">The time of DTSTART.</param>
internal sealed class GridTimes(DaySearch days, TimesOfDay times, int unit, int interval, long start) : LocalTimes
{
    // What going on at another day costs, beside finding it.
    private const int StepsOfADay = 4;

    private readonly int _perDay = Day / unit;
    private readonly long _origin = start / unit;

    /// <summary>Whether any time of any day meets the time parts and the interval; the others never have an occurrence.</summary>
    public bool EverMatches()
    {
        // Day for day the grid moves by a day modulo the interval, so it comes by every time that is congruent to DTSTART's.
        var step = GreatestCommonDivisor(interval, _perDay);
        for (var time = times.NextAtOrAfter(0); time >= 0; time = time + 1 < Day ? times.NextAtOrAfter(time + 1) : -1)
        {
            if ((time / unit - _origin) % step == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override long Next(long from, ref SearchBudget budget)
    {
        var (day, time) = ((int)(from / Day), (int)(from % Day));
        while (budget.Spend(StepsOfADay))
        {
            var matching = days.Next(day, ref budget);
            if (matching < 0)
            {
                return -1;
            }

            (day, time) = matching > day ? (matching, 0) : (day, time);
            var first = ((long)day * _perDay) + (time / unit);
            var next = first + Wait(first);
            if (next / _perDay > day)
            {
                // The interval leaps over the rest of this day, and maybe over others.
                if (next / _perDay >= DaySearch.EndOfDays)
                {
                    return -1;
                }

                (day, time) = ((int)(next / _perDay), (int)(next % _perDay) * unit);
                continue;
            }

            if (NextInDay(day, time, ref budget) is >= 0 and var match)
            {
                return (day * (long)Day) + match;
            }

            (day, time) = (day + 1, 0);
        }

        return -1;
    }

    /// <inheritdoc/>
    public override Period PeriodOf(long time)
    {
        var (day, second) = ((int)(time / Day), (int)(time % Day));
        var within = new TimesOfDay(
            1UL << second / 3600,
            unit < 3600 ? 1UL << second / 60 % 60 : times.Minutes,
            unit < 60 ? 1UL << second % 60 : times.Seconds);
        return new Period(day, day + 1, within, time - (time % unit), time - (time % unit) + unit);
    }

    private int NextInDay(int day, int from, ref SearchBudget budget)
    {
        for (long index = from / unit; budget.Spend();)
        {
            index += Wait(((long)day * _perDay) + index);
            if (index >= _perDay)
            {
                return -1;
            }

            // The next time that the parts allow is in this period, or tells in which one to go on.
            var start = (int)index * unit;
            var match = times.NextAtOrAfter(Math.Max(start, from));
            if (match < 0)
            {
                return -1;
            }

            if (match < start + unit)
            {
                return match;
            }

            index = match / unit;
        }

        return -1;
    }

    private long Wait(long index)
    {
        var past = (index - _origin) % interval;
        return past == 0 ? 0 : past < 0 ? -past : interval - past;
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
