using System.Diagnostics;
using Runner.Actors.Scheduling;

namespace Runner.Bench;

/// <summary>How long a recurrence takes to say when it occurs next: a usual one, a sparse one, and those made to take long.</summary>
internal static class RecurrenceNext
{
    private const string Usual = "DTSTART;TZID=Europe/Berlin:20260101T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
    private const string Bounded = "DTSTART;TZID=Europe/Berlin:20200101T090000\nRRULE:FREQ=DAILY;COUNT=100000\nEXDATE:20300101T090000";
    private const string Sparse = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO";

    // Each keeps another loop of the search busy; all are refused or answered within the budget.
    private static readonly string[] Slow =
    [
        "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1;BYHOUR=1,2,3;BYMINUTE=0,30",
        "FREQ=SECONDLY;INTERVAL=86401;BYHOUR=3;BYMINUTE=0;BYSECOND=0;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=SECONDLY;INTERVAL=604801;BYHOUR=3;BYMINUTE=0;BYSECOND=0",
        "FREQ=SECONDLY;INTERVAL=7;BYMINUTE=59;BYSECOND=59;BYHOUR=23;BYMONTHDAY=31;BYMONTH=12;BYDAY=SU",
        "FREQ=MINUTELY;INTERVAL=10080;BYDAY=TU",
        "FREQ=MINUTELY;INTERVAL=1583;BYYEARDAY=302,-108,-319;BYMONTHDAY=29,9,30,19;BYDAY=WE;BYMINUTE=58",
        "FREQ=HOURLY;INTERVAL=168;BYDAY=SA;BYMONTH=2",
        "FREQ=DAILY;INTERVAL=32;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=1;BYDAY=SU;BYMONTHDAY=3",
        "FREQ=YEARLY;BYYEARDAY=366;BYDAY=53MO;BYHOUR=1,2,3;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;BYHOUR=0,1,2,3,4,5;BYMINUTE=1,2,3,4;BYSETPOS=-366,366,100",
        "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY",
        "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYHOUR=0,1,2,3,4,5,6,7,8",
        "RRULE:FREQ=SECONDLY;INTERVAL=7;COUNT=2000000",
        "RRULE:FREQ=SECONDLY;INTERVAL=7;COUNT=2000000000",
        "RRULE:FREQ=DAILY;BYHOUR=0,12;BYSETPOS=1;COUNT=2000000000",
        .. Enumerable.Repeat("RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0", 90).Chunk(90)
            .Select(rules => string.Join('\n', rules)),
    ];

    public static Task MeasureAsync(Report report)
    {
        report.Add("next occurrence of a usual RRULE (weekdays at 9 in Berlin)", Text(Next(Usual, 200_000)), "aim: a few µs");
        report.Add("the same with COUNT=100000 and an EXDATE", Text(Next(Bounded, 200_000)), $"reading it: {Text(Reading(Bounded, 200))}");
        report.Add("the same of a sparse one (Mondays, 29 February)", Text(Next(Sparse, 50_000)), "once in 28 or 40 years");
        var worst = Slow.Select(rule => (rule, next: Worst(rule), reading: Reading(rule, 5))).ToList();
        foreach (var (rule, next, reading) in worst)
        {
            Console.Error.WriteLine($"    next {Text(next)}, reading {Text(reading)}: {(rule.Length > 150 ? rule[..150] : rule).Replace('\n', ' ')}");
        }

        report.Add(
            $"the longest answer of {Slow.Length} RRULEs made to take long", Text(worst.Max(w => w.next)),
            $"bar: a few ms; the longest reading of one: {Text(worst.Max(w => w.reading))}, bar: 100 ms");
        return Task.CompletedTask;
    }

    /// <summary>The mean over occurrences one after the other, from the first on again when they end.</summary>
    private static TimeSpan Next(string text, int count)
    {
        var schedule = Read(text)!;
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var watch = new Stopwatch();
        for (var round = 0; round < 2; round++)
        {
            var after = start;
            watch.Restart();
            for (var i = 0; i < count; i++)
            {
                after = schedule.Next(after) is { } next && next.Year < 2200 ? next : start;
            }
        }

        return watch.Elapsed / count;
    }

    /// <summary>The longest of some answers from different instants, each the best of three: the machine's own pauses are not the rule's.</summary>
    private static TimeSpan Worst(string text)
    {
        if (Read(text) is not { } schedule)
        {
            return TimeSpan.Zero;
        }

        var longest = TimeSpan.Zero;
        for (var year = 1900; year < 9999; year += 100)
        {
            var after = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
            var best = Enumerable.Range(0, 3).Min(_ => Time(() => schedule.Next(after)));
            longest = best > longest ? best : longest;
        }

        return longest;
    }

    private static TimeSpan Reading(string text, int count)
    {
        Read(text);
        return Enumerable.Range(0, count).Min(_ => Time(() => Read(text)));
    }

    private static TimeSpan Time<T>(Func<T> work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started);
    }

    private static RecurrenceSchedule? Read(string text) =>
        RecurrenceSchedule.TryParse(text, TimeZoneInfo.Utc, out var schedule, out _) ? schedule : null;

    private static string Text(TimeSpan time) =>
        time.TotalMicroseconds < 1000 ? $"{time.TotalMicroseconds:0.00} µs" : $"{time.TotalMilliseconds:0.0} ms";
}
