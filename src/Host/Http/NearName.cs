namespace Runner.Host.Http;

/// <summary>Finds the known name that somebody may have meant.</summary>
internal static class NearName
{
    /// <summary>« Did you mean 'x'?», or nothing if no name is near (more edits than a third of what was written).</summary>
    public static string Hint(string written, IEnumerable<string> names)
    {
        var tolerated = Math.Max(2, written.Length / 3);
        var near = written.Length > 100 ? null : names
            .Select(name => (name, edits: Edits(written, name)))
            .Where(n => n.edits <= tolerated && n.edits < n.name.Length)
            .OrderBy(n => n.edits)
            .ThenBy(n => n.name, StringComparer.Ordinal)
            .Select(n => n.name)
            .FirstOrDefault();
        return near is null ? "" : $" Did you mean '{near}'?";
    }

    /// <summary>Levenshtein's distance, case aside.</summary>
    private static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var line = 1; line <= from.Length; line++)
        {
            var diagonal = row[0];
            row[0] = line;
            for (var column = 1; column < row.Length; column++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(from[line - 1]) == char.ToLowerInvariant(to[column - 1]) ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.Min(replaced, Math.Min(row[column], row[column - 1]) + 1);
            }
        }

        return row[^1];
    }
}
