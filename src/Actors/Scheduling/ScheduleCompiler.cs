using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Scheduling;

/// <summary>From a schedule as it is declared to one that can be asked.</summary>
public static class ScheduleCompiler
{
    /// <summary>
    /// What of a declaration makes it due: its kind with what belongs to it, its zone and its end. How many runs it makes, and how they are
    /// spread, is the deployment's to see to.
    /// </summary>
    /// <returns>The schedule, or null and everything that is wrong, by the field's name in a deployment file; empty for the whole.</returns>
    public static (ISchedule? Schedule, ImmutableArray<Problem> Problems) Compile(ScheduleSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var kinds = (spec.Interval is null ? 0 : 1) + (spec.Cron is null ? 0 : 1) + (spec.Rrule is null ? 0 : 1);
        if (kinds != 1)
        {
            problems.Add(new("", $"expected one of 'interval', 'cron' and 'rrule'; there {(kinds == 0 ? "is none" : "are several")}"));
        }

        if (spec.Anchor is not null && spec.Interval is null)
        {
            problems.Add(new("anchor", "only an interval has an anchor"));
        }

        if (spec.DayOr is not null && spec.Cron is null)
        {
            problems.Add(new("day_or", "only a cron expression has day fields"));
        }

        if (!TimeZones.TryFind(spec.Timezone, out var zone, out var zoneProblem))
        {
            problems.Add(new("timezone", zoneProblem));
        }

        // What is written in a kind is looked at in any case, so that its author hears of everything at once.
        var schedule = kinds == 1 ? Read(spec, zone ?? TimeZoneInfo.Utc, problems) : null;
        return problems.Count > 0 || schedule is null
            ? (null, problems.DrainToImmutable())
            : (spec.End is { } end ? new EndingSchedule(schedule, end) : schedule, []);
    }

    private static ISchedule? Read(ScheduleSpec spec, TimeZoneInfo zone, ImmutableArray<Problem>.Builder problems)
    {
        if (spec.Cron is not null)
        {
            return CronSchedule.TryParse(spec.Cron, zone, out var cron, out var problem, spec.DayOr ?? true) ? cron
                : Refused("cron", problem, problems);
        }

        if (spec.Rrule is not null)
        {
            return RecurrenceSchedule.TryParse(spec.Rrule, zone, out var recurrence, out var problem) ? recurrence
                : Refused("rrule", problem, problems);
        }

        try
        {
            return new IntervalSchedule(spec.Interval!.Value, spec.Anchor ?? DateTimeOffset.UnixEpoch, zone);
        }
        catch (ScheduleFormatException e)
        {
            return Refused("interval", e.Message, problems);
        }
    }

    private static ISchedule? Refused(string field, string problem, ImmutableArray<Problem>.Builder problems)
    {
        // Who reads the problem reads the field's name before it.
        problems.Add(new(field, problem.StartsWith($"{field}: ", StringComparison.Ordinal) ? problem[(field.Length + 2)..] : problem));
        return null;
    }
}
