using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Runner.Actors.Scheduling;

/// <summary>
/// A time zone as stretches of one offset from UTC. Everything is derived from the offset at UTC instants, as the zone's
/// <see cref="ZoneFile"/> has it; where there is none, it is the one question that <see cref="TimeZoneInfo"/> answers best: its notions
/// of invalid and ambiguous local times miss changes of a zone's base offset (Pacific/Apia in 2011) and daylight time that is behind
/// (Europe/Dublin in winter).
/// Instants are UTC ticks, wall-clock times are local ticks; both may run past the calendar's ends by a day.
/// </summary>
internal sealed class ZoneTimeline
{
    /// <summary>The first tick after year 9999.</summary>
    public const long EndOfTime = 3_155_378_976_000_000_000;

    /// <summary>More than any offset: Asia/Manila was 15 h 56 min behind until 1844.</summary>
    public const long MaxOffset = 16 * TimeSpan.TicksPerHour;

    // No zone has ever changed its clocks twice within three days (Africa/Freetown did within four), so looking every other day
    // misses no change.
    private const long Look = 2 * TimeSpan.TicksPerDay;

    private static readonly ConditionalWeakTable<TimeZoneInfo, ZoneTimeline> Known = [];

    private readonly ConcurrentDictionary<int, Stretch[]> _years = new();
    private readonly TimeZoneInfo _zone;
    private readonly ZoneFile? _file;

    private ZoneTimeline(TimeZoneInfo zone)
    {
        _zone = zone;
        _file = zone == TimeZoneInfo.Utc || !zone.HasIanaId ? null : ZoneFile.Read(zone.Id);
        IsFixed = _file?.IsFixed ?? zone.GetAdjustmentRules().Length == 0;
    }

    /// <summary>The zone never changes its clocks, and never has.</summary>
    public bool IsFixed { get; }

    /// <summary>From <paramref name="Start"/> to before <paramref name="End"/>, wall clocks are <paramref name="Offset"/> ahead of UTC.</summary>
    public readonly record struct Stretch(long Start, long End, long Offset)
    {
        /// <summary>What wall clocks are about to show when the stretch ends.</summary>
        public long LocalEnd => End + Offset;
    }

    /// <summary>The timeline of a zone; schedules of the same zone share it.</summary>
    public static ZoneTimeline Of(TimeZoneInfo zone) => Known.GetValue(zone, static z => new ZoneTimeline(z));

    /// <summary>The stretch around an instant of the calendar. A stretch also ends with its year, with or without a change of offset.</summary>
    public Stretch At(long utc)
    {
        if (IsFixed)
        {
            return new Stretch(0, EndOfTime, OffsetAt(0));
        }

        var year = new DateTime(utc).Year;
        foreach (var stretch in _years.GetOrAdd(year, static (y, self) => self.Divide(y), this))
        {
            if (utc < stretch.End)
            {
                return stretch;
            }
        }

        throw new InvalidOperationException($"The stretches of {year} do not cover it."); // they do: the last ends with the year
    }

    /// <summary>
    /// The first instant at which wall clocks show <paramref name="local"/> or later: the time itself, its first pass when it
    /// repeats, or the end of the gap it falls into. Null when it lies outside of the calendar.
    /// </summary>
    public long? FirstInstantOf(long local)
    {
        var utc = Math.Max(0, local - MaxOffset);
        while (utc < EndOfTime)
        {
            var stretch = At(utc);
            if (local < stretch.LocalEnd)
            {
                return Math.Max(utc, local - stretch.Offset);
            }

            utc = stretch.End;
        }

        return null;
    }

    /// <summary>The latest time wall clocks have shown up to and including an instant; later than the time they show while an hour repeats.</summary>
    public long LatestShown(long utc)
    {
        var latest = long.MinValue;
        var stretch = At(Math.Max(0, utc - (2 * MaxOffset)));
        while (stretch.End <= utc)
        {
            latest = Math.Max(latest, stretch.LocalEnd - 1);
            stretch = At(stretch.End);
        }

        return Math.Max(latest, utc + stretch.Offset);
    }

    private Stretch[] Divide(int year)
    {
        var stretches = new List<Stretch>(3);
        var start = new DateTime(year, 1, 1).Ticks;
        var end = year == DateTime.MaxValue.Year ? EndOfTime : new DateTime(year + 1, 1, 1).Ticks;
        foreach (var change in _file?.ChangesBetween(start, end) ?? FindChanges(start, end))
        {
            // A file also tells changes of the name alone, and from one rule to another with the same offset.
            if (OffsetAt(change) != OffsetAt(start))
            {
                stretches.Add(new Stretch(start, change, OffsetAt(start)));
                start = change;
            }
        }

        stretches.Add(new Stretch(start, end, OffsetAt(start)));
        return [.. stretches];
    }

    private IEnumerable<long> FindChanges(long start, long end)
    {
        for (var seen = start; seen < end - 1;)
        {
            var next = Math.Min(seen + Look, end - 1);
            if (OffsetAt(next) != OffsetAt(seen))
            {
                next = FindChange(seen, next);
                yield return next;
            }

            seen = next;
        }
    }

    /// <summary>The first tick with the offset of <paramref name="after"/>, which differs from that of <paramref name="before"/>.</summary>
    private long FindChange(long before, long after)
    {
        var old = OffsetAt(before);
        while (after - before > 1)
        {
            var middle = before + ((after - before) / 2);
            (before, after) = OffsetAt(middle) == old ? (middle, after) : (before, middle);
        }

        return after;
    }

    private long OffsetAt(long utc) => _file?.OffsetAt(utc) ?? _zone.GetUtcOffset(new DateTime(utc, DateTimeKind.Utc)).Ticks;
}
