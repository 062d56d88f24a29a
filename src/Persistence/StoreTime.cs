namespace Runner.Persistence;

/// <summary>
/// How stores keep times: wake-ups in Unix milliseconds, events in ticks of 100 ns since the year 1, as Akka.Persistence.Sql does; all in UTC.
/// </summary>
internal static class StoreTime
{
    private static readonly long LastMillisecond = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The first whole millisecond at or after <paramref name="at"/>: an alarm may ring late, never early.</summary>
    public static long CeilingMilliseconds(DateTimeOffset at)
    {
        long floor = FloorMilliseconds(at);
        return at.UtcTicks % TimeSpan.TicksPerMillisecond == 0 || floor == LastMillisecond ? floor : floor + 1;
    }

    /// <summary>The last whole millisecond at or before <paramref name="at"/>.</summary>
    public static long FloorMilliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds();

    /// <summary>Exact; an event read back has the same instant, so a replay decides as the first run did.</summary>
    public static long ToTicks(DateTimeOffset at) => at.UtcTicks;

    /// <summary>What is wrong with an event whose time is none.</summary>
    public const string NoTime = "has a time that is none";

    /// <summary>The inverse of <see cref="ToTicks"/>, in UTC; null for what is no time.</summary>
    public static DateTimeOffset? TryFromTicks(long ticks) =>
        ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>A time in Unix milliseconds; what is none, since it was damaged, counts as the nearest that is one.</summary>
    public static DateTimeOffset FromMilliseconds(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), LastMillisecond));
}
