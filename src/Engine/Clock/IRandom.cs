namespace Runner.Engine.Clock;

/// <summary>The only source of chance. The real one is safe on any thread; a simulated one belongs to the simulator's thread.</summary>
public interface IRandom
{
    /// <summary>Uniform in [0, <paramref name="maxExclusive"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxExclusive"/> is below 1.</exception>
    int Next(int maxExclusive);

    /// <summary>Uniform in [0, 1).</summary>
    double NextDouble();

    /// <summary>A version-7 id (RFC 9562): 48 bits of milliseconds of <paramref name="now"/>, the rest random.</summary>
    Guid NewGuid(DateTimeOffset now);
}
