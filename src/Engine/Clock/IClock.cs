namespace Runner.Engine.Clock;

/// <summary>The two clocks of a node. Safe to read from any thread.</summary>
public interface IClock
{
    /// <summary>Wall-clock time in UTC. May step in either direction; name instants with it, never measure with it.</summary>
    DateTimeOffset UtcNow { get; }

    /// <summary>A monotonic reading in <see cref="TimeSpan"/> ticks (100 ns) from an arbitrary origin; never goes back.</summary>
    long Timestamp { get; }
}
