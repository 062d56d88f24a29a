using System.CommandLine;
using Runner.Cli.Commands;

namespace Runner.Cli;

/// <summary>The commands that speak to a node over its API.</summary>
public static class ClientCommands
{
    /// <summary>Adds them all to the program's root.</summary>
    public static void AddTo(RootCommand root, CliContext context)
    {
        var client = new ClientCommand(context);
        root.Add(DeployCommand.Create(client));
        root.Add(DeploymentCommands.List(client));
        root.Add(DeploymentCommands.Create(client));
        root.Add(SubmitCommand.Create(client));
        root.Add(RunListCommand.Create(client));
        root.Add(RunCommands.Create(client));
        root.Add(LimitCommands.List(client));
        root.Add(LimitCommands.Create(client));
        root.Add(PruneCommand.Create(client));
    }
}
