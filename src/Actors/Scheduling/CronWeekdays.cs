namespace Runner.Actors.Scheduling;

/// <summary>What a day-of-week field allows. Weekdays are bits 0 (Sunday) to 6.</summary>
/// <param name="Weeks">Five sets of seven bits: weekdays among a month's days 1 to 7, among 8 to 14, and so on; a plain weekday is in all
/// five.</param>
/// <param name="Last">The weekdays whose last day in a month is meant.</param>
internal readonly record struct CronWeekdays(ulong Weeks, byte Last = 0)
{
    private const int Saturday = 6;

    /// <summary>These weekdays in every week.</summary>
    public static CronWeekdays Each(ulong weekdays) => new(weekdays | weekdays << 7 | weekdays << 14 | weekdays << 21 | weekdays << 28);

    /// <summary>Reads <c>L</c>, <c>friL</c> or <c>fri#2</c>. Null with no error: it is written in no such way.</summary>
    public static CronWeekdays? Read(ReadOnlySpan<char> item, out ScheduleFormatException? error)
    {
        error = null;
        var hash = item.IndexOf('#');
        var last = hash < 0 && item is [.., 'L' or 'l'];
        if (hash < 0 && !last)
        {
            return null;
        }

        if (last && item.Length == 1)
        {
            return Each(1UL << Saturday); // the field's last value, as Quartz has it
        }

        var name = last ? item[..^1] : item[..hash];
        if (!CronField.DayOfWeek.TryRead(name, out var weekday))
        {
            error = CronFieldValues.NoValue(CronField.DayOfWeek, name, item);
            return null;
        }

        weekday %= 7;
        if (last)
        {
            return new CronWeekdays(0, (byte)(1 << weekday));
        }

        if (CronField.TryReadNumber(item[(hash + 1)..], out var week) && week is >= 1 and <= 5)
        {
            return new CronWeekdays(1UL << ((week - 1) * 7) + weekday);
        }

        error = new ScheduleFormatException(
            CronField.DayOfWeek.Name, $"the week {ScheduleFormatException.Quote(item[(hash + 1)..])} cannot be used",
            "a number from 1 to 5 after '#'");
        return null;
    }

    public static CronWeekdays operator |(CronWeekdays a, CronWeekdays b) => new(a.Weeks | b.Weeks, (byte)(a.Last | b.Last));

    /// <summary>The days of one month, as bits 1 to 31.</summary>
    public uint In(MonthShape month) => Last == 0 ? month.OfWeeks(Weeks) : month.OfWeeks(Weeks) | month.Last(Last);
}
