using System.Collections.Immutable;

namespace Runner.Messages;

/// <summary>Finds what somebody may have meant: the names that take the fewest edits to reach. Case does not count.</summary>
public static class Nearest
{
    /// <summary>Longer names than any known one by far are not worth a table of that size.</summary>
    private const int LongestName = 64;

    /// <summary>The known name a typing error or another spelling away (<c>maxDelay</c> for <c>max_delay</c>); null if none is near.</summary>
    public static string? To(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        var plain = Plain(name);
        var best = known.Select(k => (Name: k, Plain: Plain(k))).DefaultIfEmpty().MinBy(k => EditDistance.Between(plain, k.Plain));
        var tolerated = Math.Max(1, Math.Min(plain.Length, best.Plain?.Length ?? 0) / 3);
        return best.Plain is not null && EditDistance.Between(plain, best.Plain, tolerated) <= tolerated ? best.Name : null;
    }

    /// <summary>
    /// « (did you mean 'x'?)» for the name that is nearest; nothing if none is, or what was written is too long to be a misspelt name.
    /// </summary>
    public static string Hint(string written, IEnumerable<string> names) =>
        written.Length is > 0 and <= LongestName && Of(written, [.. names], 1) is [var near] ? $" (did you mean '{near}'?)" : "";

    /// <summary>
    /// Up to <paramref name="atMost"/> of the names, nearest first. A name may be met by its last part (<c>Berlin</c> for <c>Europe/Berlin</c>).
    /// More edits than a third of what was written are no likeness.
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
            var lastPart = letters[(letters.LastIndexOf('/') + 1)..];
            return Math.Min(EditDistance.Between(plain, letters, tolerated), EditDistance.Between(plain, lastPart, tolerated));
        }
    }

    private static string Plain(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
