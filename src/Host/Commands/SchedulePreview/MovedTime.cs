using System.Globalization;
using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>Says of an occurrence that a clock change has moved which wall-clock time it was for.</summary>
internal static class MovedTime
{
    /// <summary>Null for an occurrence that is where it was meant to be.</summary>
    public static string? Note(PreviewAnswer answer, ScheduleSpec spec, DateTimeOffset occurrence)
    {
        if (answer.Schedule?.IsMoved(occurrence) != true)
        {
            return null;
        }

        if (Missing(spec, answer.Zone, occurrence) is not { } missing)
        {
            return "moved: the clock jumped over its time";
        }

        var date = ZonedTimes.WallClock(occurrence, answer.Zone)?.Date == missing.Date ? "" : "yyyy-MM-dd ";
        var time = missing.TimeOfDay.Ticks % TimeSpan.TicksPerMinute == 0 ? "HH:mm" : "HH:mm:ss.FFFFFFF";
        return $"moved: {missing.ToString(date + time, CultureInfo.InvariantCulture)} did not exist";
    }

    /// <summary>
    /// The first time within the gap that ends with the occurrence: what the schedule would be due at next on clocks that had not been changed.
    /// </summary>
    private static DateTime? Missing(ScheduleSpec spec, TimeZoneInfo zone, DateTimeOffset occurrence)
    {
        var before = TimeZones.OffsetAt(zone, occurrence.AddTicks(-1));
        var gap = TimeZones.OffsetAt(zone, occurrence) - before;
        var shown = occurrence + before; // wall-clock times are kept as if they were UTC, which may have offsets that no zone of .NET may
        ISchedule? schedule = spec switch
        {
            { Cron: { } cron } => CronSchedule.TryParse(cron, TimeZoneInfo.Utc, out var parsed, out _, spec.DayOr ?? true) ? parsed : null,
            // The anchor's time on the wall, not its instant, is what whole days are counted from; an interval off, it is away from the calendar's
            // ends.
            { Interval: { } interval } when (spec.Anchor ?? DateTimeOffset.UnixEpoch) is var anchor =>
                new IntervalSchedule(
                    interval, (anchor.Year > 5000 ? anchor - interval : anchor + interval) + TimeZones.OffsetAt(zone, anchor), TimeZoneInfo.Utc),
            _ => null,
        };
        return schedule?.Next(shown.AddTicks(-1)) is { } due && due < shown + gap ? due.UtcDateTime : null;
    }
}
