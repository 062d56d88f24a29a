namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// Numbered weeks as RFC 5545 has them (BYWEEKNO): a week belongs to the year that has at least four of its days. Days are numbered
/// from 0001-01-01, which was a Monday; weekdays are 0 (Sunday) to 6.
/// </summary>
internal static class Weeks
{
    public static int WeekdayOf(int day) => (day + 1) % 7;

    public static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    public static int LengthOf(int year) => IsLeap(year) ? 366 : 365;

    /// <summary>The running number of a day's week, when weeks start on <paramref name="start"/>.</summary>
    public static int IndexOf(int day, int start) => (day + 8 - start) / 7;

    /// <summary>The first day of a week by its running number; that of the first week may lie before the calendar.</summary>
    public static int FirstDayOf(int index, int start) => (index * 7) - 8 + start;

    /// <summary>A day's week: its number, and how many weeks the year has that it is counted in.</summary>
    /// <param name="yearDay">Of the year, from 1.</param>
    /// <param name="firstWeekday">Of the year.</param>
    public static (int Number, int Count) NumberOf(int year, int yearDay, int firstWeekday, int start)
    {
        var into = (firstWeekday - start + 7) % 7;
        var count = CountOf(into, LengthOf(year));
        var number = ((yearDay - 1 + into) / 7) + (into <= 3 ? 1 : 0);
        if (number == 0)
        {
            var length = LengthOf(year - 1);
            count = CountOf((into + 371 - length) % 7, length);
            return (count, count);
        }

        return number <= count ? (number, count) : (1, CountOf((into + LengthOf(year)) % 7, LengthOf(year + 1)));
    }

    /// <param name="into">How many days of its first week lie before the year.</param>
    private static int CountOf(int into, int length)
    {
        var last = ((length - 1 + into) / 7) + (into <= 3 ? 1 : 0);
        return (into + length) % 7 is >= 1 and <= 3 ? last - 1 : last;
    }
}
