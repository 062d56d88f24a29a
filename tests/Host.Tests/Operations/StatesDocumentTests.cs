using System.Text.RegularExpressions;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Operations;

/// <summary>The documents name the states that there are.</summary>
public sealed partial class StatesDocumentTests
{
    private static readonly string[] Names = [.. StateNames.All.Select(s => s.Name)];
    private static readonly string[] Document = Lines("states.md");

    [Fact]
    public void The_table_of_states_is_the_codes()
    {
        var rows = Document.SkipWhile(l => !l.StartsWith("| type", StringComparison.Ordinal)).Skip(2).TakeWhile(l => l.StartsWith('|'))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToList();
        var types = StateNames.All.Select(s => s.Type).Distinct().ToList();

        Assert.Equal(types.Select(t => t.ToString().ToUpperInvariant()), rows.Select(r => r[1]));
        Assert.All(types.Zip(rows), row =>
        {
            Assert.Equal(
                StateNames.Of(row.First).Order(StringComparer.Ordinal),
                Remark().Replace(row.Second[2], "").Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));
            Assert.Equal(row.First.HasProcess() ? "yes" : "no", row.Second[4]);
        });
        var last = types.Count(t => t.IsTerminal());
        Assert.All(types[^last..], t => Assert.True(t.IsTerminal()));
        Assert.Equal(4, last);
        Assert.Contains(Document, l => l.StartsWith("The last four are terminal", StringComparison.Ordinal));
    }

    [Fact]
    public void The_picture_of_states_has_each_of_them_and_no_end_that_is_none()
    {
        var arrows = Document.SelectMany(l => Arrow().Matches(l)).Select(m => (From: m.Groups["from"].Value, To: m.Groups["to"].Value)).ToList();

        Assert.Equal(Names.Order(StringComparer.Ordinal), arrows.Select(a => a.To).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            StateNames.All.Where(s => s.Type.IsTerminal()).Select(s => s.Name).Order(StringComparer.Ordinal),
            arrows.Select(a => a.To).Except(arrows.Select(a => a.From)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_ends_that_are_counted_are_documented() => Assert.Equal(
        StateNames.All.Where(s => s.Type.IsTerminal()).Select(s => s.Name),
        Quoted().Matches(Lines("telemetry.md").Single(l => l.StartsWith("| `runner.runs.ended`", StringComparison.Ordinal)).Split('|')[4])
            .Select(m => m.Groups[1].Value).Skip(1));

    [Fact]
    public void What_a_list_of_scheduled_runs_has_is_documented() => Assert.Contains(
        $"(`Scheduled`: also {string.Join(", ", StateNames.Of(StateType.Scheduled).Skip(1).Select(n => $"`{n}`"))};",
        string.Join(' ', Lines("http-api.md")), StringComparison.Ordinal);

    private static string[] Lines(string document) => File.ReadAllLines(Path.Combine(Repository.Root, "docs", document));

    [GeneratedRegex(@"^ +(?<from>\[\*\]|\w+) --> (?<to>\w+):")]
    private static partial Regex Arrow();

    [GeneratedRegex(@" \([^)]*\)")]
    private static partial Regex Remark();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
