using System.Globalization;
using Runner.Actors.Scheduling;
using Runner.Messages;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>Every example in docs/schedules.md is so.</summary>
public class ScheduleDocumentTests
{
    private const string BothDayFields = "` and `day_or: false";

    [Fact]
    public void Every_expression_occurs_as_documented()
    {
        foreach (var row in ScheduleDocument.Table("| expression |"))
        {
            var schedule = CronSchedule.Parse(Expression(row[0]), TimeZoneInfo.Utc, DayOr(row[0]));
            Assert.Equal(row[1], string.Join(", ", After(schedule, At("2026-01-01T00:00Z")).Take(3)
                .Select(at => $"{at:yyyy-MM-dd HH:mm}{(at.Second == 0 ? "" : $"{at::ss}")}")));
        }
    }

    [Fact]
    public void Every_refusal_reads_as_documented()
    {
        foreach (var row in ScheduleDocument.Table("| refused |"))
        {
            Assert.False(CronSchedule.TryParse(Expression(row[0]), TimeZoneInfo.Utc, out _, out var error, DayOr(row[0])));
            Assert.Equal(row[1], error);
        }
    }

    [Fact]
    public void B33_every_clock_change_is_met_as_documented()
    {
        foreach (var row in ScheduleDocument.Table("| zone | local times |"))
        {
            var (zone, ends) = (Zone(row[0]), row[1].Split(" – "));
            ends[1] = ends[1].Length == 5 ? $"{ends[0][..10]} {ends[1]}" : ends[1];
            var (first, last) = (Instant(ends[0], zone), Instant(ends[1], zone));
            var shape = ends[0][..10] == ends[1][..10] ? "HH:mm" : "dd HH:mm";
            var shown = After(Cron(row[2], row[0]), first.AddTicks(-1)).TakeWhile(at => at <= last)
                .Select(at => Local(at, zone).ToString(shape, CultureInfo.InvariantCulture) + Pass(at, zone));
            Assert.Equal(row[6], string.Join(", ", shown));
        }
    }

    [Fact]
    public void Every_interval_occurs_as_documented()
    {
        foreach (var row in ScheduleDocument.Table("| interval |"))
        {
            Assert.True(DurationText.TryParse(row[0], out var interval));
            var schedule = new IntervalSchedule(interval, At(row[1]), Zone(row[2]));
            Assert.Equal(row[4], string.Join(", ", After(schedule, At(row[3])).Take(3)
                .Select(at => $"{TimeZoneInfo.ConvertTime(at, Zone(row[2])):yyyy-MM-ddTHH:mm:sszzz}")));
        }
    }

    private static string Expression(string cell) => cell.Replace(BothDayFields, "", StringComparison.Ordinal);

    private static bool DayOr(string cell) => !cell.Contains(BothDayFields, StringComparison.Ordinal);

    private static IEnumerable<DateTimeOffset> After(ISchedule schedule, DateTimeOffset after)
    {
        for (var next = schedule.Next(after); next is not null; next = schedule.Next(next.Value))
        {
            yield return next.Value;
        }
    }

    private static DateTimeOffset Instant(string local, TimeZoneInfo zone) =>
        new(ZoneTimeline.Of(zone).FirstInstantOf(DateTime.Parse(local, CultureInfo.InvariantCulture).Ticks)!.Value, TimeSpan.Zero);

    private static DateTime Local(DateTimeOffset at, TimeZoneInfo zone) => at.UtcDateTime + zone.GetUtcOffset(at.UtcDateTime);

    /// <summary>Whether the clock shows the same again within three hours, or has.</summary>
    private static string Pass(DateTimeOffset at, TimeZoneInfo zone)
    {
        var same = Enumerable.Range(-180, 361).Where(minutes => minutes != 0 && Local(at.AddMinutes(minutes), zone) == Local(at, zone)).ToArray();
        return same.Length == 0 ? "" : same[0] > 0 ? "a" : "b";
    }
}
