using System.Globalization;
using System.Text.RegularExpressions;
using Runner.Cli;

namespace Runner.Host.Tests.Operations;

/// <summary>docs/operations.md says what every code means that the sources can answer with, and no other.</summary>
public sealed partial class OperationsDocumentTests
{
    private static readonly string[] Document = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "operations.md"));

    [Fact]
    public void Every_code_of_a_refusal_is_explained()
    {
        var codes = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => f.Contains("/Host/", StringComparison.Ordinal) || f.Contains("/Messages/", StringComparison.Ordinal))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => AnswerCode().Matches(File.ReadAllText(f)))
            .Select(m => m.Groups["code"].Value);

        Assert.Equal(codes.Distinct().Order(StringComparer.Ordinal), Explained().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_exit_code_is_explained()
    {
        var codes = typeof(ExitCodes).GetFields().Select(f => ((int)f.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture));

        Assert.Equal(
            codes, Document.SkipWhile(l => !l.StartsWith("| exit code", StringComparison.Ordinal)).Skip(2).Select(l => l.Split('|')[1].Trim()));
    }

    private static IEnumerable<string> Explained() => Document.SkipWhile(l => !l.StartsWith("| code", StringComparison.Ordinal)).Skip(2)
        .TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|')[1].Trim(' ', '`'));

    /// <summary>A refusal's own, one beside its status, the one that is left, and the reader's of bodies.</summary>
    [GeneratedRegex(
        """ (?: Refusal\( \s* | Status\d{3}\w+ (?: , | \s=>\s+\( ) \s* | _\s=>\s+\( | string\sCode\s=\s ) "(?<code>[a-z]+(?:-[a-z]+)*)" """,
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex AnswerCode();
}
