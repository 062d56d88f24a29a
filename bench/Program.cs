using System.Globalization;
using Runner.Bench;

// Every figure of bench/RESULTS.md: `dotnet run -c Release --project bench [-- NAME…] [--runs N]`.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var report = new Report();
var all = new (string Name, Func<Report, Task> Run)[]
{
    ("spawn", DurableRuns.MeasureAsync),
    ("latency", SubmitToExit.MeasureAsync),
    ("lateness", Lateness.MeasureAsync),
    ("cancel", CancelToDead.MeasureAsync),
    ("slots", FreedSlot.MeasureAsync),
    ("store", StoreCommits.MeasureAsync),
    ("lists", Lists.MeasureAsync),
    ("actors", Actors.MeasureAsync),
};

var chosen = args.Where(a => !a.StartsWith('-')).ToArray();
if (chosen.Except(all.Select(a => a.Name)).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no measurement '{unknown}'; expected some of {string.Join(", ", all.Select(a => a.Name))}.");
    return 2;
}

foreach (var (name, run) in all.Where(a => chosen.Length == 0 || chosen.Contains(a.Name)))
{
    Console.Error.WriteLine($"measuring {name} …");
    await run(report).ConfigureAwait(false);
}

report.Print(Console.Out);
if (chosen.Length == 0)
{
    report.Write();
}

return 0;
