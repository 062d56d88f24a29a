using System.CommandLine;
using Runner.Cli;
using Runner.Host.Backup;

namespace Runner.Host.Commands;

/// <summary>`runner restore FILE`: a data folder from a backup.</summary>
internal static class RestoreCommand
{
    public static Command Create(Func<HostEnvironment> environment)
    {
        var file = new Argument<string>("FILE") { Description = "A backup, as `runner backup` wrote it." };
        var data = new Option<string?>("--data")
        {
            HelpName = "DIR", Description = "The data folder to restore into (RUNNER_DATA; default: runner-actors in the user's data home)."
        };
        var force = new Option<bool>("--force") { Description = "Also into a folder that is not empty; what was in it is kept beside." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("restore", "Make a data folder from a backup, while no node runs on it.") { file, data, force, json }
            .WithExample("runner restore backup.tar.gz --data /var/lib/runner");
        command.SetAction((parsed, _) => new Restore(environment()).RunAsync(
            parsed.GetRequiredValue(file), parsed.GetValue(data), parsed.GetValue(force), parsed.GetValue(json)));
        return command;
    }
}
