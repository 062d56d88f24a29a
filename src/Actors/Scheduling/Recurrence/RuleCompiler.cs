using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>Turns a rule as written into the wall-clock times it stands for: what it leaves out comes from DTSTART (3.3.10).</summary>
/// <param name="start">DTSTART.</param>
internal sealed class RuleCompiler(RecurrenceRule rule, DateTimeValue start, LocalGaps gaps)
{
    // The calendar repeats after 400 years, so a day that none of their months has never comes.
    private const int MonthsOfAllYears = 4801;

    /// <summary>Null, and a refusal, when no time ever matches.</summary>
    public LocalTimes? Compile(out string? error)
    {
        var pattern = Days();
        error = RefuseTimeOfDate() ?? RefuseDays(pattern);
        if (error is not null)
        {
            return null;
        }

        var times = Times();
        if (rule.Frequency >= Frequency.Daily)
        {
            return Position(
                new DayTimes(new DaySearch(pattern, rule.Frequency, rule.Interval, start.Day), times),
                pattern.MostIn(rule.Frequency) * (long)times.Count, out error);
        }

        var days = new DaySearch(pattern, Frequency.Daily, 1, start.Day);
        var unit = rule.Frequency == Frequency.Hourly ? 3600 : rule.Frequency == Frequency.Minutely ? 60 : 1;
        var grid = new GridTimes(days, times, unit, rule.Interval, start.Local);
        if (!grid.EverMatches())
        {
            error = new ScheduleFormatException(
                "INTERVAL", $"steps of {rule.Interval} from DTSTART never meet the times of day of the rule",
                "an interval that does, or another DTSTART").Message;
            return null;
        }

        return rule.Positions is null && SameEveryDay(times) is { } daily
            ? new DayTimes(days, daily)
            : Position(
                grid, BitOperations.PopCount(unit > 60 ? times.Minutes : 1) * (long)BitOperations.PopCount(unit > 1 ? times.Seconds : 1), out error);
    }

    private DayPattern Days()
    {
        var pattern = new DayPattern
        {
            Months = rule.Months == 0 ? DayPattern.AllMonths : rule.Months,
            MonthDays = rule.MonthDays,
            YearDays = rule.YearDays,
            WeekNumbers = rule.WeekNumbers,
            Weekdays = rule.Weekdays,
            NumbersInYear = rule.Frequency == Frequency.Yearly && rule.Months == 0,
            WeekStart = rule.WeekStart,
        };
        if (rule.MonthDays is not null || rule.YearDays is not null || rule.Weekdays is not null)
        {
            return pattern;
        }

        var date = DateOnly.FromDayNumber(start.Day);
        if (rule.Frequency == Frequency.Weekly || rule.WeekNumbers is not null)
        {
            var weekday = new WeekdaySet();
            weekday.Add((int)date.DayOfWeek, 0);
            return pattern with { Weekdays = weekday };
        }

        return rule.Frequency < Frequency.Monthly ? pattern : pattern with
        {
            MonthDays = new SignedSet([date.Day], 31),
            Months = rule.Frequency == Frequency.Yearly && rule.Months == 0 ? 1UL << date.Month : pattern.Months,
        };
    }

    private TimesOfDay Times() => new(
        rule.Hours != 0 ? rule.Hours : rule.Frequency >= Frequency.Daily ? 1UL << start.Time / 3600 : TimesOfDay.AllHours,
        rule.Minutes != 0 ? rule.Minutes : rule.Frequency >= Frequency.Hourly ? 1UL << start.Time / 60 % 60 : TimesOfDay.Sixty,
        rule.Seconds != 0 ? rule.Seconds : rule.Frequency >= Frequency.Minutely ? 1UL << start.Time % 60 : TimesOfDay.Sixty);

    /// <summary>
    /// The times of a sub-daily rule whose interval divides the minute, hour or day, and so falls on the same times of each day; null for others.
    /// </summary>
    private TimesOfDay? SameEveryDay(TimesOfDay times)
    {
        var (seconds, minutes, hours) = (times.Seconds, times.Minutes, times.Hours);
        var interval = rule.Interval;
        if (rule.Frequency == Frequency.Secondly && !Divides(ref interval, 60, start.Time % 60, ref seconds))
        {
            return null;
        }

        if (rule.Frequency <= Frequency.Minutely && !Divides(ref interval, 60, start.Time / 60 % 60, ref minutes))
        {
            return null;
        }

        return Divides(ref interval, 24, start.Time / 3600, ref hours) && interval == 1 ? new TimesOfDay(hours, minutes, seconds) : null;
    }

    /// <summary>Keeps every <paramref name="interval"/>th of so many values when that comes out even; what is left is for the values above.</summary>
    private static bool Divides(ref int interval, int count, int origin, ref ulong values)
    {
        if (count % interval != 0 && interval % count != 0)
        {
            return false;
        }

        var step = Math.Min(interval, count);
        var kept = 0UL;
        for (var value = origin % step; value < count; value += step)
        {
            kept |= 1UL << value;
        }

        values &= kept;
        interval /= step;
        return true;
    }

    private LocalTimes? Position(LocalTimes times, long most, out string? error)
    {
        error = null;
        if (rule.Positions is not { } positions)
        {
            return times;
        }

        if (positions.Values.All(position => Math.Abs(position) > most))
        {
            error = new ScheduleFormatException(
                "BYSETPOS", $"the rule has at most {most} times in a period", $"numbers from 1 to {most} or -{most} to -1").Message;
            return null;
        }

        return new PositionedTimes(times, positions.Values, gaps);
    }

    private string? RefuseTimeOfDate() =>
        start.IsDate && (rule.Hours | rule.Minutes | rule.Seconds) != 0
            ? new ScheduleFormatException(
                rule.Hours != 0 ? "BYHOUR" : rule.Minutes != 0 ? "BYMINUTE" : "BYSECOND", "it has no meaning when DTSTART is a date",
                "a DTSTART with a time such as 20260131T000000").Message
            : null;

    private static string? RefuseDays(DayPattern pattern)
    {
        var budget = new SearchBudget(MonthsOfAllYears * DaySearch.StepsOfALook);
        if (new DaySearch(pattern, Frequency.Daily, 1, 0).Next(0, ref budget) >= 0)
        {
            return null;
        }

        var part = pattern.MonthDays is not null ? "BYMONTHDAY"
            : pattern.YearDays is not null ? "BYYEARDAY" : pattern.WeekNumbers is not null ? "BYWEEKNO" : "BYDAY";
        return new ScheduleFormatException(
            part, "no day of any year matches it together with the rule's other parts", "days that at least some year has").Message;
    }
}
