namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// Reads the value of an RRULE or EXRULE: parts such as <c>FREQ=DAILY</c>, separated by semicolons, in any order and case; one more at the end does
/// no harm.
/// </summary>
internal static class RuleParser
{
    private const string AllParts =
        "FREQ, INTERVAL, COUNT, UNTIL, WKST, BYSETPOS, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE or BYSECOND";
    private const string Frequencies = "YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY";

    /// <summary>Null, and a refusal, when it is no rule, or one that RFC 5545 forbids.</summary>
    public static RecurrenceRule? Read(string property, string text, out string? error)
    {
        var rule = new RecurrenceRule();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var piece in text.AsSpan().Split(';'))
        {
            var pair = text.AsSpan(piece).Trim();
            if (pair.IsEmpty && seen.Count > 0 && text.AsSpan(piece.End.GetOffset(text.Length)).IsEmpty)
            {
                // Calendars end a rule with a semicolon now and then.
                continue;
            }

            var equals = pair.IndexOf('=');
            var part = (equals < 0 ? pair : pair[..equals]).Trim().ToString().ToUpperInvariant();
            if (equals < 0 || !seen.Add(part))
            {
                error = new ScheduleFormatException(
                    property, pair.IsEmpty ? "a part is missing" : equals < 0 ? $"{ScheduleFormatException.Quote(pair)} has no '='"
                        : $"{ScheduleFormatException.Quote(part)} is there twice",
                    "NAME=VALUE once for each part, and ';' only between them").Message;
                return null;
            }

            if (Add(rule, property, part, pair[(equals + 1)..].Trim().ToString(), out error) is not { } more)
            {
                return null;
            }

            rule = more;
        }

        error = seen.Contains("FREQ") ? RuleLimits.Refuse(rule)
            : new ScheduleFormatException("FREQ", "it is missing", $"one of {Frequencies}").Message;
        return error is null ? rule : null;
    }

    private static RecurrenceRule? Add(RecurrenceRule rule, string property, string part, string value, out string? error)
    {
        error = null;
        return part switch
        {
            "FREQ" => ReadFrequency(value, out error) is { } frequency ? rule with { Frequency = frequency } : null,
            "INTERVAL" => RuleParts.ReadCount(part, value, out error) is { } interval ? rule with { Interval = interval } : null,
            "COUNT" => RuleParts.ReadCount(part, value, out error) is { } count ? rule with { Count = count } : null,
            "UNTIL" => ReadUntil(value, out error) is { } until ? rule with { Until = until } : null,
            "WKST" => ReadWeekStart(value, out error) is { } start ? rule with { WeekStart = start } : null,
            "BYSETPOS" => RuleParts.ReadSigned(part, value, 366, out error) is { } positions ? rule with { Positions = positions } : null,
            "BYMONTH" => RuleParts.ReadBits(part, value, 1, 12, out error) is { } months ? rule with { Months = months } : null,
            "BYWEEKNO" => RuleParts.ReadSigned(part, value, 53, out error) is { } weeks ? rule with { WeekNumbers = weeks } : null,
            "BYYEARDAY" => RuleParts.ReadSigned(part, value, 366, out error) is { } days ? rule with { YearDays = days } : null,
            "BYMONTHDAY" => RuleParts.ReadSigned(part, value, 31, out error) is { } days ? rule with { MonthDays = days } : null,
            "BYDAY" => RuleParts.ReadWeekdays(part, value, out error) is { } weekdays ? rule with { Weekdays = weekdays } : null,
            "BYHOUR" => RuleParts.ReadBits(part, value, 0, 23, out error) is { } hours ? rule with { Hours = hours } : null,
            "BYMINUTE" => RuleParts.ReadBits(part, value, 0, 59, out error) is { } minutes ? rule with { Minutes = minutes } : null,
            "BYSECOND" => RuleParts.ReadBits(part, value, 0, 60, out error) is { } seconds
                ? rule with { Seconds = RuleParts.WithoutLeapSecond(seconds) } : null,
            _ => Unknown(property, part, out error),
        };
    }

    private static Frequency? ReadFrequency(string value, out string? error)
    {
        // Enum.Parse would take numbers, too.
        Frequency? frequency = value.ToUpperInvariant() switch
        {
            "YEARLY" => Frequency.Yearly,
            "MONTHLY" => Frequency.Monthly,
            "WEEKLY" => Frequency.Weekly,
            "DAILY" => Frequency.Daily,
            "HOURLY" => Frequency.Hourly,
            "MINUTELY" => Frequency.Minutely,
            "SECONDLY" => Frequency.Secondly,
            _ => null,
        };
        error = frequency is null ? RuleParts.Refuse("FREQ", value, $"one of {Frequencies}") : null;
        return frequency;
    }

    private static DateTimeValue? ReadUntil(string value, out string? error)
    {
        var until = DateTimeValue.Read(value);
        error = until is null ? RuleParts.Refuse("UNTIL", value, DateTimeValue.Expected) : null;
        return until;
    }

    private static int? ReadWeekStart(string value, out string? error)
    {
        var weekday = RuleParts.WeekdayOf(value);
        error = weekday < 0 ? RuleParts.Refuse("WKST", value, $"one of {RuleParts.Weekdays}") : null;
        return error is null ? weekday : null;
    }

    private static RecurrenceRule? Unknown(string property, string part, out string? error)
    {
        var why = part switch
        {
            "" => "a part has no name",
            "BYEASTER" => "BYEASTER is a library's own part and none of RFC 5545",
            "RSCALE" or "SKIP" => $"{part} (RFC 7529) is not supported; rules go by the Gregorian calendar and leave out days that do not exist",
            _ => $"{ScheduleFormatException.Quote(part)} is no part of a rule",
        };
        error = new ScheduleFormatException(property, why, AllParts).Message;
        return null;
    }
}
