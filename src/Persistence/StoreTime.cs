using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>How stores keep times: wake-ups in Unix milliseconds, events in ticks of 100 ns since the year 1, as Akka.Persistence.Sql does; all in UTC.</summary>
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

    /// <summary>The inverse of <see cref="ToTicks"/>, in UTC.</summary>
    public static DateTimeOffset FromTicks(long ticks) => new(ticks, TimeSpan.Zero);
}
