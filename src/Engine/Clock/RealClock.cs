using System.Diagnostics;

namespace Runner.Engine.Clock;

internal sealed class RealClock : IClock
{
#pragma warning disable RS0030 // This class is where ambient time comes in.
    public DateTimeOffset UtcNow => DateTimeOffset.UtcNow;
#pragma warning restore RS0030

    public long Timestamp => Stopwatch.GetElapsedTime(0).Ticks;
}
