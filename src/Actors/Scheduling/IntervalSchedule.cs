using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Scheduling;

/// <summary>
/// Every so often, counted from an anchor in both directions: <c>anchor + n × interval</c> for every integer n.
/// Whole multiples of a day go by the calendar: the anchor's wall-clock time in the zone, every so many days; a time in a gap of
/// the clocks moves to the gap's end, a repeated one is its first pass (but the anchor is the instant it is). Every other interval
/// is elapsed time.
/// </summary>
public sealed class IntervalSchedule : ISchedule
{
    /// <summary>The shortest interval accepted.</summary>
    public static readonly TimeSpan Shortest = ScheduleSpec.ShortestInterval;

    /// <summary>The longest interval accepted: ten years with three leap days.</summary>
    public static readonly TimeSpan Longest = ScheduleSpec.LongestInterval;

    private readonly ZoneTimeline? _calendar;
    private readonly long _origin;

    /// <summary>Describes a schedule.</summary>
    /// <param name="interval">From <see cref="Shortest"/> to <see cref="Longest"/>.</param>
    /// <param name="anchor">An occurrence (for whole days: the wall-clock time it shows in <paramref name="zone"/>), past or future.</param>
    /// <param name="zone">Whose calendar whole days go by.</param>
    /// <exception cref="ScheduleFormatException">The interval is too short or too long.</exception>
    public IntervalSchedule(TimeSpan interval, DateTimeOffset anchor, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        if (interval < Shortest || interval > Longest)
        {
            throw new ScheduleFormatException(
                "interval", $"{DurationText.Format(interval)} is too {(interval < Shortest ? "short" : "long")}",
                "from 100 milliseconds to 3653 days (ten years)");
        }

        Interval = interval;
        Anchor = anchor;
        Zone = zone;
        _calendar = interval.Ticks % TimeSpan.TicksPerDay == 0 ? ZoneTimeline.Of(zone) : null;
        _origin = anchor.UtcTicks + (_calendar?.At(anchor.UtcTicks).Offset ?? 0);
    }

    /// <summary>The distance between occurrences.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Where counting starts; occurrences reach before it, too.</summary>
    public DateTimeOffset Anchor { get; }

    /// <summary>Whose calendar whole days go by.</summary>
    public TimeZoneInfo Zone { get; }

    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var next = _calendar is null ? FirstOnGridAfter(after.UtcTicks) : NextByCalendar(_calendar, after.UtcTicks);
        return next < ZoneTimeline.EndOfTime ? new DateTimeOffset(next.Value, TimeSpan.Zero) : null;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) =>
        _calendar is not null && (occurrence.UtcTicks + _calendar.At(occurrence.UtcTicks).Offset - _origin) % Interval.Ticks != 0;

    /// <inheritdoc/>
    public override string ToString() => $"every {Interval:c} from {Anchor:O} ({Zone.Id})";

    /// <summary>At most a few steps: the first wall-clock time tried is less than two days early.</summary>
    private long? NextByCalendar(ZoneTimeline calendar, long after)
    {
        var local = FirstOnGridAfter(after - ZoneTimeline.MaxOffset);
        var utc = InstantOf(calendar, local);
        while (utc <= after)
        {
            local += Interval.Ticks;
            utc = InstantOf(calendar, local);
        }

        return utc;
    }

    /// <summary>The anchor is an occurrence itself, even when it is the second pass of a repeated time.</summary>
    private long? InstantOf(ZoneTimeline calendar, long local) => local == _origin ? Anchor.UtcTicks : calendar.FirstInstantOf(local);

    private long FirstOnGridAfter(long ticks)
    {
        var past = (ticks - _origin) % Interval.Ticks;
        return ticks - past + (past < 0 ? 0 : Interval.Ticks);
    }
}
