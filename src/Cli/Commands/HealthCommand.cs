using System.CommandLine;
using System.Globalization;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Messages.Nodes;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner health</c>.</summary>
internal static class HealthCommand
{
    public static Command Create(ClientCommand client)
    {
        var command = new Command("health", "Say whether the node does its work, and what keeps it from it.");
        return client.With(command, "runner health", async call =>
        {
            var report = await AskAsync(call).ConfigureAwait(false);
            call.Say(report, MessagesJson.Default.HealthReport, _ => Render(call.Context, report));
            return report.Checks.All(c => c.Healthy) ? ExitCodes.Success : ExitCodes.Error;
        });
    }

    /// <summary>That nobody answers is a finding, too.</summary>
    private static async Task<HealthReport> AskAsync(ClientCall call)
    {
        try
        {
            return await call.Client.HealthAsync(call.Cancel).ConfigureAwait(false);
        }
        catch (RunnerClientException e) when (e is NodeUnreachableException or UnexpectedAnswerException)
        {
            return new HealthReport("unreachable", [new HealthCheck("node", false, e.Message)]);
        }
    }

    private static string Render(CliContext context, HealthReport report)
    {
        var table = new Table("", "", "");
        foreach (var check in report.Checks.OrderBy(c => c.Healthy))
        {
            table.Add(
                check.Healthy ? new Cell("ok", context.Style.Green) : new Cell("WRONG", context.Style.Red),
                new Cell(Printable.Line(check.Name), context.Style.Bold),
                check.Message);
        }

        var wrong = report.Checks.Count(c => !c.Healthy);
        var verdict = wrong == 0 ? context.Style.Green("The node does its work.")
            : context.Style.Red(string.Create(
                CultureInfo.InvariantCulture, $"{wrong} of {report.Checks.Length} checks {(wrong == 1 ? "says" : "say")} that something is wrong."));
        return $"{verdict}\n{table.Render(context.Style)}";
    }
}
