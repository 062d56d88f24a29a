using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// Which days match the day parts of a rule: BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY and BYDAY, each of which a day has to meet.
/// Whether a part expands or limits (the table of 3.3.10) makes no difference to that: only to what DTSTART fills in.
/// </summary>
internal sealed record DayPattern
{
    public const ulong AllMonths = 0x1FFE;

    /// <summary>Bits 1 to 12.</summary>
    public required ulong Months { get; init; }

    public SignedSet? MonthDays { get; init; }

    public SignedSet? YearDays { get; init; }

    public SignedSet? WeekNumbers { get; init; }

    public WeekdaySet? Weekdays { get; init; }

    /// <summary>Numbered weekdays count within the year, not within the month.</summary>
    public bool NumbersInYear { get; init; }

    /// <summary>0 (Sunday) to 6.</summary>
    public required int WeekStart { get; init; }

    /// <summary>No part says anything of days.</summary>
    public bool IsEveryDay => Months == AllMonths && MonthDays is null && YearDays is null && WeekNumbers is null && Weekdays is null;

    /// <summary>A bound of how many days of a period match, as far as single parts tell: no more than that can be chosen from.</summary>
    /// <param name="frequency">The length of the period, from DAILY up.</param>
    public int MostIn(Frequency frequency)
    {
        var months = frequency == Frequency.Yearly ? BitOperations.PopCount(Months) : 1;
        var (days, weeks) = frequency switch
        {
            Frequency.Yearly => (Math.Min(366, months * 31), 53),
            Frequency.Monthly => (31, 5),
            Frequency.Weekly => (7, 1),
            _ => (1, 1),
        };
        days = Math.Min(days, MonthDays is { } monthDays ? monthDays.Values.Length * months : days);
        days = Math.Min(days, YearDays is { } yearDays ? yearDays.Values.Length : days);
        return Math.Min(days, Weekdays is { IsNumbered: false } plain ? BitOperations.PopCount(plain.Always) * weeks : days);
    }

    /// <summary>The matching days of one month, as bits from 0 for the 1st.</summary>
    /// <param name="first">The number of its 1st.</param>
    public uint InMonth(int year, int month, int first)
    {
        if (!BitSet.Contains(Months, month))
        {
            return 0;
        }

        var length = DateTime.DaysInMonth(year, month);
        var days = uint.MaxValue >> (32 - length);
        if (MonthDays is { } monthDays)
        {
            days &= (uint)(monthDays.FromStart >> 1) | FromEnd((uint)monthDays.FromEnd, length);
        }

        if (Weekdays is { IsNumbered: false } weekdays)
        {
            days &= EachWeek(weekdays.Always, Weeks.WeekdayOf(first));
        }

        return Weekdays is { IsNumbered: true } || YearDays is not null || WeekNumbers is not null
            ? OneByOne(days, year, first, length)
            : days;
    }

    /// <summary>Bit n for «nth from the end» turned into bits from 0 for the 1st.</summary>
    private static uint FromEnd(uint positions, int length)
    {
        uint days = 0;
        for (; positions != 0; positions &= positions - 1)
        {
            var day = length - BitOperations.TrailingZeroCount(positions);
            days |= day >= 0 ? 1u << day : 0;
        }

        return days;
    }

    private static uint EachWeek(ulong weekdays, int firstWeekday)
    {
        var weeks = weekdays | weekdays << 7 | weekdays << 14 | weekdays << 21 | weekdays << 28 | weekdays << 35;
        return (uint)(weeks >> firstWeekday);
    }

    private uint OneByOne(uint days, int year, int first, int length)
    {
        var newYear = new DateOnly(year, 1, 1).DayNumber;
        var yearLength = Weeks.LengthOf(year);
        var matching = days;
        for (; days != 0; days &= days - 1)
        {
            var index = BitOperations.TrailingZeroCount(days);
            var weekday = Weeks.WeekdayOf(first + index);
            var yearDay = first + index - newYear + 1;
            var matches =
                (Weekdays is not { } set || BitSet.Contains(set.Always, weekday)
                    || (NumbersInYear ? set.HoldsNumbered(weekday, yearDay, yearLength) : set.HoldsNumbered(weekday, index + 1, length)))
                && (YearDays is not { } yearDays || yearDays.Holds(yearDay, yearLength))
                && (WeekNumbers is not { } numbers || HoldsWeek(numbers, Weeks.NumberOf(year, yearDay, Weeks.WeekdayOf(newYear), WeekStart)));
            matching &= matches ? uint.MaxValue : ~(1u << index);
        }

        return matching;
    }

    private static bool HoldsWeek(SignedSet numbers, (int Number, int Count) week) => numbers.Holds(week.Number, week.Count);
}
