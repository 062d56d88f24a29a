using System.CommandLine;
using Runner.Cli.Commands;

namespace Runner.Cli;

/// <summary>The commands that speak to a node over its API.</summary>
public static class ClientCommands
{
    /// <summary>Adds them all to the program's root.</summary>
    /// <param name="schedules">What else belongs under <c>runner schedule</c>.</param>
    public static void AddTo(RootCommand root, CliContext context, params IEnumerable<Command> schedules)
    {
        var client = new ClientCommand(context);
        root.Add(DeployCommand.Create(client));
        root.Add(DeploymentCommands.List(client));
        root.Add(DeploymentCommands.Create(client));
        root.Add(ScheduleCommands.Create(client, schedules));
        root.Add(SubmitCommand.Create(client));
        root.Add(RunListCommand.Create(client));
        root.Add(RunCommands.Create(client));
        root.Add(LimitCommands.List(client));
        root.Add(LimitCommands.Create(client));
        root.Add(NodeCommands.List(client));
        root.Add(NodeCommands.Drain(client));
        root.Add(HealthCommand.Create(client));
        root.Add(ExportCommand.Create(client));
        root.Add(ImportCommand.Create(client));
        root.Add(BackupCommand.Create(client));
        root.Add(CompletionCommand.Create(context));
        root.Add(PruneCommand.Create(client));
        client.ShareOn(root);
    }
}
