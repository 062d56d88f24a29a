using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>Times of a day: each of some seconds of each of some minutes of each of some hours. A time is a second of the day.</summary>
/// <param name="Hours">Bits 0 to 23; at least one.</param>
/// <param name="Minutes">Bits 0 to 59; at least one.</param>
/// <param name="Seconds">Bits 0 to 59; at least one.</param>
internal readonly record struct TimesOfDay(ulong Hours, ulong Minutes, ulong Seconds)
{
    public const ulong AllHours = (1UL << 24) - 1;
    public const ulong Sixty = (1UL << 60) - 1;

    /// <summary>How many there are.</summary>
    public int Count => BitOperations.PopCount(Hours) * PerHour;

    private int PerHour => BitOperations.PopCount(Minutes) * BitOperations.PopCount(Seconds);

    /// <summary>The first at or after a second of the day; -1 when there is none.</summary>
    public int NextAtOrAfter(int from)
    {
        var (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        if (BitSet.Contains(Hours, hour))
        {
            if (BitSet.Contains(Minutes, minute) && BitSet.NextAtOrAfter(Seconds, second) is >= 0 and var match)
            {
                return from - second + match;
            }

            if (BitSet.NextAtOrAfter(Minutes, minute + 1) is >= 0 and var later)
            {
                return (hour * 3600) + (later * 60) + First(Seconds);
            }
        }

        var next = BitSet.NextAtOrAfter(Hours, hour + 1);
        return next < 0 ? -1 : (next * 3600) + (First(Minutes) * 60) + First(Seconds);
    }

    /// <summary>How many come before a second of the day (up to 86,400).</summary>
    public int Before(int time)
    {
        var (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        var count = Below(Hours, hour) * PerHour;
        if (BitSet.Contains(Hours, hour))
        {
            count += Below(Minutes, minute) * BitOperations.PopCount(Seconds);
            count += BitSet.Contains(Minutes, minute) ? Below(Seconds, second) : 0;
        }

        return count;
    }

    /// <summary>The one that <paramref name="index"/> others come before.</summary>
    public int At(int index)
    {
        var seconds = BitOperations.PopCount(Seconds);
        return (Nth(Hours, index / PerHour) * 3600) + (Nth(Minutes, index % PerHour / seconds) * 60) + Nth(Seconds, index % seconds);
    }

    /// <summary>
    /// The last of a run of times that follow one another second by second, from one of them on; a run past a minute or hour has all of them.
    /// </summary>
    public int EndOfRun(int time)
    {
        var (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        return Seconds != Sixty ? time - second + Gap(Seconds, second) - 1
            : Minutes != Sixty ? (((hour * 60) + Gap(Minutes, minute)) * 60) - 1
            : (Gap(Hours, hour) * 3600) - 1;
    }

    /// <summary>The first value from one on that is not in a set.</summary>
    private static int Gap(ulong set, int from) => BitOperations.TrailingZeroCount(~(set >> from)) + from;

    private static int First(ulong set) => BitOperations.TrailingZeroCount(set);

    private static int Below(ulong set, int value) => BitOperations.PopCount(set & ((1UL << value) - 1));

    private static int Nth(ulong set, int index)
    {
        for (; index > 0; index--)
        {
            set &= set - 1;
        }

        return First(set);
    }
}
