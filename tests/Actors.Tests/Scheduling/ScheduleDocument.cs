namespace Runner.Actors.Tests.Scheduling;

/// <summary>docs/schedules.md, whose tables are checked.</summary>
internal static class ScheduleDocument
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "schedules.md"));

    /// <summary>The cells of every row of the tables whose header starts so, without backticks.</summary>
    public static IReadOnlyList<string[]> Table(string header)
    {
        var rows = new List<string[]>();
        for (var line = 0; line < Lines.Length; line++)
        {
            if (Lines[line].StartsWith(header, StringComparison.Ordinal))
            {
                rows.AddRange(Lines.Skip(line + 2).TakeWhile(l => l.StartsWith('|'))
                    .Select(l => l.Split('|')[1..^1].Select(cell => cell.Trim().Trim('`')).ToArray()));
            }
        }

        Assert.NotEmpty(rows);
        return rows;
    }
}
