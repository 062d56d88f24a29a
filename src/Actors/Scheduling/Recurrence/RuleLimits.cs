namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>The combinations of parts that RFC 5545, 3.3.10, forbids. Readers that guess at them disagree, so they are refused.</summary>
internal static class RuleLimits
{
    /// <summary>The refusal of a rule; null when it is allowed.</summary>
    public static string? Refuse(RecurrenceRule rule)
    {
        var frequency = rule.Frequency.ToString().ToUpperInvariant();
        if (rule is { Count: not null, Until: not null })
        {
            return Refuse("COUNT", "it cannot stand beside UNTIL", "one of the two");
        }

        if (rule.WeekNumbers is not null && rule.Frequency != Frequency.Yearly)
        {
            return Refuse("BYWEEKNO", $"it cannot stand beside FREQ={frequency}", "FREQ=YEARLY");
        }

        if (rule.YearDays is not null && rule.Frequency is Frequency.Daily or Frequency.Weekly or Frequency.Monthly)
        {
            return Refuse("BYYEARDAY", $"it cannot stand beside FREQ={frequency}", "FREQ=YEARLY, HOURLY, MINUTELY or SECONDLY");
        }

        if (rule.MonthDays is not null && rule.Frequency == Frequency.Weekly)
        {
            return Refuse("BYMONTHDAY", "it cannot stand beside FREQ=WEEKLY", "any other FREQ");
        }

        return rule.Weekdays is { IsNumbered: true } ? RefuseNumbers(rule, frequency) : RefusePositions(rule);
    }

    private static string? RefuseNumbers(RecurrenceRule rule, string frequency) =>
        rule.Frequency < Frequency.Monthly ? Refuse(
            "BYDAY", $"weekdays cannot have numbers beside FREQ={frequency}", "plain weekdays such as MO, or FREQ=MONTHLY or YEARLY")
        : rule.WeekNumbers is not null ? Refuse("BYDAY", "weekdays cannot have numbers beside BYWEEKNO", "plain weekdays such as MO")
        : RefusePositions(rule);

    private static string? RefusePositions(RecurrenceRule rule) => rule is { Positions: not null, HasChoice: false }
        ? Refuse("BYSETPOS", "there is nothing to choose from", "another part beside it that begins with BY")
        : null;

    private static string Refuse(string part, string problem, string expected) => new ScheduleFormatException(part, problem, expected).Message;
}
