using System.Text.RegularExpressions;

namespace Runner.Host.Tests.Operations;

/// <summary>docs/changing.md names tests and files that there are.</summary>
public sealed partial class ChangingDocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "changing.md"));

    [Fact]
    public void Every_test_it_names_is_there()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(f => Path.GetFileNameWithoutExtension(f), File.ReadAllText);
        var named = Test().Matches(Document);

        Assert.NotEmpty(named);
        Assert.All(
            named, test => Assert.Contains(tests[test.Groups["class"].Value], text => Regex.IsMatch(text, $@"\b{test.Groups["test"].Value}\(")));
    }

    [Fact]
    public void Every_file_it_names_is_there() => Assert.All(
        Place().Matches(Document), place => Assert.True(Path.Exists(Path.Combine(Repository.Root, place.Groups["path"].Value)), place.Value));

    [GeneratedRegex(@"\b(?<class>\w+Tests)\.(?!cs\b)(?<test>\w+)")]
    private static partial Regex Test();

    [GeneratedRegex(@"`(?<path>(?:src|tests|docs|hocon)/[\w./-]+)`")]
    private static partial Regex Place();
}
