namespace Runner.Actors.Scheduling;

/// <summary>The times of day of a cron expression. A field of seconds would be a third set here.</summary>
/// <param name="Hours">Bits 0 to 23; never empty.</param>
/// <param name="Minutes">Bits 0 to 59; never empty.</param>
/// <param name="Recurring">
/// The expression describes a rhythm (<c>*</c>, a range or a step in minutes or hours) and not times on a clock; the two
/// differ when a clock change repeats an hour.
/// </param>
internal readonly record struct CronTimes(uint Hours, ulong Minutes, bool Recurring)
{
    /// <summary>The first matching time of a day, since midnight.</summary>
    public TimeSpan First => At(BitSet.NextAtOrAfter(Hours, 0), BitSet.NextAtOrAfter(Minutes, 0));

    /// <summary>The first matching time at or after <paramref name="from"/> on the same day, since midnight; null when the day has no more.</summary>
    public TimeSpan? NextAtOrAfter(TimeOnly from)
    {
        if (BitSet.Contains(Hours, from.Hour))
        {
            var minute = BitSet.NextAtOrAfter(Minutes, from.Minute);
            if (minute >= 0)
            {
                return At(from.Hour, minute);
            }
        }

        var hour = BitSet.NextAtOrAfter(Hours, from.Hour + 1);
        return hour < 0 ? null : At(hour, BitSet.NextAtOrAfter(Minutes, 0));
    }

    private static TimeSpan At(int hour, int minute) => new(hour, minute, 0);
}
