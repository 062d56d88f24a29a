using Runner.Host.Configuration;

namespace Runner.Host.Tests.Configuration;

/// <summary>docs/configuration.md and the code say the same.</summary>
public sealed class ConfigurationDocumentTests
{
    [Fact]
    public void The_table_of_settings_is_what_the_code_says_and_what_there_is_to_add()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "configuration.md"))
            .Where(l => l.StartsWith("| `runner.", StringComparison.Ordinal))
            .Select(l => l.Replace("`", "", StringComparison.Ordinal)).ToList();

        Assert.Equal(NodeSetting.All.Select(s => $"| {s.Path} |"), rows.Select(r => r[..(r.IndexOf('|', 1) + 1)]));
        Assert.All(NodeSetting.All.Zip(rows), row => Assert.StartsWith(Row(row.First), row.Second, StringComparison.Ordinal));
    }

    /// <summary>All but remarks at the end, without marks of code.</summary>
    private static string Row(NodeSetting setting)
    {
        var flag = setting.Flag switch
        {
            null => "",
            (var name, null) => $"{name} (serve) ",
            var (name, value) => $"{name} {value} ",
        };
        var variables = setting.Standard is { } standard ? $"{setting.Variable}, else {standard}" : setting.Variable;
        return $"| {setting.Path} | {flag}| {variables} | {setting.OtherwiseSays ?? setting.Otherwise ?? "none"} | "
            + $"{setting.Sentence.Replace("`", "", StringComparison.Ordinal)}";
    }
}
