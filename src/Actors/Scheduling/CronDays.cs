namespace Runner.Actors.Scheduling;

/// <summary>The day fields of a cron expression: which days of which months match. Days are numbered from 1 January of year 1, which is 0.</summary>
/// <param name="Months">Bits 1 to 12; never empty.</param>
/// <param name="Either">Both day fields restrict, so a day matches when either does (the classic rule); otherwise both must.</param>
internal readonly record struct CronDays(CronDates Dates, ushort Months, CronWeekdays Weekdays, bool Either)
{
    /// <summary>31 December 9999.</summary>
    public const int LastDay = 3_652_058;

    private static ReadOnlySpan<byte> Lengths => [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    /// <summary>
    /// False when no year whatever has such a day. Years come in 14 kinds, by their first weekday and by having a 29 February, and
    /// the calendar has all of them; so 14 years stand for all.
    /// </summary>
    public bool EverMatches()
    {
        for (var kind = 0; kind < 14; kind++)
        {
            var weekday = kind % 7;
            for (var month = 1; month <= 12; month++)
            {
                var shape = new MonthShape(weekday, Lengths[month] + (kind >= 7 && month == 2 ? 1 : 0));
                if (BitSet.Contains(Months, month) && In(shape) != 0)
                {
                    return true;
                }

                weekday = (weekday + shape.Length) % 7;
            }
        }

        return false;
    }

    /// <summary>The first matching day at or after one of the calendar; -1 when the calendar ends first.</summary>
    public int NextAtOrAfter(int from)
    {
        var (year, month, day) = DateOnly.FromDayNumber(from);
        var first = from - day + 1;
        var shape = new MonthShape((first + 1) % 7, Length(year, month));
        var days = BitSet.Contains(Months, month) ? In(shape) & uint.MaxValue << day : 0;
        while (days == 0)
        {
            first += shape.Length;
            if (first > LastDay)
            {
                return -1;
            }

            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1);
            shape = new MonthShape((shape.FirstWeekday + shape.Length) % 7, Length(year, month));
            days = BitSet.Contains(Months, month) ? In(shape) : 0;
        }

        return first + BitSet.First(days) - 1;
    }

    /// <summary>The matching days of a month that is one of <see cref="Months"/>, as bits 1 to 31.</summary>
    private uint In(MonthShape month) => Either ? Dates.In(month) | Weekdays.In(month) : Dates.In(month) & Weekdays.In(month);

    private static int Length(int year, int month) => month == 2 && DateTime.IsLeapYear(year) ? 29 : Lengths[month];
}
