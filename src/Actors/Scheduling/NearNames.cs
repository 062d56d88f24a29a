using System.Collections.Immutable;

namespace Runner.Actors.Scheduling;

/// <summary>Finds what somebody may have meant: the names that take the fewest edits to reach.</summary>
internal static class NearNames
{
    /// <summary>
    /// Up to <paramref name="atMost"/> of the names, nearest first. Case does not count, and a name may be met by its last part
    /// (<c>Berlin</c> for <c>Europe/Berlin</c>). More edits than a third of what was written are no likeness.
    /// </summary>
    public static ImmutableArray<string> Of(string written, ImmutableArray<string> names, int atMost)
    {
        var tolerated = Math.Max(2, written.Length / 3);
        return [.. names
            .Select(name => (name, edits: Math.Min(Edits(written, name), Edits(written, name[(name.LastIndexOf('/') + 1)..]))))
            .Where(candidate => candidate.edits <= tolerated && candidate.edits < candidate.name.Length)
            .OrderBy(candidate => candidate.edits)
            .ThenBy(candidate => candidate.name, StringComparer.Ordinal)
            .Take(atMost)
            .Select(candidate => candidate.name)];
    }

    /// <summary>Levenshtein's distance: letters to insert, delete or replace.</summary>
    private static int Edits(string from, string to)
    {
        Span<int> row = stackalloc int[to.Length + 1];
        for (var column = 0; column < row.Length; column++)
        {
            row[column] = column;
        }

        for (var line = 1; line <= from.Length; line++)
        {
            var diagonal = row[0];
            row[0] = line;
            for (var column = 1; column < row.Length; column++)
            {
                var same = char.ToLowerInvariant(from[line - 1]) == char.ToLowerInvariant(to[column - 1]);
                var replaced = diagonal + (same ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.Min(replaced, Math.Min(row[column], row[column - 1]) + 1);
            }
        }

        return row[^1];
    }
}
