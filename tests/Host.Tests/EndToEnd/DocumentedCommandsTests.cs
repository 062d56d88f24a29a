using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using Runner.Cli;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>What the documents tell people to type is what the program takes.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static readonly string Root = Repository.Root;

    /// <summary>Explained once for all of them.</summary>
    private static readonly string[] Shared = ["--url", "--data", "--ca-file", "--json", "--no-wait"];

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
            _commands.Subcommands.SelectMany(
                c => c.Subcommands.Count > 0 ? c.Subcommands.Select(s => (Parent: c.Name, s.Name)) : [(Parent: "runner", c.Name)]),
            c => Assert.Matches($"{(c.Parent == "runner" ? "runner" : $"(runner {c.Parent}|…)")} {c.Name}\\b", text));
    }

    public static TheoryData<string> Commands() => [.. Leaves(Program.CreateRoot(CliContext.System()), "").Select(leaf => leaf.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_of_a_command_is_explained(string command)
    {
        // Those of a node are its settings, in a document of their own. The table has what there is no section for.
        var document = command is "serve" or "node" or "config show" ? "configuration.md" : "commands.md";
        var row = File.ReadLines(Path.Combine(Root, "docs", "commands.md"))
            .FirstOrDefault(l => l.StartsWith("| `runner ", StringComparison.Ordinal)
                && Regex.IsMatch(l, $"(runner {command}|runner {command.Split(' ')[0]} .*… {command.Split(' ')[^1]})\\b"));
        Assert.True(row is not null, $"docs/commands.md has no row for `runner {command}`.");
        var text = document == "commands.md" && !row.Contains("below", StringComparison.Ordinal) ? row
            : File.ReadAllText(Path.Combine(Root, "docs", document));
        var missing = Find(command).Options.Where(o => o is not (HelpOption or VersionOption) && !Shared.Contains(o.Name)).Select(o => o.Name)
            .Where(name => !Regex.IsMatch(text, $"{name}(?![a-z-])"));
        Assert.True(!missing.Any(), $"docs/{document} does not name {string.Join(", ", missing)} of `runner {command}`.");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_has_a_help_with_an_example_and_is_completed(string command)
    {
        using var output = new MemoryStream();
        var context = new CliContext(output, Stream.Null, false, false, _ => null, SystemTime.Provider);
        await Runner.Cli.CommandLine.RunAsync(Program.CreateRoot(context), [.. command.Split(' '), "--help"], context);
        Assert.Contains(
            $"Example:\n  runner {command}", System.Text.Encoding.UTF8.GetString(output.ToArray()).Replace("source <(", "", StringComparison.Ordinal),
            StringComparison.Ordinal);

        var found = Find(command);
        Assert.Contains(command.Split(' ')[^1], Offered(command[..^command.Split(' ')[^1].Length]));
        Assert.All(found.Options.Where(o => !o.Hidden), option => Assert.Contains(option.Name, Offered($"{command} -")));
    }

    /// <summary>What a node knows is offered where it may be typed: for an argument that takes nothing else, the command says so here.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void An_argument_is_completed_or_is_no_name_of_something(string command)
    {
        string[] others = ["file", "FILE", "size", "ENTITY", "NUMBER"];
        Assert.All(Find(command).Arguments, a => Assert.True(
            a.CompletionSources.Count > 0 || others.Contains(a.Name),
            $"<{a.Name}> of `runner {command}` is not completed: make it with {nameof(ClientCommand)}.Suggest, or name it here."));
    }

    /// <summary>A command that is made and not added to the program is found by nobody.</summary>
    [Fact]
    public void Every_command_that_is_made_is_in_the_program()
    {
        var made = new[] { "src/Cli", "src/Host/Commands" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .SelectMany(
                file => MadeCommand().Matches(File.ReadAllText(file)).Select(m => (File: Path.GetRelativePath(Root, file), Name: m.Groups[1].Value)));
        var there = Everything(_commands).Select(c => c.Name).ToHashSet();
        Assert.All(made, command => Assert.True(
            there.Contains(command.Name),
            $"`{command.Name}` of {command.File} is not in the program: add it to its group, or in src/Cli/ClientCommands.cs."));
    }

    private IEnumerable<string> Offered(string line) => _commands.Parse(line).GetCompletions(line.Length).Select(c => c.Label);

    private static IEnumerable<(string Path, Command Command)> Leaves(Command at, string path) => at.Subcommands.Count == 0
        ? [(path, at)]
        : at.Subcommands.SelectMany(c => Leaves(c, path.Length == 0 ? c.Name : $"{path} {c.Name}"));

    private static IEnumerable<Command> Everything(Command at) => at.Subcommands.SelectMany(Everything).Prepend(at);

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

    [GeneratedRegex(@"(?:new Command|Command Create\(ClientCommand client\) => new)\(\s*""([a-z]+)""")]
    private static partial Regex MadeCommand();
}
