using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>Some matching days that lie close together.</summary>
/// <param name="First">The number of the day of bit 0 (0 is 0001-01-01).</param>
/// <param name="Days">Never empty, unless there are none any more.</param>
internal readonly record struct DayGroup(int First, uint Days)
{
    public bool IsEmpty => Days == 0;

    public int FirstMatch => First + BitOperations.TrailingZeroCount(Days);
}

/// <summary>
/// Finds the days that match a pattern and lie in every INTERVALth period, counted from that of DTSTART. It looks at months, or at
/// periods where fewer of them have to be looked at, and so asks at most some ten thousand times for the rest of the calendar.
/// </summary>
/// <param name="pattern">The days.</param>
/// <param name="frequency">What is counted: days to years. Sub-daily rules count elsewhere, and here each day.</param>
/// <param name="interval">From 1.</param>
/// <param name="start">The day of DTSTART.</param>
internal sealed class DaySearch(DayPattern pattern, Frequency frequency, int interval, int start)
{
    /// <summary>One more than the last day of the calendar.</summary>
    public const int EndOfDays = 3_652_059;

    /// <summary>What looking at one month or period costs.</summary>
    public const int StepsOfALook = 5;

    private const int MonthsOfCalendar = 9999 * 12;

    /// <summary>The first matching day at or after one; -1 when the calendar ends first.</summary>
    public int Next(int from, ref SearchBudget budget) =>
        from < EndOfDays && interval == 1 && frequency <= Frequency.Daily && pattern.IsEveryDay
            ? from
            : NextGroup(from, ref budget) is { IsEmpty: false } group ? group.FirstMatch : -1;

    /// <summary>The first matching day at or after one, and those that follow it in its month, week or alone.</summary>
    public DayGroup NextGroup(int from, ref SearchBudget budget) =>
        from >= EndOfDays ? default
        : frequency == Frequency.Weekly && interval > 1 ? NextInWeeks(from, ref budget)
        : frequency == Frequency.Daily && interval > 31 ? NextInSteps(from, ref budget)
        : NextInMonths(from, ref budget);

    /// <summary>The days of the period around a day: the first, and one more than the last. They may reach past the calendar.</summary>
    public (int Start, int End) PeriodOf(int day)
    {
        var date = DateOnly.FromDayNumber(day);
        switch (frequency)
        {
            case Frequency.Yearly:
                var newYear = new DateOnly(date.Year, 1, 1).DayNumber;
                return (newYear, newYear + Weeks.LengthOf(date.Year));
            case Frequency.Monthly:
                var first = day - date.Day + 1;
                return (first, first + DateTime.DaysInMonth(date.Year, date.Month));
            case Frequency.Weekly:
                var monday = Weeks.FirstDayOf(Weeks.IndexOf(day, pattern.WeekStart), pattern.WeekStart);
                return (monday, monday + 7);
            default:
                return (day, day + 1);
        }
    }

    private DayGroup NextInMonths(int from, ref SearchBudget budget)
    {
        var date = DateOnly.FromDayNumber(from);
        var begin = DateOnly.FromDayNumber(start);
        var origin = frequency == Frequency.Yearly ? begin.Year : (begin.Year * 12) + begin.Month - 1;
        for (var index = ((long)date.Year * 12) + date.Month - 1; budget.Spend(StepsOfALook); index++)
        {
            index = NextMonth(index, origin);
            if (index >= MonthsOfCalendar + 12)
            {
                return default;
            }

            var (year, month) = ((int)(index / 12), (int)(index % 12) + 1);
            var first = new DateOnly(year, month, 1).DayNumber;
            var days = pattern.InMonth(year, month, first) & InInterval(first);
            days &= first < from ? uint.MaxValue << from - first : uint.MaxValue;
            if (days != 0)
            {
                return new DayGroup(first, days);
            }
        }

        return default;
    }

    /// <summary>
    /// The first month at or after one (a number since year 0) that is among the months and in the interval; may be past the calendar.
    /// </summary>
    private long NextMonth(long index, long origin)
    {
        while (index < MonthsOfCalendar + 12)
        {
            var month = BitSet.NextAtOrAfter(pattern.Months, (int)(index % 12) + 1);
            var here = month < 0 ? ((index / 12) + 1) * 12 : (index / 12 * 12) + month - 1;
            if (month >= 0)
            {
                var wait = frequency switch
                {
                    Frequency.Yearly => Wait(index / 12, origin) is > 0 and var years ? ((((index / 12) + years) * 12) - here) : 0,
                    Frequency.Monthly => Wait(here, origin),
                    _ => 0,
                };
                if (wait == 0)
                {
                    return here;
                }

                here += wait;
            }

            index = here;
        }

        return index;
    }

    /// <summary>The days of a month that a daily rule does not skip.</summary>
    private uint InInterval(int first)
    {
        if (frequency != Frequency.Daily || interval == 1)
        {
            return uint.MaxValue;
        }

        uint days = 0;
        for (var day = Wait(first, start); day < 31; day += interval)
        {
            days |= 1u << (int)day;
        }

        return days;
    }

    private DayGroup NextInWeeks(int from, ref SearchBudget budget)
    {
        var origin = Weeks.IndexOf(start, pattern.WeekStart);
        for (long week = Weeks.IndexOf(from, pattern.WeekStart); budget.Spend(StepsOfALook); week++)
        {
            week += Wait(week, origin);
            if (week * 7 >= EndOfDays + 7)
            {
                return default;
            }

            uint days = 0;
            var first = Weeks.FirstDayOf((int)week, pattern.WeekStart);
            for (var day = Math.Max(first, from); day < first + 7 && day < EndOfDays; day++)
            {
                days |= Matches(day) ? 1u << day - first : 0;
            }

            if (days != 0)
            {
                return new DayGroup(first, days);
            }
        }

        return default;
    }

    private DayGroup NextInSteps(int from, ref SearchBudget budget)
    {
        for (long day = from; budget.Spend(StepsOfALook); day++)
        {
            day += Wait(day, start);
            if (day >= EndOfDays)
            {
                return default;
            }

            if (Matches((int)day))
            {
                return new DayGroup((int)day, 1);
            }
        }

        return default;
    }

    private bool Matches(int day)
    {
        var date = DateOnly.FromDayNumber(day);
        return (pattern.InMonth(date.Year, date.Month, day - date.Day + 1) >> date.Day - 1 & 1) != 0;
    }

    /// <summary>How many periods after <paramref name="index"/> the next one in the interval comes; 0 when it is one itself.</summary>
    private long Wait(long index, long origin)
    {
        var past = (index - origin) % interval;
        return past == 0 ? 0 : past < 0 ? -past : interval - past;
    }
}
