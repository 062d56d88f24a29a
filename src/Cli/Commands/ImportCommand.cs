using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Runner.Cli.Arguments;
using Runner.Cli.Exchange;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Deployments;

namespace Runner.Cli.Commands;

/// <summary><c>runner import FILE…</c>.</summary>
internal static class ImportCommand
{
    public static Command Create(ClientCommand client)
    {
        var files = Values.Files("FILE", "Deployment files, such as `runner export` writes.");
        var dryRun = Values.Flag("--dry-run", "Only show the plan.");
        var yes = Values.Flag("--yes", "Do not ask.");
        var command = new Command("import", "Bring the deployments and limits of files to a node: shows a plan and asks.") { files, dryRun, yes };
        return client.With(command, "runner import deployments.yaml", async call =>
        {
            var asks = !call.Get(dryRun) && !call.Get(yes);
            if (asks && (call.Json || call.Context.ReadAnswer is null))
            {
                throw new UsageException("There is nobody to ask: say --yes to import without a question, or --dry-run to see the plan.");
            }

            var file = await call.ReadAsync(() => DeploymentFile.Load(call.Get(files), FileBounds.Exported)).ConfigureAwait(false);
            var importer = new Importer(call.Client, file, call.Cancel);
            var (deployments, limits) = await PlanAsync(call, importer, file.Specs.Length).ConfigureAwait(false);
            var changes = deployments.Count(d => d.Outcome != RegistrationOutcome.Unchanged)
                + limits.Count(l => l.Outcome != RegistrationOutcome.Unchanged);
            if (!call.Json)
            {
                call.Context.Write(Render(call.Context, deployments, limits));
            }

            var apply = !call.Get(dryRun) && changes > 0
                && (!asks || await call.Context.AgreesAsync($"Apply {ExportCommand.Counted(changes, "change")}?", call.Cancel).ConfigureAwait(false));
            if (apply)
            {
                deployments = await ApplyAsync(call, importer, deployments, limits).ConfigureAwait(false);
            }

            return call.Say(
                new ImportDone(apply, deployments, limits), CliJson.Default.ImportDone,
                _ => changes == 0 ? "The node has all of it already."
                    : apply ? $"Applied {ExportCommand.Counted(changes, "change")}." : "Nothing was changed.");
        });
    }

    private static async Task<(ImmutableArray<DeploymentRegistered> Deployments, ImmutableArray<LimitPlan> Limits)> PlanAsync(
        ClientCall call, Importer importer, int count)
    {
        var progress = new Progress(call.Context, call.Json);
        try
        {
            return await importer.PlanAsync(asked => progress.Show(() => $"Compared {asked:N0} of {count:N0} deployments with the node's …"))
                .ConfigureAwait(false);
        }
        finally
        {
            progress.End();
        }
    }

    private static async Task<ImmutableArray<DeploymentRegistered>> ApplyAsync(
        ClientCall call, Importer importer, ImmutableArray<DeploymentRegistered> deployments, ImmutableArray<LimitPlan> limits)
    {
        var done = 0;
        var all = deployments.Count(d => d.Outcome != RegistrationOutcome.Unchanged);
        var progress = new Progress(call.Context, call.Json);
        void Show(int count)
        {
            done = count;
            progress.Show(() => $"Applied {count:N0} of {all:N0} deployments …");
        }

        try
        {
            return await importer.ApplyAsync(deployments, limits, Show).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RunnerClientException or OperationCanceledException)
        {
            call.Context.WriteErrorLine($"Interrupted after {ExportCommand.Counted(done, "deployment")}. Run it again: it goes on where it stopped.");
            throw;
        }
        finally
        {
            progress.End();
        }
    }

    /// <summary>What is new or changed, one a line; of the rest only how much it is.</summary>
    private static string Render(CliContext context, ImmutableArray<DeploymentRegistered> deployments, ImmutableArray<LimitPlan> limits)
    {
        var table = new Table("", "", "", "");
        foreach (var d in deployments.Where(d => d.Outcome != RegistrationOutcome.Unchanged))
        {
            table.Add(Outcome(context, d.Outcome), "deployment", d.Name, d.Changes.IsDefaultOrEmpty ? (d.Paused ? "paused" : "")
                : string.Join(", ", d.Changes));
        }

        foreach (var l in limits.Where(l => l.Outcome != RegistrationOutcome.Unchanged))
        {
            table.Add(Outcome(context, l.Outcome), "limit", l.Name, LimitPlans.Sizes(l));
        }

        var text = new StringBuilder(table.Render(context.Style));
        var same = deployments.Count(d => d.Outcome == RegistrationOutcome.Unchanged) + limits.Count(l => l.Outcome == RegistrationOutcome.Unchanged);
        return same == 0 ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"unchanged: {same:N0}\n").ToString();
    }

    private static Cell Outcome(CliContext context, RegistrationOutcome outcome) => outcome == RegistrationOutcome.Created
        ? new Cell("new", context.Style.Green)
        : new Cell("changed", context.Style.Yellow);
}
