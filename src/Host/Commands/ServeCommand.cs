using System.CommandLine;
using Runner.Cli;
using Runner.Cli.Arguments;

namespace Runner.Host.Commands;

/// <summary>`runner serve FILE…`: a node that registers the files' deployments and runs them.</summary>
internal static class ServeCommand
{
    public static Command Create(Func<HostEnvironment> environment)
    {
        var files = Values.Files("FILE", "Deployment files (YAML). See docs/deployment-file.md.");
        var flags = NodeFlagOptions.OfServe();
        var command = new Command("serve", "Start a node that registers the deployments of files and runs them.") { files }
            .WithExample("runner serve samples/hello/runner.yaml");
        flags.AddTo(command);
        command.SetAction((parsed, _) => new NodeRunner(environment()).RunAsync(flags.Read(parsed), parsed.GetValue(files) ?? []));
        return command;
    }
}
