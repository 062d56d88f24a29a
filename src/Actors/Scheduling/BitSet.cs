using System.Numerics;

namespace Runner.Actors.Scheduling;

/// <summary>A set of small numbers (0 to 63) as the bits of one word.</summary>
internal static class BitSet
{
    public static bool Contains(ulong set, int value) => (set >> value & 1) != 0;

    /// <summary>The smallest member of a set that has one.</summary>
    public static int First(ulong set) => BitOperations.TrailingZeroCount(set);

    /// <summary>The smallest member that is at least <paramref name="from"/> (0 to 63), or -1.</summary>
    public static int NextAtOrAfter(ulong set, int from)
    {
        var rest = set & (ulong.MaxValue << from);
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }
}
