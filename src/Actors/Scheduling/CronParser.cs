namespace Runner.Actors.Scheduling;

/// <summary>Reads cron expressions: five fields, six with the seconds first, or a macro that stands for five.</summary>
internal static class CronParser
{
    private const int LongestExpression = 1000;
    private const string Whole = "expression";
    private const string FieldNames = "five fields: minute hour day-of-month month day-of-week, or six with the second before them";
    private const string Macros = "@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually";

    private static readonly CronField[] Fields =
        [CronField.Second, CronField.Minute, CronField.Hour, CronField.DayOfMonth, CronField.Month, CronField.DayOfWeek];

    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>Null, and an error to show to its author, when the text is no cron expression or one that never occurs.</summary>
    public static CronPattern? Read(string? text, bool dayOr, out ScheduleFormatException? error)
    {
        if (Split(text, out error) is not { } parts)
        {
            return null;
        }

        var values = new CronFieldValues[Fields.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (CronFieldValues.Read(Fields[i], parts[i], out error) is not { } field)
            {
                return null;
            }

            values[i] = field;
        }

        var pattern = Combine(values, dayOr);
        error = pattern.Days.EverMatches() ? null : Never(pattern.Days, parts);
        return error is null ? pattern : null;
    }

    private static string[]? Split(string? text, out ScheduleFormatException? error)
    {
        error = null;
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestExpression)
        {
            error = new ScheduleFormatException(
                Whole, string.IsNullOrWhiteSpace(text) ? "it is empty" : $"it is longer than {LongestExpression} characters", FieldNames);
            return null;
        }

        var trimmed = text.Trim(Blanks);
        if (trimmed.StartsWith('@'))
        {
            error = Expand(trimmed) is null
                ? new ScheduleFormatException(Whole, $"{ScheduleFormatException.Quote(trimmed)} is no macro", Macros) : null;
        }

        var parts = (Expand(trimmed) ?? trimmed).Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == Fields.Length - 1)
        {
            parts = ["0", .. parts];
        }

        error ??= RefuseZone(parts);
        if (error is null && parts.Length != Fields.Length)
        {
            error = new ScheduleFormatException(
                Whole, $"{ScheduleFormatException.Quote(trimmed)} has {parts.Length} {(parts.Length == 1 ? "field" : "fields")}", FieldNames);
        }

        return error is null ? parts : null;
    }

    /// <summary>Other crons take the zone in front of the expression.</summary>
    private static ScheduleFormatException? RefuseZone(string[] parts)
    {
        var zone = parts.FirstOrDefault(
            p => p.StartsWith("TZ=", StringComparison.OrdinalIgnoreCase) || p.StartsWith("CRON_TZ=", StringComparison.OrdinalIgnoreCase));
        return zone is null
            ? null
            : new ScheduleFormatException(
                Whole, $"{ScheduleFormatException.Quote(zone)} is a zone, which does not stand in it",
                "the zone in the schedule's own field 'timezone', and here the expression alone");
    }

    private static string? Expand(string text) => text.ToLowerInvariant() switch
    {
        "@hourly" => "0 * * * *",
        "@daily" or "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" or "@annually" => "0 0 1 1 *",
        _ => null,
    };

    private static CronPattern Combine(CronFieldValues[] values, bool dayOr)
    {
        var (second, minute, hour, dayOfMonth, month, dayOfWeek) = (values[0], values[1], values[2], values[3], values[4], values[5]);
        return new CronPattern(
            new CronTimes((uint)hour.Set, minute.Set, second.Set, second.Recurs || minute.Recurs || hour.Recurs),
            new CronDays(
                dayOfMonth.Dates | new CronDates((uint)dayOfMonth.Set),
                (ushort)month.Set,
                dayOfWeek.Weekdays | CronWeekdays.Each(dayOfWeek.Set),
                dayOr && dayOfMonth.Restricts && dayOfWeek.Restricts));
    }

    private static ScheduleFormatException Never(CronDays days, string[] parts)
    {
        var (date, month, weekday) =
            (ScheduleFormatException.Quote(parts[3]), ScheduleFormatException.Quote(parts[4]), ScheduleFormatException.Quote(parts[5]));
        var onAnyWeekday = days with { Weekdays = CronWeekdays.Each(0x7F) };
        return onAnyWeekday.EverMatches()
            ? new ScheduleFormatException(
                CronField.DayOfWeek.Name, $"{weekday} never falls on day {date} of month {month}", "a weekday that such a day has in some year")
            : new ScheduleFormatException(
                CronField.DayOfMonth.Name, $"day {date} never comes in month {month}", "a day that at least one of the months has");
    }
}
