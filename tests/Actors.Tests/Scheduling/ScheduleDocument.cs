namespace Runner.Actors.Tests.Scheduling;

/// <summary>docs/schedules.md, whose tables are checked.</summary>
internal static class ScheduleDocument
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(FindRoot(), "docs", "schedules.md"));

    /// <summary>The cells of every row of the tables whose header starts so, without backticks.</summary>
    public static IReadOnlyList<string[]> Table(string header)
    {
        var rows = new List<string[]>();
        for (var line = 0; line < Lines.Length; line++)
        {
            if (Lines[line].StartsWith(header, StringComparison.Ordinal))
            {
                rows.AddRange(Lines.Skip(line + 2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|')[1..^1].Select(cell => cell.Trim().Trim('`')).ToArray()));
            }
        }

        Assert.NotEmpty(rows);
        return rows;
    }

    /// <summary>The checkout that the tests were built in.</summary>
    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Runner.Actors.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
