namespace Runner.Actors.Scheduling;

/// <summary>
/// All that day rules ask of a month: how long it is and the weekday it begins on. There are 28 shapes.
/// Sets of days are bits 1 to 31, sets of weekdays bits 0 (Sunday) to 6.
/// </summary>
internal readonly record struct MonthShape(int FirstWeekday, int Length)
{
    private const uint EveryWeek = 0b_1_0000001_0000001_0000001_0000001;

    /// <summary>Every day there is.</summary>
    public uint Days => (uint)((1UL << Length + 1) - 2);

    /// <summary>The days that fall on the weekdays, in every week.</summary>
    public uint Each(uint weekdays) => OfWeeks(weekdays * (ulong)EveryWeek);

    /// <summary>
    /// The days of five sets of weekdays, seven bits each: days 1 to 7 that fall on the first set's, 8 to 14 on the second's, and so on.
    /// </summary>
    public uint OfWeeks(ulong weeks)
    {
        // Within each week of the month, weekdays move down to where the month begins and those before come after.
        var kept = (ulong)(0x7FU >> FirstWeekday) * EveryWeek;
        var week = (weeks >> FirstWeekday & kept) | (weeks << 7 - FirstWeekday & ~kept);
        return (uint)(week << 1) & Days;
    }

    /// <summary>The last days that fall on the weekdays.</summary>
    public uint Last(uint weekdays)
    {
        var weekday = (FirstWeekday + Length) % 7; // of the first of the last seven days
        var week = (weekdays >> weekday | weekdays << 7 - weekday) & 0x7F;
        return week << Length - 6;
    }

    /// <summary>Days counted from the end: bit 31 of <paramref name="fromEnd"/> is the last day, bit 30 the one before.</summary>
    public uint FromEnd(uint fromEnd) => fromEnd >> 31 - Length & ~1U;

    /// <summary>For each day the nearest one of the month that is no Saturday or Sunday.</summary>
    public uint Nearest(uint days)
    {
        var (saturdays, sundays) = (days & Each(1 << 6), days & Each(1 << 0));
        var lastDay = 1U << Length;

        // Where Friday or Monday is in another month, the nearest that is not lies on the weekend's other side.
        return (days & ~(saturdays | sundays))
            | (saturdays >> 1 & ~1U) | ((saturdays & 2) << 2)
            | ((sundays & ~lastDay) << 1) | ((sundays & lastDay) >> 2);
    }
}
