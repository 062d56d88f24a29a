namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// A zone's wall clocks in seconds since 0001-01-01T00:00:00, for rules: which times they never show, and when they first show the
/// others (RFC 5545, 3.3.10 and 3.3.5).
/// </summary>
internal sealed class LocalGaps(TimeZoneInfo zone)
{
    /// <summary>Seconds of the calendar.</summary>
    public const long End = DaySearch.EndOfDays * 86_400L;

    private const long Second = TimeSpan.TicksPerSecond;

    // Zone data tell single changes up to 2087 and then a yearly rule of the calendar, which repeats after 400 years.
    private const long Cycle = 146_097 * 86_400L;
    private const long FirstCycle = 766_644 * 86_400L;

    private readonly ZoneTimeline _timeline = ZoneTimeline.Of(zone);

    /// <summary>The zone has never changed its clocks, and has no gaps.</summary>
    public bool IsFixed => _timeline.IsFixed;

    /// <summary>The first whole second that clocks have not shown yet at an instant (UTC ticks).</summary>
    public long NextShown(long utc) => Math.Max(0, (_timeline.LatestShown(utc) / Second) + 1);

    /// <summary>When clocks first show a time; null when they never do, and <paramref name="resume"/> is what they show instead.</summary>
    public long? InstantOf(long local, out long resume)
    {
        resume = local;
        if (_timeline.FirstInstantOf(local * Second) is not { } utc)
        {
            resume = End;
            return null;
        }

        var shown = utc + _timeline.At(utc).Offset;
        resume = (shown + Second - 1) / Second;
        return shown == local * Second ? utc : null;
    }

    /// <summary>The instant a written time stands for: in a gap, by the offset before it (3.3.5). Null when it is outside of the calendar.</summary>
    public long? InstantOfWritten(long local)
    {
        if (InstantOf(local, out var resume) is { } utc)
        {
            return utc;
        }

        if (resume >= End || _timeline.FirstInstantOf(local * Second) is not (> 0 and var end))
        {
            return null;
        }

        var instant = (local * Second) - _timeline.At(end - 1).Offset;
        return instant is >= 0 and < ZoneTimeline.EndOfTime ? instant : null;
    }

    /// <summary>The day clocks show at an instant.</summary>
    public int DayOf(long utc) => (int)Math.Clamp((utc + _timeline.At(utc).Offset) / (Second * LocalTimes.Day), 0, DaySearch.EndOfDays);

    /// <summary>When clocks first show a time or a later one; the end of the calendar when that is outside of it.</summary>
    public long FirstInstantFrom(long local) => _timeline.FirstInstantOf(local * Second) ?? ZoneTimeline.EndOfTime;

    /// <summary>The first stretch of times that clocks skip and that has some from <paramref name="from"/> to before <paramref name="to"/>.</summary>
    public (long Start, long End)? FirstGap(long from, long to)
    {
        if (from >= FirstCycle + Cycle)
        {
            var later = (from - FirstCycle) / Cycle * Cycle;
            return FirstGap(from - later, to - later) is { } early ? (early.Start + later, early.End + later) : null;
        }

        var stretch = _timeline.At(Math.Clamp((from * Second) - ZoneTimeline.MaxOffset, 0, ZoneTimeline.EndOfTime - 1));
        while (stretch.End < ZoneTimeline.EndOfTime && stretch.LocalEnd < to * Second)
        {
            var next = _timeline.At(stretch.End);
            var shown = stretch.End + next.Offset;
            if (shown > stretch.LocalEnd && shown > from * Second)
            {
                return (stretch.LocalEnd / Second, shown / Second);
            }

            stretch = next;
        }

        return null;
    }
}
