using System.Globalization;
using Runner.Bench;

// Every figure of bench/RESULTS.md: `dotnet run -c Release --project bench [-- NAME…]`. The soak takes its time and has a file of its own,
// bench/SOAK.md: `-- soak [--minutes N] [--rate N]`.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var report = new Report();
var (chosen, numbers) = Arguments.Read(args, ("--minutes", 20), ("--rate", 200));
var soak = new Soak(TimeSpan.FromMinutes(numbers["--minutes"]), (int)numbers["--rate"]);
var all = new (string Name, Func<Report, Task> Run)[]
{
    ("spawn", DurableRuns.MeasureAsync),
    ("latency", SubmitToExit.MeasureAsync),
    ("lateness", Lateness.MeasureAsync),
    ("cancel", CancelToDead.MeasureAsync),
    ("slots", FreedSlot.MeasureAsync),
    ("store", StoreCommits.MeasureAsync),
    ("actors", Actors.MeasureAsync),
    ("idle", IdleNode.MeasureAsync),
    ("deployments", ManyDeployments.MeasureAsync),
    ("listing", RunListing.MeasureAsync),
    ("waiting", ManyWaiting.MeasureAsync),
    ("cron", CronNext.MeasureAsync),
    ("schedules", MillionSchedules.MeasureAsync),
    ("year", MinutelyYear.MeasureAsync),
    ("events", DurableEvents.MeasureAsync),
    ("rrule", RecurrenceNext.MeasureAsync),
    ("batches", Batches.MeasureAsync),
    ("soak", soak.MeasureAsync),
};

if (chosen.Except(all.Select(a => a.Name)).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no measurement '{unknown}'; expected some of {string.Join(", ", all.Select(a => a.Name))}.");
    return 2;
}

foreach (var (name, run) in all.Where(a => chosen.Length == 0 ? a.Name != "soak" : chosen.Contains(a.Name)))
{
    Console.Error.WriteLine($"measuring {name} …");
    await run(report).ConfigureAwait(false);
}

MillionRuns.Delete();
report.Print(Console.Out);
if (chosen is [] or ["soak"])
{
    report.Write(chosen is [] ? "RESULTS.md" : "SOAK.md", chosen is [] ? "" : " -- soak");
}

return 0;
