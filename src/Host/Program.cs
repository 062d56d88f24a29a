using System.CommandLine;
using System.Text;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Console;
using Sys = System.Console;

namespace Runner.Host;

/// <summary>The composition root: which commands there are, and what they are made of.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const int Misused = 2;

    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Runs deployments' programs on schedule.")
        {
            ServeCommand.Create(CreateEnvironment),
            NodeCommand.Create(CreateEnvironment),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await Sys.Error.WriteLineAsync($"{string.Join(Environment.NewLine, parsed.Errors.Select(e => e.Message))}\nSee `runner {Named(parsed)}--help`.");
            return Misused;
        }

        try
        {
            // Signals are the commands' own business: a node has programs to end first.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            await Sys.Error.WriteLineAsync($"This is a mistake in the program itself: {e.GetType().Name}: {e.Message}\nPlease report it with what you did.");
            return Failed;
        }
    }

    private static HostEnvironment CreateEnvironment()
    {
        Func<string, string?> variable = Environment.GetEnvironmentVariable;
        var output = new StreamWriter(Sys.OpenStandardOutput(), new UTF8Encoding(false), 16 * 1024) { NewLine = "\n" };
        return new HostEnvironment(
            NodeComposition.StartAsync, SystemTime.Provider, TimeZoneInfo.Local, output, Sys.Error,
            Paint.For(!Sys.IsOutputRedirected, variable), Paint.For(!Sys.IsErrorRedirected, variable), variable, () => new StopSignals());
    }

    private static string Named(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
}
