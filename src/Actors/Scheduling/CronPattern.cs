namespace Runner.Actors.Scheduling;

/// <summary>What a cron expression says about wall clocks, with no zone: a set of local times.</summary>
internal readonly record struct CronPattern(CronTimes Times, CronDays Days)
{
    /// <summary>
    /// The first matching local time at or after <paramref name="localTicks"/> (ticks since year 1 on the wall clock; may lie
    /// outside of the calendar); null when the calendar ends first.
    /// </summary>
    public long? NextAtOrAfter(long localTicks)
    {
        var from = Math.Max(0, localTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        var (today, time) = ((int)(from / CronTimes.SecondsADay), (int)(from % CronTimes.SecondsADay));
        if (today > CronDays.LastDay)
        {
            return null;
        }

        var day = Days.NextAtOrAfter(today);
        if (day == today)
        {
            if (Times.NextAtOrAfter(time) is >= 0 and var later)
            {
                return Ticks(today, later);
            }

            day = today == CronDays.LastDay ? -1 : Days.NextAtOrAfter(today + 1);
        }

        return day < 0 ? null : Ticks(day, Times.First);
    }

    private static long Ticks(int day, int time) => (day * TimeSpan.TicksPerDay) + (time * TimeSpan.TicksPerSecond);
}
