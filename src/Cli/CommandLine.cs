using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages;

namespace Runner.Cli;

/// <summary>Runs the command line of the program: the same answers to wrong usage, errors and help for every command.</summary>
public static class CommandLine
{
    /// <summary>What people call the program.</summary>
    public const string Name = "runner";

    private static readonly ConditionalWeakTable<Command, string> Examples = [];

    /// <summary>Adds a line to the command's help that shows how it is used.</summary>
    public static T WithExample<T>(this T command, string example)
        where T : Command
    {
        Examples.AddOrUpdate(command, example);
        return command;
    }

    /// <summary>
    /// Parses and runs. Wrong usage is 2 with a hint at the help; an exception that reaches here is printed as one sentence, and is 1.
    /// Signals are left to the commands.
    /// </summary>
    public static async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> args, CliContext context)
    {
        SetHelp(root);
        // «--parameters @FILE» is ours, not the parser's response file.
        var parsed = root.Parse(SharedOptions.BehindTheCommand(root, args), new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = PathOf(parsed.CommandResult.Command, root);
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpWithExample or SynchronousCommandLineAction { ClearsParseErrors: true }))
        {
            Errors.PrintUsage(context, Messages(parsed), command);
            return ExitCodes.Usage;
        }

        return await InvokeAsync(parsed, command, context).ConfigureAwait(false);
    }

    private static void SetHelp(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExample((HelpAction)option.Action!);

            // Another system's habit: here these are paths, and nothing to offer for completion.
            option.Aliases.Remove("/h");
            option.Aliases.Remove("/?");
        }
    }

    private static async Task<int> InvokeAsync(ParseResult parsed, string command, CliContext context)
    {
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = context.Out,
            Error = context.Error,
        };
        try
        {
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            if (!Errors.TryPrint(context, e, command, out var code))
            {
                Errors.Print(context, e is IOException or UnauthorizedAccessException ? e.Message
                    : $"a fault of runner itself, worth a report: {e.GetType().Name}: {e.Message}");
                if (!string.IsNullOrEmpty(context.Variable("RUNNER_TRACE")))
                {
                    context.WriteErrorLine(e.ToString());
                }
            }

            return code;
        }
        finally
        {
            if (!context.IsAbandoned)
            {
                await context.Out.FlushAsync().ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<string> Messages(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var stray = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (stray is not null && command.Subcommands.Count > 0 && !stray.StartsWith('-'))
        {
            var near = Nearest.To(stray, command.Subcommands.Select(c => c.Name));
            return [$"'{stray}' is not a command{(near is null ? "." : $"; did you mean '{near}'?")}"];
        }

        if (stray is not null && stray.StartsWith('-'))
        {
            var name = stray.Split('=', ':')[0];
            if (command.Options.FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name)) is not null)
            {
                return [$"'{name}' is an option of `{PathOf(command, (RootCommand)parsed.RootCommandResult.Command)}`: write it behind the command."];
            }

            var near = Nearest.To(name, command.Options.Select(o => o.Name));
            return [$"'{stray}' is not an option here{(near is null ? "." : $"; did you mean '{near}'?")}"];
        }

        return stray is null && command is { Action: null, Subcommands.Count: > 0 }
            ? [$"A command is missing: expected {string.Join(", ", command.Subcommands.Select(c => c.Name))}."]
            : parsed.Errors.Select(e => e.Message).Distinct();
    }

    private static string PathOf(Command command, RootCommand root)
    {
        var names = new Stack<string>();
        for (var at = command; at is not null && at != root; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            names.Push(at.Name);
        }

        return string.Join(' ', names.Prepend(Name));
    }

    private sealed class HelpWithExample(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var configuration = parseResult.InvocationConfiguration;
            var output = configuration.Output;
            using var text = new StringWriter { NewLine = "\n" };
            configuration.Output = text;
            var code = help.Invoke(parseResult);
            configuration.Output = output;

            // The parser calls the program by its file's name; people call it by the script that starts it.
            output.Write(
                text.ToString().TrimEnd().Replace($"  {parseResult.RootCommandResult.Command.Name} ", $"  {Name} ", StringComparison.Ordinal) + "\n");
            if (Examples.TryGetValue(parseResult.CommandResult.Command, out var example))
            {
                output.Write($"\nExample:\n  {example.ReplaceLineEndings("\n  ")}\n");
            }

            return code;
        }
    }
}
