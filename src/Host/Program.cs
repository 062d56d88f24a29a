using System.CommandLine;
using System.Text;
using Runner.Actors.FlowRunners;
using Runner.Cli;
using Runner.Cli.Terminal;
using Runner.Host.Commands;
using Runner.Host.Commands.SchedulePreview;
using Runner.Host.Configuration;

namespace Runner.Host;

/// <summary>The composition root: which commands there are, and what they are made of.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        StandardDescriptors.Open();
        NodeUmask.Close();
        if (!Console.IsErrorRedirected)
        {
            // Also for what the log writes there.
            Console.SetError(TextWriter.Synchronized(
                new StreamWriter(new TerminalStream(Console.OpenStandardError()), new UTF8Encoding(false)) { AutoFlush = true }));
        }

        var context = CliContext.System();
        return CommandLine.RunAsync(CreateRoot(context), args, context);
    }

    /// <summary>Every command there is.</summary>
    public static RootCommand CreateRoot(CliContext context)
    {
        var root = new RootCommand("Runs deployments' programs on schedule.")
        {
            ServeCommand.Create(CreateEnvironment),
            NodeCommand.Create(CreateEnvironment),
            ConfigCommand.Create(CreateEnvironment),
            RestoreCommand.Create(CreateEnvironment),
            ParametersCommand.Create(CreateEnvironment, Console.OpenStandardInput),
            JournalCommand.Create(CreateEnvironment, context),
            VerifyCommand.Create(CreateEnvironment, context),
            ClusterCommand.Create(CreateEnvironment, context),
        };
        ClientCommands.AddTo(root, context, SchedulePreviewCommand.Create(context, Console.OpenStandardInput));
        return root;
    }

    private static HostEnvironment CreateEnvironment()
    {
        Func<string, string?> variable = Environment.GetEnvironmentVariable;
        var output = new StreamWriter(
            TerminalStream.Over(Console.OpenStandardOutput(), !Console.IsOutputRedirected), new UTF8Encoding(false), 16 * 1024) { NewLine = "\n" };
        return new HostEnvironment(
            NodeComposition.StartAsync, SystemTime.Provider, output, Console.Error,
            Style.For(!Console.IsOutputRedirected, variable), Style.For(!Console.IsErrorRedirected, variable), variable, () => new StopSignals());
    }
}
