namespace Runner.Actors.Scheduling;

/// <summary>What a day-of-month field allows: days by number and from a month's end, and the weekdays nearest to such days.</summary>
/// <param name="Numbered">Bits 1 to 31.</param>
/// <param name="FromEnd">Bit 31 is the month's last day, bit 30 the one before.</param>
/// <param name="NearNumbered">As <paramref name="Numbered"/>, for the Monday to Friday nearest to each.</param>
/// <param name="NearFromEnd">As <paramref name="FromEnd"/>, for the Monday to Friday nearest to each.</param>
internal readonly record struct CronDates(uint Numbered, uint FromEnd = 0, uint NearNumbered = 0, uint NearFromEnd = 0)
{
    private const uint LastDay = 1U << 31;

    /// <summary>Reads <c>L</c>, <c>L-3</c>, <c>LW</c>, <c>L-3W</c> or <c>15W</c>. Null with no error: it is written in no such way.</summary>
    public static CronDates? Read(ReadOnlySpan<char> item, out ScheduleFormatException? error)
    {
        error = null;
        var nearest = item is [_, .., 'W' or 'w'];
        var body = nearest ? item[..^1] : item;
        if (body is ['L' or 'l', .. var rest])
        {
            var before = 0;
            if (rest.IsEmpty || (rest[0] == '-' && CronField.TryReadNumber(rest[1..], out before) && before <= 30))
            {
                return nearest ? new CronDates(0, NearFromEnd: LastDay >> before) : new CronDates(0, FromEnd: LastDay >> before);
            }

            error = CronFieldValues.NoValue(CronField.DayOfMonth, item, item);
            return null;
        }

        if (!nearest)
        {
            return null;
        }

        if (CronField.DayOfMonth.TryRead(body, out var day))
        {
            return new CronDates(0, NearNumbered: 1U << day);
        }

        error = CronFieldValues.NoValue(CronField.DayOfMonth, body, item);
        return null;
    }

    public static CronDates operator |(CronDates a, CronDates b) =>
        new(a.Numbered | b.Numbered, a.FromEnd | b.FromEnd, a.NearNumbered | b.NearNumbered, a.NearFromEnd | b.NearFromEnd);

    /// <summary>The days of one month, as bits 1 to 31.</summary>
    public uint In(MonthShape month)
    {
        var days = (Numbered & month.Days) | month.FromEnd(FromEnd);
        var near = (NearNumbered & month.Days) | month.FromEnd(NearFromEnd);
        return near == 0 ? days : days | month.Nearest(near);
    }
}
