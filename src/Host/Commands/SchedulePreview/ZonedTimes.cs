using System.Globalization;
using Runner.Actors.Scheduling;
using Runner.Messages;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>Instants as RFC 3339 writes them on the wall clocks of a zone.</summary>
internal static class ZonedTimes
{
    /// <summary>The largest offset that .NET writes, in either direction.</summary>
    private const int LargestOffset = 14;

    /// <summary>
    /// Such as <c>2026-03-08T03:00:00-04:00</c>; a fraction only where there is one, without zeros at its end. In UTC with a <c>Z</c> where the
    /// zone's time cannot be written: with an offset that has seconds or is beyond 14 hours, or past the calendar's ends.
    /// </summary>
    public static string Format(DateTimeOffset at, TimeZoneInfo zone)
    {
        var offset = TimeZones.OffsetAt(zone, at);
        return offset.Seconds == 0 && offset.Duration().TotalHours <= LargestOffset && WallClock(at, zone) is not null
            ? InstantText.WithOffset(at.ToOffset(offset))
            : InstantText.Utc(at);
    }

    /// <summary>What wall clocks show; null past the calendar's ends.</summary>
    public static DateTime? WallClock(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = at.UtcTicks + TimeZones.OffsetAt(zone, at).Ticks;
        return local >= DateTime.MinValue.Ticks && local <= DateTime.MaxValue.Ticks ? new DateTime(local) : null;
    }

    /// <summary>How far wall clocks are ahead of UTC, such as <c>-04:00</c>; with seconds where there are some (<c>-00:25:21</c>).</summary>
    public static string Offset(DateTimeOffset at, TimeZoneInfo zone)
    {
        var offset = TimeZones.OffsetAt(zone, at);
        return (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(offset.Seconds == 0 ? @"hh\:mm" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
    }
}
