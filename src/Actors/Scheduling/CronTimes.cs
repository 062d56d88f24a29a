namespace Runner.Actors.Scheduling;

/// <summary>The times of day of a cron expression. Times are in seconds since midnight.</summary>
/// <param name="Hours">Bits 0 to 23; never empty.</param>
/// <param name="Minutes">Bits 0 to 59; never empty.</param>
/// <param name="Seconds">Bits 0 to 59; never empty. Only bit 0 where an expression has five fields.</param>
/// <param name="Recurring">
/// The expression describes a rhythm (<c>*</c>, a range or a step in seconds, minutes or hours) and not times on a clock; the
/// two differ when a clock change repeats an hour.
/// </param>
internal readonly record struct CronTimes(uint Hours, ulong Minutes, ulong Seconds, bool Recurring)
{
    public const int SecondsADay = 24 * 60 * 60;

    /// <summary>The first matching time of a day.</summary>
    public int First => At(BitSet.First(Hours));

    /// <summary>The first matching time at or after <paramref name="from"/> on the same day; -1 when the day has no more.</summary>
    public int NextAtOrAfter(int from)
    {
        var (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        if (BitSet.Contains(Hours, hour))
        {
            if (BitSet.Contains(Minutes, minute) && BitSet.NextAtOrAfter(Seconds, second) is >= 0 and var later)
            {
                return At(hour, minute, later);
            }

            if (BitSet.NextAtOrAfter(Minutes, minute + 1) is >= 0 and var next)
            {
                return At(hour, next, BitSet.First(Seconds));
            }
        }

        return BitSet.NextAtOrAfter(Hours, hour + 1) is >= 0 and var first ? At(first) : -1;
    }

    private int At(int hour) => At(hour, BitSet.First(Minutes), BitSet.First(Seconds));

    private static int At(int hour, int minute, int second) => (((hour * 60) + minute) * 60) + second;
}
