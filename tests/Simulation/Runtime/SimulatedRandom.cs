using System.Numerics;

namespace Runner.Simulation.Runtime;

/// <summary>
/// xoshiro256** seeded through splitmix64: the same seed gives the same sequence on every machine and every version of .NET.
/// Not safe on several threads. Term: Blackman and Vigna, «Scrambled linear pseudorandom number generators».
/// </summary>
internal sealed class SimulatedRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <param name="seed">Any value, zero included.</param>
    public SimulatedRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>A generator of its own, so that one part's draws do not shift another's. Takes one draw from this one.</summary>
    public SimulatedRandom Fork() => new(NextUInt64());

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="maxExclusive"/>), which is 1 or more.</summary>
    public int Next(int maxExclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxExclusive, 1);
        // Multiply-shift: its bias is below 2^-32 for any int, which no test can see.
        return (int)Math.BigMul(NextUInt64(), (ulong)maxExclusive, out _);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A version-7 id (RFC 9562): 48 bits of milliseconds of <paramref name="now"/>, the rest random.</summary>
    public Guid NewGuid(DateTimeOffset now)
    {
        long milliseconds = now.ToUnixTimeMilliseconds();
        ulong a = NextUInt64();
        ulong b = NextUInt64();
        return new Guid(
            (int)(milliseconds >> 16),
            (short)milliseconds,
            (short)((a & 0x0FFF) | 0x7000),
            (byte)((b & 0x3F) | 0x80),
            (byte)(b >> 8),
            (byte)(b >> 16),
            (byte)(b >> 24),
            (byte)(b >> 32),
            (byte)(b >> 40),
            (byte)(b >> 48),
            (byte)(b >> 56));
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
