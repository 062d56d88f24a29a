using System.CommandLine;
using Runner.Cli;

namespace Runner.Host.Commands;

/// <summary>`runner config show` and `runner config render FILE`.</summary>
internal static class ConfigCommand
{
    public static Command Create(Func<HostEnvironment> environment) =>
        new("config", "Show a node's settings, or what a settings file resolves to.") { Show(environment), Render(environment) };

    private static Command Show(Func<HostEnvironment> environment)
    {
        var config = new Option<string?>("--config")
        {
            HelpName = "FILE", Description = "Settings in HOCON, as for `runner node`. See docs/configuration.md."
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("show", "Show the settings a node would start with, and where each came from.") { config, json }
            .WithExample("runner config show --config node.conf");
        command.SetAction(parsed => new ConfigShow(environment()).Run(parsed.GetValue(config), parsed.GetValue(json)));
        return command;
    }

    private static Command Render(Func<HostEnvironment> environment)
    {
        var file = new Argument<string>("FILE") { Description = "A file in HOCON (.conf), JSON (.json) or Java properties (.properties)." };
        var command = new Command("render", "Resolve a file with its includes and substitutions, and print it as JSON.") { file }
            .WithExample("runner config render node.conf");
        command.SetAction(parsed => new ConfigRender(environment()).Run(parsed.GetRequiredValue(file)));
        return command;
    }
}
