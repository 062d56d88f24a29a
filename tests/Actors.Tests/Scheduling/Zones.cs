using System.Globalization;
using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>Short ways to write instants and schedules in tables.</summary>
internal static class Zones
{
    /// <summary>
    /// Zones that change their clocks in unusual ways: by half an hour, by a day, at midnight, backwards in winter, twice for Ramadan.
    /// </summary>
    public static readonly string[] Unusual =
    [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana", "Asia/Beirut",
        "Europe/Dublin", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Pyongyang", "Antarctica/Troll", "America/Sao_Paulo", "UTC",
    ];

    public static TimeZoneInfo Zone(string id) =>
        TimeZones.TryFind(id, out var zone, out var error) ? zone : throw new ArgumentException(error, nameof(id));

    /// <summary>An instant written as local time with its offset, or with Z.</summary>
    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    public static CronSchedule Cron(string expression, string zone = "UTC") => CronSchedule.Parse(expression, Zone(zone));

    /// <summary>The occurrences after one instant and before another, in the zone's local time with offset.</summary>
    public static IReadOnlyList<string> Between(ISchedule schedule, string zone, string after, string before)
    {
        var shown = new List<string>();
        for (var next = schedule.Next(At(after)); next < At(before); next = schedule.Next(next.Value))
        {
            Assert.Equal(TimeSpan.Zero, next.Value.Offset);
            shown.Add(TimeZoneInfo.ConvertTime(next.Value, Zone(zone)).ToString("MM-dd HH:mmzzz", CultureInfo.InvariantCulture));
        }

        return shown;
    }
}
