using System.CommandLine;
using System.Text.RegularExpressions;
using Runner.Cli;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>What the documents tell people to type is what the program takes.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static readonly string Root = Repository.Root;

    private readonly RootCommand _commands = Program.CreateRoot(CliContext.System());

    public static TheoryData<string> Documents() => [.. Paths()];

    private static IEnumerable<string> Paths() =>
        Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "samples"), "runner.yaml", SearchOption.AllDirectories))
            .Append(Path.Combine(Root, "README.md"))
            .Select(d => Path.GetRelativePath(Root, d))
            .Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_in_a_document_parses_and_names_files_that_are_there(string document)
    {
        foreach (var line in CommandLines(File.ReadAllText(Path.Combine(Root, document))))
        {
            var parsed = _commands.Parse(line, new ParserConfiguration { ResponseFileTokenReplacer = null });

            Assert.True(parsed.Errors.Count == 0, $"{document}: {line}: {string.Join(", ", parsed.Errors.Select(e => e.Message))}");
            foreach (var file in line.Split(' ').Where(w => w.StartsWith("samples/", StringComparison.Ordinal)))
            {
                Assert.True(File.Exists(Path.Combine(Root, file)), $"{document}: {file} is not there.");
            }
        }
    }

    [Fact]
    public void The_documents_have_commands_to_check() =>
        Assert.True(Paths().Sum(d => CommandLines(File.ReadAllText(Path.Combine(Root, d))).Count()) >= 20);

    [Fact]
    public void The_table_of_commands_names_every_command_and_every_option_there_is()
    {
        var rows = File.ReadLines(Path.Combine(Root, "docs", "commands.md"))
            .Where(l => l.StartsWith("| `runner ", StringComparison.Ordinal))
            .Select(l => l.Replace("\\|", "|", StringComparison.Ordinal))
            .ToArray();
        foreach (var row in rows)
        {
            var command = Find(row["| `runner ".Length..]);
            Assert.All(LongOption().Matches(row).Select(m => m.Value), option => Assert.Contains(option, command.Options.Select(o => o.Name)));
        }

        var text = string.Join('\n', rows);
        Assert.All(
            _commands.Subcommands.SelectMany(c => c.Subcommands.Count > 0 ? c.Subcommands.Select(s => (Parent: c.Name, s.Name)) : [(Parent: "runner", c.Name)]),
            c => Assert.Matches($"{(c.Parent == "runner" ? "runner" : $"(runner {c.Parent}|…)")} {c.Name}\\b", text));
    }

    private Command Find(string words)
    {
        Command at = _commands;
        foreach (var word in words.Split(' ', '`'))
        {
            if (at.Subcommands.FirstOrDefault(c => c.Name == word) is not { } next)
            {
                break;
            }

            at = next;
        }

        Assert.NotSame(_commands, at);
        return at;
    }

    /// <summary>The lines that are commands, in fences and comments; without what explains them, and without usage that has gaps in it.</summary>
    private static IEnumerable<string> CommandLines(string text) => CommandLine().Matches(text)
        .Select(m => m.Groups[1].Value.Split(" #")[0].Trim())
        .Where(l => !l.Contains('…') && !l.Contains('['));

    [GeneratedRegex(@"^(?:#\s+)?(?:\./)?runner ([a-z].*)$", RegexOptions.Multiline)]
    private static partial Regex CommandLine();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex LongOption();
}
