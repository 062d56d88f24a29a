namespace Runner.Actors.Scheduling;

/// <summary>
/// The day fields of a cron expression: which days of which months match. <see cref="InMonth"/> is the one place that knows how,
/// so rules about a month's shape (its last day, nearest weekday, nth weekday) belong there.
/// </summary>
/// <param name="DaysOfMonth">Bits 1 to 31.</param>
/// <param name="Months">Bits 1 to 12.</param>
/// <param name="DaysOfWeek">Bits 0 (Sunday) to 6.</param>
/// <param name="Either">Both day fields restrict, so a day matches when either does (the classic rule); otherwise both must.</param>
internal readonly record struct CronDays(uint DaysOfMonth, ushort Months, byte DaysOfWeek, bool Either)
{
    private static ReadOnlySpan<byte> LongestMonths => [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    /// <summary>False when no year whatever has such a day (the 31st of February).</summary>
    public bool EverMatches()
    {
        for (var month = 1; month <= 12; month++)
        {
            if (BitSet.Contains(Months, month) && (Either || (DaysOfMonth & UpTo(LongestMonths[month])) != 0))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first matching day on or after <paramref name="from"/>; null when the calendar ends first.</summary>
    public DateOnly? NextAtOrAfter(DateOnly from)
    {
        var day = from.Day;
        var firstMonth = from.Month;
        for (var year = from.Year; year <= DateOnly.MaxValue.Year; year++)
        {
            for (var month = BitSet.NextAtOrAfter(Months, firstMonth); month > 0; month = BitSet.NextAtOrAfter(Months, month + 1))
            {
                var match = BitSet.NextAtOrAfter(InMonth(year, month), month == firstMonth ? day : 1);
                if (match > 0)
                {
                    return new DateOnly(year, month, match);
                }
            }

            (firstMonth, day) = (1, 1);
        }

        return null;
    }

    /// <summary>The matching days of one month, as bits 1 to 31.</summary>
    private uint InMonth(int year, int month)
    {
        var firstWeekday = (int)new DateOnly(year, month, 1).DayOfWeek;
        ulong week = DaysOfWeek;
        var weeks = week | week << 7 | week << 14 | week << 21 | week << 28 | week << 35;
        var byWeekday = (uint)(weeks >> firstWeekday << 1);
        var days = Either ? DaysOfMonth | byWeekday : DaysOfMonth & byWeekday;
        return days & UpTo(DateTime.DaysInMonth(year, month));
    }

    private static uint UpTo(int lastDay) => (uint)((1UL << lastDay + 1) - 2);
}
