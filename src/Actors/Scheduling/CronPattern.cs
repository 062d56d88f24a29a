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
        var wholeMinute = Math.Max(0, localTicks + TimeSpan.TicksPerMinute - 1) / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute;
        if (wholeMinute > DateTime.MaxValue.Ticks)
        {
            return null;
        }

        var from = new DateTime(wholeMinute);
        var today = DateOnly.FromDateTime(from);
        var day = Days.NextAtOrAfter(today);
        if (day == today)
        {
            if (Times.NextAtOrAfter(TimeOnly.FromDateTime(from)) is { } time)
            {
                return from.Date.Ticks + time.Ticks;
            }

            day = today == DateOnly.MaxValue ? null : Days.NextAtOrAfter(today.AddDays(1));
        }

        return day?.DayNumber * TimeSpan.TicksPerDay + Times.First.Ticks;
    }
}
