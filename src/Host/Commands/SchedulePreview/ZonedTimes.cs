using System.Globalization;
using Runner.Actors.Scheduling;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>Instants as RFC 3339 writes them on the wall clocks of a zone.</summary>
internal static class ZonedTimes
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Such as <c>2026-03-08T03:00:00-04:00</c>; a fraction only where there is one, without zeros at its end. In UTC with a <c>Z</c> where RFC 3339
    /// cannot write the zone's time: with an offset that has seconds, or past the calendar's ends.
    /// </summary>
    public static string Format(DateTimeOffset at, TimeZoneInfo zone) => In(at, zone) is { } local
        ? local.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture)
        : at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>What wall clocks show, with their offset; null where that cannot be said in minutes or lies past the calendar's ends.</summary>
    public static DateTimeOffset? In(DateTimeOffset at, TimeZoneInfo zone)
    {
        var offset = TimeZones.OffsetAt(zone, at);
        var local = at.UtcTicks + offset.Ticks;
        return offset.Ticks % Minute.Ticks == 0 && local >= DateTimeOffset.MinValue.Ticks && local <= DateTimeOffset.MaxValue.Ticks ? at.ToOffset(offset) : null;
    }
}
