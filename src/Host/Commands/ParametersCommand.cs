using System.CommandLine;
using Runner.Cli;

namespace Runner.Host.Commands;

/// <summary>`runner parameters check`.</summary>
internal static class ParametersCommand
{
    public static Command Create(Func<HostEnvironment> environment, Func<Stream> input) =>
        new("parameters", "Check parameters against a JSON Schema, without a node.") { Check(environment, input) };

    private static Command Check(Func<HostEnvironment> environment, Func<Stream> input)
    {
        var schema = new Option<string?>("--schema") { HelpName = "FILE", Description = "A JSON Schema of draft 2020-12 or 7, in JSON or YAML." };
        var parameters =
            new Option<string?>("--parameters") { HelpName = "FILE|JSON", Description = "What to check: a file in JSON or YAML, or JSON itself." };
        var batch =
            new Option<bool>("--batch") { Description = "Answer each line {\"schema\":…,\"parameters\":…} of standard input with a line, in order." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("check", "Say everything that a schema does not allow. The exit code is 0 if that is nothing, else 1.")
        {
            schema, parameters, batch, json,
        }.WithExample("runner parameters check --schema parameters.schema.json --parameters '{\"name\": \"world\"}'");
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(batch))
            {
                if (parsed.GetValue(schema) is not null || parsed.GetValue(parameters) is not null)
                {
                    throw new UsageException("--batch takes schemas and parameters from standard input: expected neither --schema nor --parameters.");
                }

                await using var lines = input();
                await new ParametersBatch().RunAsync(lines, environment().Output, cancel);
                return ExitCodes.Success;
            }

            return parsed.GetValue(schema) is { } schemaFile && parsed.GetValue(parameters) is { } given
                ? new ParametersCheck(environment()).Run(schemaFile, given, parsed.GetValue(json))
                : throw new UsageException("expected --schema FILE and --parameters FILE|JSON, or --batch.");
        });
        return command;
    }
}
