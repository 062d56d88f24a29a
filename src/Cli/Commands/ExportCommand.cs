using System.CommandLine;
using System.Globalization;
using System.Text;
using Runner.Cli.Arguments;
using Runner.Cli.Exchange;
using Runner.Cli.Terminal;

namespace Runner.Cli.Commands;

/// <summary><c>runner export [FILE]</c>.</summary>
internal static class ExportCommand
{
    private const string StandardOutput = "-";

    public static Command Create(ClientCommand client)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "The file to write; '-' is standard output (-).",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => StandardOutput,
        };
        var force = Values.Flag("--force", "Replace FILE if it is there.");
        var command = new Command("export", "Write all deployments and limits as a deployment file.") { file, force };
        return client.With(command, "runner export deployments.yaml", async call =>
        {
            if (call.Get(file) == StandardOutput)
            {
                if (call.Json)
                {
                    throw new UsageException("--json says what was written to FILE: name one.");
                }

                await Exporter.WriteAsync(call.Client, call.Context.Out, call.Cancel).ConfigureAwait(false);
                return ExitCodes.Success;
            }

            var path = Path.GetFullPath(call.Get(file));
            await using var target = NewFile.Create(path, call.Get(force));
            var text = new StreamWriter(target.Content, new UTF8Encoding(false), 64 * 1024, leaveOpen: true);
            var (deployments, limits) = await Exporter.WriteAsync(call.Client, text, call.Cancel).ConfigureAwait(false);
            await text.FlushAsync(call.Cancel).ConfigureAwait(false);
            await target.CompleteAsync(call.Get(force)).ConfigureAwait(false);
            return call.Say(
                new ExportDone(path, deployments, limits), CliJson.Default.ExportDone,
                _ => $"Wrote {Counted(deployments, "deployment")} and {Counted(limits, "limit")} to {Printable.Line(path)}.");
        });
    }

    internal static string Counted(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
