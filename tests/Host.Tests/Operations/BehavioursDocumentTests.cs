using System.Text.RegularExpressions;

namespace Runner.Host.Tests.Operations;

/// <summary>docs/behaviours.md has every behaviour that a test is named after, and no other.</summary>
public sealed partial class BehavioursDocumentTests
{
    private static readonly string[] Rows =
        [.. File.ReadAllLines(Path.Combine(Repository.Root, "docs", "behaviours.md")).Where(l => l.StartsWith("| B", StringComparison.Ordinal))];

    private static readonly (string Class, string Text)[] Tests = [.. Sources("tests")];

    private static readonly HashSet<string> Shown = [.. Tests.SelectMany(t => NumbersOfTests(t.Text))];

    [Fact]
    public void Every_number_that_is_used_stands_in_the_list() => Assert.Empty(
        Sources("src").Concat(Tests).SelectMany(s => Number().Matches(s.Text).Select(m => m.Value)).Except(Rows.Select(Listed)));

    [Fact]
    public void Every_number_of_the_list_is_shown_by_a_test_and_stands_there_once()
    {
        Assert.Empty(Rows.Select(Listed).Except(Shown));
        Assert.Equal(Rows.Select(Listed).Distinct(), Rows.Select(Listed));
    }

    [Fact]
    public void Every_class_that_is_named_has_a_test_of_the_behaviour() => Assert.All(Rows, row => Assert.All(
        ClassName().Matches(row.Split('|')[3]).Select(m => m.Value),
        name => Assert.Contains(Tests, t => t.Class == name && NumbersOfTests(t.Text).Contains(Listed(row)))));

    private static string Listed(string row) => row.Split('|')[1].Trim();

    private static IEnumerable<(string Class, string Text)> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(f => (Path.GetFileName(f).Split('.')[0], File.ReadAllText(f)));

    private static IEnumerable<string> NumbersOfTests(string text) =>
        Title().Matches(text).SelectMany(m => Number().Matches(m.Value)).Select(m => m.Value);

    [GeneratedRegex("(?<![A-Za-z0-9])B[0-9]{2}(?![A-Za-z0-9])")]
    private static partial Regex Number();

    [GeneratedRegex(@"(?:Task|void) B[0-9]{2}_\w+\(")]
    private static partial Regex Title();

    [GeneratedRegex(@"\w+")]
    private static partial Regex ClassName();
}
