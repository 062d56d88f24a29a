using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>
/// A cron expression on the wall clocks of a time zone, with a resolution of one second.
/// <para>
/// Fields are second (0–59, left out for 0), minute (0–59), hour (0–23), day-of-month (1–31), month (1–12 or jan–dec) and
/// day-of-week (0–7 or sun–sat, 0 and 7 are Sunday), each <c>*</c> or a list of values, ranges (<c>1-5</c>; <c>fri-mon</c> runs
/// past the end of the week) and steps (<c>*/5</c>, <c>10-50/7</c>, <c>3/10</c> for «from 3 on»). A day of the month may count
/// from the month's end (<c>L</c>, <c>L-3</c>) or be the nearest Monday to Friday (<c>15W</c>, <c>LW</c>, <c>L-3W</c>), which is
/// always in the same month; a weekday may be the month's last (<c>friL</c>) or nth (<c>fri#2</c>), and <c>L</c> alone is Saturday.
/// Day fields may be <c>?</c>, the same as <c>*</c>. When both day fields restrict (are neither <c>*</c>, <c>?</c> nor <c>*/1</c>),
/// a day matches when either does. Macros: @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
/// </para>
/// <para>
/// When clocks jump forward, the occurrences in the gap run once, at its end. When clocks go back, a fixed time in the repeated
/// hour runs in its first pass only, a recurring pattern (<c>*</c>, a range or a step in seconds, minutes or hours) in both.
/// </para>
/// </summary>
public sealed class CronSchedule : ISchedule
{
    private const long Day = TimeSpan.TicksPerDay;

    private readonly CronPattern _pattern;
    private readonly ZoneTimeline _timeline;

    private CronSchedule(string expression, TimeZoneInfo zone, CronPattern pattern)
    {
        Expression = expression;
        Zone = zone;
        _pattern = pattern;
        _timeline = ZoneTimeline.Of(zone);
    }

    /// <summary>As it was written.</summary>
    public string Expression { get; }

    /// <summary>Whose wall clocks the expression is about.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="dayOr">When both day fields restrict: whether a day matches when either does, as in cron, or only when both do.</param>
    /// <exception cref="ScheduleFormatException">It has no meaning, or no day ever matches it (<c>0 0 31 2 *</c>).</exception>
    public static CronSchedule Parse(string expression, TimeZoneInfo zone, bool dayOr = true)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return CronParser.Read(expression, dayOr, out var error) is { } pattern
            ? new CronSchedule(expression, zone, pattern)
            : throw error!;
    }

    /// <summary>Reads an expression; when it is refused, <paramref name="error"/> is what <see cref="Parse"/> would have said.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? expression,
        TimeZoneInfo zone,
        [NotNullWhen(true)] out CronSchedule? schedule,
        [NotNullWhen(false)] out string? error,
        bool dayOr = true)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var pattern = CronParser.Read(expression, dayOr, out var refusal);
        schedule = pattern is null ? null : new CronSchedule(expression!, zone, pattern.Value);
        error = refusal?.Message;
        return schedule is not null;
    }

    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var next = _pattern.Times.Recurring ? NextOfRhythm(after.UtcTicks) : NextOfFixedTimes(after.UtcTicks);
        return next is { } utc ? new DateTimeOffset(utc, TimeSpan.Zero) : null;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence)
    {
        var local = occurrence.UtcTicks + _timeline.At(occurrence.UtcTicks).Offset;
        return _pattern.NextAtOrAfter(local) != local;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Expression} ({Zone.Id})";

    /// <summary>Each matching wall-clock time occurs when clocks first reach it.</summary>
    private long? NextOfFixedTimes(long after) =>
        _pattern.NextAtOrAfter(_timeline.LatestShown(after) + 1) is { } local ? _timeline.FirstInstantOf(local) : null;

    /// <summary>Each instant occurs at which clocks show a matching time, and each end of a gap that swallowed one.</summary>
    private long? NextOfRhythm(long after)
    {
        var utc = after;
        var stretch = _timeline.At(utc);
        var local = utc + stretch.Offset + 1;
        while (true)
        {
            var match = _pattern.NextAtOrAfter(local);
            if (match < stretch.LocalEnd)
            {
                return match - stretch.Offset;
            }

            var end = stretch.End;
            if (end >= ZoneTimeline.EndOfTime)
            {
                return null;
            }

            stretch = _timeline.At(end);
            if (match < end + stretch.Offset)
            {
                return end;
            }

            // Instants and the wall-clock times that cause them are less than two days apart. So once a repeated hour just ahead
            // is ruled out, nothing occurs before two days to the match, and its year's clock changes are all that matter.
            var skipTo = (match ?? ZoneTimeline.EndOfTime + Day) - (2 * Day);
            var skips = end - utc > 2 * Day && skipTo > end;
            utc = skips ? skipTo : end;
            stretch = skips ? _timeline.At(utc) : stretch;
            local = utc + stretch.Offset;
        }
    }
}
