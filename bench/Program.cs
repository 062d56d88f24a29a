using System.Globalization;
using Runner.Bench;
using Runner.Bench.Cluster;

// Every figure of bench/RESULTS.md; --help says which there are.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Scale.IsQuick = args.Contains("--quick");
var (chosen, numbers) = Arguments.Read(
    [.. args.Where(a => a is not ("--quick" or "--allocations" or "--keep" or "--akka-defaults"))],
    ("--minutes", Scale.IsQuick ? 0.5 : 20), ("--rate", Scale.IsQuick ? 20 : 200),
    ("--due", Scale.IsQuick ? 100 : 1_000), ("--runs", Scale.Of(1_000_000, 10_000)),
    ("--times", Scale.IsQuick ? 1 : 3));
MillionRuns.Count = (int)numbers["--runs"];
var soak = new Soak(TimeSpan.FromMinutes(numbers["--minutes"]), (int)numbers["--rate"]);
var times = (int)numbers["--times"];
ScheduledStore.DueEachSecond = (int)numbers["--due"];
var report = new Report();
var all = new (string Name, string What, Func<Report, Task> Run)[]
{
    ("spawn", "durable runs a second beside the bare posix_spawn loop, SQLite and PostgreSQL", DurableRuns.MeasureAsync),
    ("latency", "submit to durable exit on an idle node", SubmitToExit.MeasureAsync),
    ("lateness", "due to process alive at 100 scheduled runs a second", Lateness.MeasureAsync),
    ("cancel", "cancel of a program until its tree of three is dead", CancelToDead.MeasureAsync),
    ("slots", "a freed slot used again", FreedSlot.MeasureAsync),
    ("store", "commits a second of the stores alone", StoreCommits.MeasureAsync),
    ("actors", "Akka.NET's parts: tell, ask, ask through a shard region, an idle actor", Actors.MeasureAsync),
    ("events", "durable events a second over 1,000 entities beside the group writer alone, SQLite and PostgreSQL", DurableEvents.MeasureAsync),
    ("recovery", "an entity of three events brought to memory", Recovery.MeasureAsync),
    ("idle", "the program on 1,000,000 runs: memory, start, first answer of an entity", IdleNode.MeasureAsync),
    ("listing", "the last 50 of 1,000,000 runs, each filter", RunListing.MeasureAsync),
    ("verify", "`runner verify` on 1,000,000 runs: time, memory (--runs N)", VerifyStore.MeasureAsync),
    ("unreadable", "10,000 deployments that cannot be read: processor, lines of the log", Unreadable.MeasureAsync),
    ("deployments", "100,000 deployments: memory, registering them", ManyDeployments.MeasureAsync),
    ("import", "`runner import` of 700,000 deployments: time, memory", ManyImported.MeasureAsync),
    ("waiting", "a freed slot with 100,000 runs waiting, and their order", ManyWaiting.MeasureAsync),
    ("schedules", "1,000,000 scheduled deployments, 1,000 due a second (--due N)", MillionSchedules.MeasureAsync),
    ("year", "a year of a minutely deployment in virtual time", MinutelyYear.MeasureAsync),
    ("client", "a client command from its start to its end", ClientCommand.MeasureAsync),
    ("ctrl-c", "Ctrl-C on an idle node until it is gone", CtrlC.MeasureAsync),
    ("cron", "the next occurrence of cron expressions beside Quartz", CronNext.MeasureAsync),
    ("rrule", "the next occurrence of recurrences", RecurrenceNext.MeasureAsync),
    ("bodies", "every route with a body of the largest size allowed", Bodies.MeasureAsync),
    ("batches", "100,000 lines through the commands that answer lines", Batches.MeasureAsync),
    ("soak", "runs at a fixed rate for minutes (--minutes N, 20; --rate N, 200 a second); only when named", soak.MeasureAsync),
    ("cluster-kill", "three nodes, kill -9 of the oldest and of another (--times N, 3); only when named, as all of a cluster",
        new ClusterKill(times, args.Contains("--akka-defaults")).MeasureAsync),
    ("cluster-postgres", "three nodes, PostgreSQL stopped for 60 s and killed", ClusterPostgres.MeasureAsync),
    ("cluster-pause", "three nodes, one stands still for 20 s (--times N)", new ClusterPause(times).MeasureAsync),
    ("cluster-network", "three nodes in network namespaces, one cut off, 30 s each (--times N; root)",
        new ClusterNetwork(times, Retries: false).MeasureAsync),
    ("cluster-network-retry", "the same, 60 s each, with on_node_loss of retry, which begins elsewhere meanwhile",
        new ClusterNetwork(times, Retries: true).MeasureAsync),
    ("cluster-rolling", "three nodes, all restarted one after the other by drain --wait", ClusterRolling.MeasureAsync),
    ("cluster-messages", "SubmitRun and CancelRun, 1,000 a second by client and application, one node killed",
        ClusterMessages.MeasureAsync),
    ("cluster-requests", "requests to entities of another node, TLS off and on", ClusterRequests.MeasureAsync),
    ("cluster-ratio", "runs a second of three nodes beside one (--times N)", new ClusterRatio(times).MeasureAsync),
};

if (args.Any(a => a is "--help" or "-h"))
{
    Console.Out.WriteLine("""
        dotnet run -c Release --project bench [-- NAME… --quick --allocations]

        Measures what is named, or all but the soak and the clusters, and prints a table. All is written to bench/RESULTS.md, the soak to
        bench/SOAK.md; bench/CLUSTER.md has what is measured of clusters. The exit code is 1 if a cluster did what it must not.
        PostgreSQL's server programs have to be there: a private server is started.

          --keep           keeps the logs of a cluster's nodes, and says where, also where nothing was found
          --quick          small sizes: only shows that each comes to its end; writes no file
          --akka-defaults  nodes have Akka.NET's own timings (cluster-kill)
          --allocations    says after each which types this process has allocated; costs the figures something, so writes no file

        """);
    Array.ForEach(all, a => Console.Out.WriteLine($"  {a.Name,-12} {a.What}"));
    return 0;
}

if (chosen.Except(all.Select(a => a.Name)).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no measurement '{unknown}'; expected some of {string.Join(", ", all.Select(a => a.Name))}.");
    return 2;
}

ClusterRig.KeepsLogs = args.Contains("--keep");
using var allocations = args.Contains("--allocations") ? new Allocations() : null;
try
{
    foreach (var (name, _, run) in all.Where(a => chosen.Length == 0
        ? a.Name != "soak" && !a.Name.StartsWith("cluster-", StringComparison.Ordinal)
        : chosen.Contains(a.Name)))
    {
        Console.Error.WriteLine($"measuring {name} …");
        await run(report).ConfigureAwait(false);
        allocations?.Print(Console.Error);
    }
}
finally
{
    MillionRuns.Delete();
    await BenchStore.EndServerAsync().ConfigureAwait(false);
}

report.Print(Console.Out);
if (!Scale.IsQuick && allocations is null && chosen is ([] or ["soak"]))
{
    report.Write(chosen is [] ? "RESULTS.md" : "SOAK.md", chosen is [] ? "" : " -- soak");
}

return ClusterRig.HasViolations ? 1 : 0;
