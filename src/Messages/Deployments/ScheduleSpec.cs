using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>One schedule of a deployment: one of <see cref="Interval"/>, <see cref="Cron"/> and <see cref="Rrule"/>.</summary>
public sealed record ScheduleSpec
{
    /// <summary>In characters.</summary>
    internal const int LongestRecurrence = 6_500;

    internal static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Ten years with three leap days.</summary>
    internal static readonly TimeSpan LongestInterval = TimeSpan.FromDays(3_653);

    internal static ImmutableArray<Field<ScheduleSpec>> Fields { get; } =
    [
        new DurationField<ScheduleSpec>("interval", s => s.Interval, (s, v) => s with { Interval = v }, ShortestInterval, LongestInterval)
        {
            About = "every so often, counted from the anchor; a schedule has one of this, `cron` and `rrule`", Example = "15m",
        },
        new InstantField<ScheduleSpec>("anchor", s => s.Anchor, (s, v) => s with { Anchor = v })
        {
            About = "an instant that is an occurrence of the interval", Default = "`1970-01-01T00:00:00Z`", Example = "2026-01-01T00:00:30Z",
        },
        new TextField<ScheduleSpec>("cron", s => s.Cron, (s, v) => s with { Cron = v })
        {
            About = "five fields (minute, hour, day of month, month, day of week), six with seconds first, or a macro such as `@daily`; "
                + "a schedule has one of this, `interval` and `rrule`",
            Refused = "\"61 * * * *\"", Expected = "a cron expression, such as \"0 4 * * sun\"", Range = "[schedules.md](schedules.md)",
            Example = "\"*/5 8-18 * * mon-fri\"",
        },
        new FlagField<ScheduleSpec>("day_or", s => s.DayOr, (s, v) => s with { DayOr = v })
        {
            About = "of a cron expression that restricts both day fields, whether a day matches when either does (`true`) or only when both do",
            Default = "`true`", Example = "false",
        },
        new TextField<ScheduleSpec>("rrule", s => s.Rrule, (s, v) => s with { Rrule = v })
        {
            About = "a recurrence of iCalendar (RFC 5545), one rule or lines of `DTSTART`, `RRULE`, `RDATE`, `EXDATE`, `EXRULE`",
            Most = LongestRecurrence, Expected = "a recurrence rule, such as \"FREQ=MONTHLY;BYDAY=-1FR\"", Example = "\"FREQ=MONTHLY;BYDAY=-1FR\"",
        },
        new TextField<ScheduleSpec>("timezone", s => s.Timezone, (s, v) => s with { Timezone = v })
        {
            Refused = "Nowhere/Land", About = "an IANA time zone", Expected = "a time zone, such as Europe/Berlin", Default = "UTC",
            Example = "Europe/Berlin",
        },
        new ValuesField<ScheduleSpec>("parameters", s => s.Parameters, (s, v) => s with { Parameters = v })
        {
            About = "parameters of this schedule's runs, over the deployment's", Default = "none", Example = "{name: sunday}",
        },
        new FlagField<ScheduleSpec>("active", s => s.Active, (s, v) => s with { Active = v })
        {
            About = "whether it makes runs", Default = "`true`", Example = "false",
        },
        new InstantField<ScheduleSpec>("end", s => s.End, (s, v) => s with { End = v })
        {
            About = "nothing occurs after it; at it, something may", Default = "none", Example = "2030-01-01T00:00:00Z",
        },
        new WholeField<ScheduleSpec>("max_runs", s => s.MaxRuns, (s, v) => s with { MaxRuns = v }, 1, 1_000_000_000)
        {
            About = "how many runs it makes in its life", Default = "no bound", Example = "13",
        },
        new DurationField<ScheduleSpec>("jitter", s => s.Jitter, (s, v) => s with { Jitter = v }, TimeSpan.Zero, TimeSpan.FromDays(1))
        {
            About = "each run starts up to so long after it is due, by its id", Default = "`0s`", Example = "30s",
        },
        new TextField<ScheduleSpec>("id", s => s.Id, (s, v) => s with { Id = v })
        {
            About = "the schedule's identity across redeploys", IsSpelled = true, Refused = "a/b", Range = "1 to 100 letters, digits, `-`, `_`, `.`",
            Default = "made of what makes it due, and its parameters", Example = "nightly",
        },
    ];

    /// <summary>Stable across redeploys; null derives it from the schedule's own content.</summary>
    public string? Id { get; init; }

    /// <summary>100 ms to 10 years.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>An instant that is an occurrence of the interval; null is 1970-01-01T00:00:00Z.</summary>
    public DateTimeOffset? Anchor { get; init; }

    /// <summary>A cron expression of five fields, or six with seconds first, or a macro such as <c>@hourly</c>.</summary>
    public string? Cron { get; init; }

    /// <summary>Whether a cron expression that restricts both day fields asks for either (true, as cron does) or for both; null is true.</summary>
    public bool? DayOr { get; init; }

    /// <summary>A recurrence as iCalendar writes it (RFC 5545): lines of DTSTART, RRULE, RDATE, EXDATE, EXRULE; up to 6,500 characters.</summary>
    public string? Rrule { get; init; }

    /// <summary>An IANA time zone; null is UTC.</summary>
    public string? Timezone { get; init; }

    /// <summary>Parameters of this schedule's runs, over the deployment's defaults.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get => field ?? ImmutableSortedDictionary<string, JsonElement>.Empty; init; }

    /// <summary>Nothing occurs after this instant; null for no end.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>How many runs it makes in its life, 1 to 1,000,000,000; null for no bound.</summary>
    public long? MaxRuns { get; init; }

    /// <summary>Each run starts up to so long after it is due, by its id; 0 to 1 day, null is 0.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>Whether it emits runs; null is true.</summary>
    public bool? Active { get; init; }
}
