using System.CommandLine;
using System.Globalization;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner prune</c>: counts, asks, deletes part by part, and says what that gave.</summary>
internal static class PruneCommand
{
    public static Command Create(ClientCommand client)
    {
        var keepFor = Values.Duration("--keep-for", "Delete runs that ended longer ago than this.");
        var keepRuns = Values.Integer("--keep-runs", "Delete all but the newest so many ended runs.", 0, 1_000_000_000);
        var deployment = Values.Text("--deployment", "Only runs of this deployment.", "FLOW/NAME");
        var dryRun = Values.Flag("--dry-run", "Only say what would be deleted.");
        var yes = Values.Flag("--yes", "Do not ask.");
        var command = new Command("prune", "Delete ended runs with their history and output; without a rule, by the node's and the deployments' own.")
            { keepFor, keepRuns, deployment, dryRun, yes };
        return client.With(command, "runner prune --keep-for 7d --dry-run", call =>
            new Pruning(call, new PruneRuns(call.Get(keepFor), call.Get(keepRuns), call.Get(deployment))).RunAsync(call.Get(dryRun), call.Get(yes)));
    }

    private sealed class Pruning(ClientCall call, PruneRuns wanted)
    {
        private readonly CliContext _context = call.Context;

        public async Task<int> RunAsync(bool dryRun, bool yes)
        {
            if (!dryRun && !yes && (call.Json || _context.ReadAnswer is null))
            {
                throw new UsageException("There is nobody to ask here: say --yes to delete, or --dry-run to see what would be deleted.");
            }

            PruneReport? counted = null;
            if (dryRun || !yes)
            {
                counted = await AllAsync(wanted with { DryRun = true }, null).ConfigureAwait(false);
                if (dryRun || counted.Runs == 0
                    || !await _context.AgreesAsync($"{What(counted)} will be deleted for good. Go on?", call.Cancel).ConfigureAwait(false))
                {
                    return Say(counted, counted.Runs == 0 ? $"Nothing to delete.{Kept(counted)}" : dryRun ? $"{What(counted)} would be deleted."
                        : "Nothing was deleted.");
                }
            }

            var done = await AllAsync(wanted, counted).ConfigureAwait(false);
            return Say(done, done.Runs == 0 ? $"Nothing to delete.{Kept(done)}" : $"{What(done)} deleted.{Room(done.Store)}");
        }

        private async Task<PruneReport> AllAsync(PruneRuns request, PruneReport? expected)
        {
            var (runs, bytes) = (0L, 0L);
            while (true)
            {
                var part = await call.Client.PruneAsync(request, call.Cancel).ConfigureAwait(false);
                (runs, bytes) = (runs + part.Runs, bytes + part.OutputBytes);
                if (part.Next is null)
                {
                    return part with { Runs = runs, OutputBytes = bytes };
                }

                if (!call.Json)
                {
                    _context.WriteErrorLine($"{(request.DryRun ? "Counted" : "Deleted")} "
                        + $"{Number(runs)}{(expected is null ? "" : $" of {Number(expected.Runs)}")} runs …");
                }

                request = request with { After = part.Next };
            }
        }

        private int Say(PruneReport report, string sentence) => call.Say(report, MessagesJson.Default.PruneReport, _ => sentence);

        private static string What(PruneReport report) =>
            $"{Number(report.Runs)} ended {(report.Runs == 1 ? "run" : "runs")} and {Sizes.Text(report.OutputBytes)} of output";

        private static string Kept(PruneReport report) => report.KeepAtLeast == TimeSpan.Zero
            ? ""
            : $" What ended less than {DurationText.Format(report.KeepAtLeast)} ago is kept in any case (retention.keep-at-least).";

        private static string Room(StoreRoom store) =>
            $" The store takes {Sizes.Text(store.Bytes)}, of which {Sizes.Text(store.FreeBytes)} are free: "
            + (store.GivesBack ? "most of that goes back to the disk over time."
                : "new runs use them; this store was made by an older version, and its file keeps its size.");

        private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
    }
}
