using System.Diagnostics;
using System.Globalization;
using Quartz;
using Runner.Actors.Scheduling;
using TimeZones = Runner.Actors.Scheduling.TimeZones;

namespace Runner.Bench;

/// <summary>
/// The next occurrence of cron expressions, usual and sparse, beside Quartz's CronExpression for the same occurrences where it can say them.
/// </summary>
internal static class CronNext
{
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(300);

    // Also where the calendar leaves a leap year out, and the search goes farthest.
    private static readonly DateTimeOffset[] Starts = [At("2026-03-01T00:00:01Z"), At("2050-06-15T12:34:56Z"), At("2072-02-29T12:00Z"), At(
        "2096-03-01T00:00Z")];

    private static readonly (string Expression, string Zone, bool DayOr, string? Quartz)[] Usual =
    [
        ("* * * * *", "UTC", true, "0 * * * * ?"),
        ("*/5 * * * *", "Europe/Berlin", true, "0 */5 * * * ?"),
        ("30 9 * * mon-fri", "America/New_York", true, "0 30 9 ? * MON-FRI"),
        ("*/10 * * * * *", "Europe/Berlin", true, "*/10 * * * * ?"),
        ("0 0 LW * *", "Europe/Berlin", true, "0 0 0 LW * ?"),
        ("15 6 1,15 * fri", "America/New_York", true, "0 15 6 1,15 * FRI"),
    ];

    private static readonly (string Expression, string Zone, bool DayOr, string? Quartz)[] Sparse =
    [
        ("0 0 29 2 *", "UTC", true, "0 0 0 29 2 ?"),
        ("0 0 29 2 *", "America/New_York", true, "0 0 0 29 2 ?"),
        ("* * 29 2 *", "Australia/Lord_Howe", true, "0 * * 29 2 ?"),
        ("0 0 29 2 1", "UTC", false, null),
        ("0 0 29 2 1", "America/New_York", false, null),
        ("* * 29 2 1", "Australia/Lord_Howe", false, null),
        ("0 0 0 L 2 fri#5", "Europe/Berlin", false, "0 0 0 ? 2 6#5"),
        ("30 2 29W 2 sunL,monL", "Africa/Casablanca", false, null),
    ];

    public static Task MeasureAsync(Report report)
    {
        foreach (var (expression, zone, dayOr, quartz) in Usual)
        {
            var (ours, theirs) = Make(expression, zone, dayOr, quartz);
            report.Add(
                $"cron: next of `{expression}`, {zone}, each asked from the one before", Walk(ours).Text, $"Quartz: {Walk(After(theirs!)).Text}");
        }

        var worst = 0d;
        foreach (var (expression, zone, dayOr, quartz) in Sparse)
        {
            var (ours, theirs) = Make(expression, zone, dayOr, quartz);
            var each = Starts.Select(from => Same(ours, from)).ToArray();
            worst = Math.Max(worst, each.Max(e => e.Nanoseconds));
            var text = quartz is null ? "cannot say that both must match"
                : $"{Starts.Select(from => Same(After(theirs!), from)).MaxBy(e => e.Nanoseconds).Text} (`{quartz}`)";
            report.Add(
                $"cron: next of `{expression}`, {zone}{(dayOr ? "" : ", both day fields")}, the slowest of {Starts.Length} starts",
                each.MaxBy(e => e.Nanoseconds).Text, $"Quartz: {text}");
        }

        report.Add("cron: the worst of these", Text(worst), "asked for: 100 µs");
        report.Add("cron: first next in a zone never asked before", Text(Cold()), "reads the clock changes of the years it touches, once");
        return Task.CompletedTask;
    }

    private static (Func<DateTimeOffset, DateTimeOffset?> Ours, CronExpression? Theirs) Make(
        string expression, string zone, bool dayOr, string? quartz)
    {
        var found = TimeZones.TryFind(zone, out var rules, out var error) ? rules : throw new InvalidOperationException(error);
        return (CronSchedule.Parse(expression, found, dayOr).Next, quartz is null ? null : new CronExpression(quartz, found));
    }

    private static Func<DateTimeOffset, DateTimeOffset?> After(CronExpression quartz) => quartz.GetNextValidTimeAfter;

    /// <summary>Occurrence after occurrence through years.</summary>
    private static (double Nanoseconds, string Text) Walk(Func<DateTimeOffset, DateTimeOffset?> next)
    {
        var at = Starts[0];
        return Measure(() => at = next(at) is { Year: < 2060 } later ? later : Starts[0]);
    }

    private static (double Nanoseconds, string Text) Same(Func<DateTimeOffset, DateTimeOffset?> next, DateTimeOffset from) =>
        Measure(() => next(from));

    private static (double Nanoseconds, string Text) Measure(Action ask)
    {
        Repeat(ask, Long);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var (asked, took) = Repeat(ask, Long);
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / asked;
        var each = took.TotalNanoseconds / asked;
        return (each, $"{Text(each)}{(bytes > 0 ? $", {bytes} B" : "")}");
    }

    private static (long Asked, TimeSpan Took) Repeat(Action ask, TimeSpan time)
    {
        var asked = 0L;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            for (var i = 0; i < 100; i++)
            {
                ask();
            }

            asked += 100;
        }

        return (asked, watch.Elapsed);
    }

    private static double Cold()
    {
        var samples = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            // Read again, it is a zone of its own.
            TimeZoneInfo.ClearCachedData();
            var schedule = CronSchedule.Parse("30 2 * * *", TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));
            var watch = Stopwatch.StartNew();
            schedule.Next(Starts[0]);
            samples.Add(watch.Elapsed.TotalNanoseconds);
        }

        return samples.Order().ElementAt(samples.Count / 2);
    }

    private static string Text(double nanoseconds) => nanoseconds < 1000 ? $"{nanoseconds:0} ns" : $"{nanoseconds / 1000:0.0} µs";

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
