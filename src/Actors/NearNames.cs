using System.Collections.Immutable;
using Runner.Messages;

namespace Runner.Actors;

/// <summary>Finds what somebody may have meant: the names that take the fewest edits to reach.</summary>
internal static class NearNames
{
    private const int LongestName = 64;

    /// <summary>« (did you mean 'x'?)» for the name that is nearest; nothing if none is, or what was written is too long to be a misspelt name.</summary>
    public static string Hint(string written, IEnumerable<string> names) =>
        written.Length is > 0 and <= LongestName && Of(written, [.. names], 1) is [var near] ? $" (did you mean '{near}'?)" : "";

    /// <summary>
    /// Up to <paramref name="atMost"/> of the names, nearest first. Case does not count, and a name may be met by its last part
    /// (<c>Berlin</c> for <c>Europe/Berlin</c>). More edits than a third of what was written are no likeness.
    /// </summary>
    public static ImmutableArray<string> Of(string written, ImmutableArray<string> names, int atMost)
    {
        var tolerated = Math.Max(2, written.Length / 3);
        var plain = written.ToLowerInvariant();
        return [.. names
            .Select(name => (name, edits: Edits(name)))
            .Where(candidate => candidate.edits <= tolerated && candidate.edits < candidate.name.Length)
            .OrderBy(candidate => candidate.edits)
            .ThenBy(candidate => candidate.name, StringComparer.Ordinal)
            .Take(atMost)
            .Select(candidate => candidate.name)];

        int Edits(string name)
        {
            Span<char> lower = stackalloc char[LongestName];
            var letters = lower[..name.AsSpan(0, Math.Min(name.Length, LongestName)).ToLowerInvariant(lower)];
            return Math.Min(EditDistance.Between(plain, letters, tolerated), EditDistance.Between(plain, letters[(letters.LastIndexOf('/') + 1)..], tolerated));
        }
    }
}
