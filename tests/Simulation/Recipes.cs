using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>Deployments as people might declare them.</summary>
internal static class Recipes
{
    public static readonly ImmutableArray<string> Limits = ["database", "license", "gpu"];

    private static readonly string[] Crons =
    [
        "*/10 * * * *", "7 * * * *", "0,30 * * * *", "30 2 * * *", "15 3 * * mon-fri", "@hourly", "30 */12 * * * *", "15,45 7 L * ?",
        "0 22-4/2 * * fri-mon"
    ];

    private static readonly string[] Rules =
    [
        "DTSTART;TZID=Europe/Paris:20260101T003000\nRRULE:FREQ=HOURLY;BYMINUTE=5,35\nEXRULE:FREQ=DAILY;BYHOUR=12;BYMINUTE=5,35",
        "DTSTART:20260101T000000\nRRULE:FREQ=MINUTELY;INTERVAL=37",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=HOURLY;COUNT=3000\nEXDATE:20260102T030000Z",
        "RRULE:FREQ=DAILY;BYHOUR=1,2,3,14;BYMINUTE=30;BYSECOND=0",
    ];

    private static readonly string?[] Zones = [null, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

    public static DeploymentSpec Draw(SimulatedRandom random, string name, DateTimeOffset now) => WithCatchUp(random, new()
    {
        Name = name,
        Command = ["work", "--for", "{{ parameters.who }}"],
        Workdir = "/",
        Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add("who", JsonDocument.Parse("\"me\"").RootElement),
        Tags = random.Next(2) == 0 ? ["demo"] : [],
        Schedules = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Schedule(random, now))],
        Concurrency = random.Next(2) == 0 ? null
            : new ConcurrencySpec(1 + random.Next(3), random.Next(3) switch { 0 => OnFull.CancelNew, 1 => OnFull.CancelRunning, _ => OnFull.Queue }),
        Limits = [.. Limits.Where(_ => random.Next(3) == 0)],
        Retries = Retries(random),
        Timeout = random.Next(3) == 0 ? TimeSpan.FromSeconds(1 + random.Next(random.Next(2) == 0 ? 30 : 600)) : null,
        StopGrace = random.Next(3) switch { 0 => null, 1 => TimeSpan.Zero, _ => TimeSpan.FromSeconds(random.Next(30)) },
        Priority = random.Next(3) - 1,
        Paused = random.Next(12) == 0,
        Retention = random.Next(4) == 0
            ? new RetentionSpec(TimeSpan.FromMinutes(random.Next(300)), random.Next(2) == 0 ? random.Next(20) : null) : null,
    });

    /// <summary>Shorter in all, and with what it says of nodes.</summary>
    public static DeploymentSpec DrawForCluster(SimulatedRandom random, string name, DateTimeOffset now)
    {
        var spec = Draw(random, name, now);
        return spec with
        {
            Schedules = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Schedule(random, now, 10))],
            Timeout = spec.Timeout is { } timeout ? TimeSpan.FromSeconds(1 + (timeout.TotalSeconds / 5)) : null,
            Retries = spec.Retries with { Delay = spec.Retries.Delay / 10 },
            Retention = spec.Retention is { } kept ? kept with { KeepFor = kept.KeepFor / 20 } : null,
            Requires = random.Next(4) switch
            {
                0 => new NodeRequirements([new LabelRule("zone", ["a"], false)]),
                1 => new NodeRequirements([new LabelRule("spot", null, true)]),
                _ => null,
            },
            OnNodeLoss = random.Next(4) switch
            {
                0 => new NodeLossSpec(NodeLossAction.Crash, TimeSpan.FromSeconds(5 + random.Next(10))),
                1 or 2 => new NodeLossSpec(NodeLossAction.Retry, TimeSpan.FromSeconds(5 + random.Next(30))),
                _ => null,
            },
        };
    }

    /// <param name="hurry">By how much shorter times are.</param>
    public static ScheduleSpec Schedule(SimulatedRandom random, DateTimeOffset now, int hurry = 1)
    {
        var schedule = new ScheduleSpec
        {
            Id = random.Next(5) == 0 ? "named" + random.Next(1_000_000) : null,
            Active = random.Next(8) == 0 ? false : null,
            Timezone = Zones[random.Next(Zones.Length)],
        };
        return Bounded(random, now, hurry, random.Next(4) switch
        {
            3 => schedule with { Rrule = Rules[random.Next(Rules.Length)] },
            0 => schedule with { Cron = Crons[random.Next(Crons.Length)] },
            1 => schedule with { Cron = "*/20 * 1-7 * mon", DayOr = random.Next(2) == 0 },
            _ => schedule with
            {
                Interval = TimeSpan.FromSeconds((120 + random.Next(3600)) / hurry),
                Anchor = random.Next(2) == 0 ? null : DateTimeOffset.UnixEpoch.AddSeconds(random.Next(100_000)),
            },
        });
    }

    /// <summary>The same schedule with other bounds: it goes on.</summary>
    public static ScheduleSpec Bounded(SimulatedRandom random, DateTimeOffset now, ScheduleSpec schedule) => Bounded(random, now, 1, schedule);

    private static ScheduleSpec Bounded(SimulatedRandom random, DateTimeOffset now, int hurry, ScheduleSpec schedule) => schedule with
    {
        End = random.Next(6) == 0 ? now.AddMinutes((random.Next(600) / hurry) - 30) : null,
        MaxRuns = random.Next(5) == 0 ? 1 + random.Next(30) : null,
        Jitter = random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(600) / hurry) : null,
    };

    private static DeploymentSpec WithCatchUp(SimulatedRandom random, DeploymentSpec spec)
    {
        var policy = (CatchUpPolicy)random.Next(3);
        if (policy == CatchUpPolicy.All && spec.Concurrency is { OnFull: OnFull.CancelRunning } concurrency)
        {
            spec = spec with { Concurrency = concurrency with { OnFull = OnFull.Queue } };
        }

        return spec with { CatchUp = policy, CatchUpLimit = policy == CatchUpPolicy.All && random.Next(2) == 0 ? 1 + random.Next(20) : null };
    }

    private static RetrySpec Retries(SimulatedRandom random) => random.Next(3) switch
    {
        0 => RetrySpec.None,
        1 => new RetrySpec { Count = 1 + random.Next(3), Delay = TimeSpan.FromSeconds(random.Next(120)), Backoff = 1 + random.Next(3), Jitter = 0.1 },
        _ => new RetrySpec { Count = 2, Delays = [TimeSpan.Zero, TimeSpan.FromSeconds(30)] },
    };
}
