using System.Collections.Immutable;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>A list of positions, counted from the start (1, 2, …) or from the end (-1, -2, …) of something.</summary>
internal sealed class SignedSet
{
    private readonly ulong[] _fromStart;
    private readonly ulong[] _fromEnd;

    /// <param name="values">None of them 0.</param>
    /// <param name="max">The largest position, either way.</param>
    public SignedSet(IEnumerable<int> values, int max)
    {
        Values = [.. values.Distinct().Order()];
        _fromStart = new ulong[(max / 64) + 1];
        _fromEnd = new ulong[(max / 64) + 1];
        foreach (var value in Values)
        {
            (value > 0 ? _fromStart : _fromEnd)[Math.Abs(value) / 64] |= 1UL << Math.Abs(value);
        }
    }

    /// <summary>All of them, in order.</summary>
    public ImmutableArray<int> Values { get; }

    /// <summary>The positions below 64 from the start, as bits.</summary>
    public ulong FromStart => _fromStart[0];

    /// <summary>The positions below 64 from the end, as bits.</summary>
    public ulong FromEnd => _fromEnd[0];

    /// <summary>Whether the <paramref name="position"/>th of <paramref name="count"/> is one of them, from either end.</summary>
    public bool Holds(int position, int count) => Has(_fromStart, position) || Has(_fromEnd, count + 1 - position);

    private static bool Has(ulong[] set, int position) => (set[position / 64] >> position & 1) != 0;
}
