namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>A date or a date and time as iCalendar writes it (RFC 5545, 3.3.4 and 3.3.5).</summary>
/// <param name="Local">Seconds since 0001-01-01T00:00:00 on some wall clock; of a date, its midnight.</param>
/// <param name="IsDate">It has no time of day.</param>
/// <param name="IsUtc">It ends with Z.</param>
internal readonly record struct DateTimeValue(long Local, bool IsDate, bool IsUtc)
{
    public const string Expected = "a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131";

    public int Day => (int)(Local / LocalTimes.Day);

    public int Time => (int)(Local % LocalTimes.Day);

    /// <summary>As UTC ticks on the wall clock it is of.</summary>
    public long Ticks => Local * TimeSpan.TicksPerSecond;

    /// <summary>Reads one; null when it has another form or there is no such day or time.</summary>
    public static DateTimeValue? Read(ReadOnlySpan<char> text)
    {
        var isUtc = text.Length == 16 && text[15] is 'Z' or 'z';
        var length = isUtc ? 15 : text.Length;
        if (length is not (8 or 15) || (length == 15 && text[8] is not ('T' or 't')))
        {
            return null;
        }

        if (!TryDigits(text[..4], out var year) || !TryDigits(text[4..6], out var month) || !TryDigits(text[6..8], out var day)
            || year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return null;
        }

        var midnight = new DateOnly(year, month, day).DayNumber * (long)LocalTimes.Day;
        if (length == 8)
        {
            return new DateTimeValue(midnight, IsDate: true, IsUtc: false);
        }

        if (!TryDigits(text[9..11], out var hour) || !TryDigits(text[11..13], out var minute) || !TryDigits(text[13..15], out var second)
            || hour > 23 || minute > 59 || second > 60)
        {
            return null;
        }

        // 60 is a leap second, which clocks here do not have: the second before it stands for it (3.3.12).
        return new DateTimeValue(midnight + (hour * 3600) + (minute * 60) + Math.Min(second, 59), IsDate: false, isUtc);
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int value) => CronField.TryReadNumber(text, out value);
}
