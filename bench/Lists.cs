using System.Diagnostics;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Engine.Store;
using Runner.Engine.Store.Sqlite;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>The last 50 of a million runs, with each filter, from a database that is on disk.</summary>
internal static class Lists
{
    private const int Runs = 1_000_000;
    private const int Deployments = 1_000;
    private const int Times = 200;
    private static readonly DateTimeOffset Newest = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), Tables.All, Logger.None)
            .ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var watch = Stopwatch.StartNew();
            await ManyRuns.FillAsync(
                store, new ManyRunsOptions(Runs, Deployments, Newest),
                n => Tell(n, watch.Elapsed)).ConfigureAwait(false);
            foreach (var (name, query) in Queries())
            {
                report.Add($"the last 50 of {Runs:N0} runs, {name}", await TimesAsync(store, query).ConfigureAwait(false));
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<(string Name, ListRuns Query)> Queries()
    {
        var rare = ManyRuns.Deployment(Deployments - 2);
        var busy = ManyRuns.Deployment(1);
        var tag = ManyRuns.Tag(1);
        var since = Newest.AddHours(-30);
        yield return ("all", new ListRuns());
        yield return ("since", new ListRuns(Since: since));
        foreach (var state in (string[])["Completed", "Failed", "TimedOut", "Running", "Scheduled", "Late"])
        {
            yield return ($"state {state}", new ListRuns(state));
        }

        foreach (var (word, deployment) in ((string, string)[])[("busy", busy), ("rare", rare), ("unknown", "many/none")])
        {
            yield return ($"a {word} deployment's", new ListRuns(Deployment: deployment));
            yield return ($"a {word} deployment's, state Failed", new ListRuns("Failed", deployment));
            yield return ($"a {word} deployment's, state TimedOut, since", new ListRuns("TimedOut", deployment, Since: since));
        }

        yield return ("with a tag", new ListRuns(Tag: tag));
        yield return ("with a tag, state Failed", new ListRuns("Failed", Tag: tag));
        yield return ("with a tag, state Crashed, since", new ListRuns("Crashed", Tag: tag, Since: since));
    }

    /// <summary>First pages, and pages from within the list.</summary>
    private static async Task<string> TimesAsync(IEntityStore store, ListRuns query)
    {
        var samples = new Samples();
        string? after = null;
        for (var i = 0; i < Times; i++)
        {
            var watch = Stopwatch.StartNew();
            var page = (await Listings.RunsAsync(store, query with { After = after }).ConfigureAwait(false)).Value!;
            samples.Add(watch.Elapsed);
            after = i % 2 == 0 ? page.Next : null;
        }

        return samples.ToString();
    }

    private static void Tell(int runs, TimeSpan elapsed)
    {
        if (runs % 100_000 == 0)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {runs:N0} runs after {elapsed.TotalSeconds:0} s"));
        }
    }
}
