using System.CommandLine;
using Runner.Cli;

namespace Runner.Host.Commands;

/// <summary>`runner node`: a node without files.</summary>
internal static class NodeCommand
{
    public static Command Create(Func<HostEnvironment> environment)
    {
        var flags = NodeFlagOptions.OfNode();
        var command = new Command("node", "Start a node without files; deployments are registered with `runner deploy`.")
            .WithExample("runner node --data /var/lib/runner");
        flags.AddTo(command);
        command.SetAction((parsed, _) => new NodeRunner(environment()).RunAsync(flags.Read(parsed), []));
        return command;
    }
}
