using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Messages.Deployments;

/// <summary>A deployment as it is declared: what to run, when, and within which bounds. See docs/deployment-file.md for every field.</summary>
/// <remarks>
/// A field that JSON leaves out arrives here as its type's zero, not as an initializer's value (so the source generator has it);
/// that is why defaults stand in getters, or are said by null.
/// </remarks>
public sealed record DeploymentSpec
{
    /// <summary>30 seconds, as Prefect's runner grants.</summary>
    public static readonly TimeSpan DefaultStopGrace = TimeSpan.FromSeconds(30);

    /// <summary><c>flow/deployment</c>: two parts of letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, each 1 to 100 characters.</summary>
    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The declarer's own version of the recipe; free text.</summary>
    public string? Version { get; init; }

    public ImmutableArray<string> Tags { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Empty if there is a <see cref="Shell"/>. The argv, never passed through a shell; <c>{{ parameters.NAME }}</c> is replaced by the parameter's value, <c>{{ run.id }}</c> by the run's id.</summary>
    public ImmutableArray<string> Command { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>
    /// Instead of <see cref="Command"/>: a text for <c>/bin/sh -c</c>, such as a pipeline. A template in it is one value to the shell, whatever it holds: it is handed over, and never
    /// pasted in.
    /// </summary>
    public string? Shell { get; init; }

    /// <summary>An absolute directory, in which templates are filled in as in the command.</summary>
    public required string Workdir { get; init; }

    /// <summary>Environment added to the node's own. A null value removes the variable. Texts take templates as the command does.</summary>
    public ImmutableSortedDictionary<string, EnvValue?> Env { get => field ?? ImmutableSortedDictionary<string, EnvValue?>.Empty; init; }

    /// <summary>
    /// Which of the node's own variables its programs get, instead of what the node says: names, in which <c>*</c> stands for any characters; null
    /// for what the node says. What was given to the node to do its work no program gets.
    /// </summary>
    public ImmutableArray<string>? EnvInherit { get; init; }

    /// <summary>Default parameters: a JSON object.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get => field ?? ImmutableSortedDictionary<string, JsonElement>.Empty; init; }

    /// <summary>What a run's parameters have to be like: a JSON Schema of draft 2020-12 or 7; null for anything.</summary>
    public JsonElement? ParameterSchema { get; init; }

    /// <summary>Whether parameters that <see cref="ParameterSchema"/> does not allow are refused; null is true.</summary>
    public bool? EnforceParameterSchema { get; init; }

    public ImmutableArray<ScheduleSpec> Schedules { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>What happens to occurrences missed while no node was up.</summary>
    public CatchUpPolicy CatchUp { get; init; }

    /// <summary>How many missed occurrences of a schedule run at most, the newest, with <see cref="CatchUpPolicy.All"/>: 1 to 1,000,000; null for no bound.</summary>
    public int? CatchUpLimit { get; init; }

    /// <summary>How many runs of this deployment may run at once; null for no limit.</summary>
    public ConcurrencySpec? Concurrency { get; init; }

    /// <summary>Named limits, of each of which a run takes one slot.</summary>
    public ImmutableArray<string> Limits { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>The exit codes that complete a run, 0 to 255, which is never retried then; null is 0 alone.</summary>
    public ImmutableArray<int>? SuccessCodes { get; init; }

    public RetrySpec Retries { get => field ?? RetrySpec.None; init; }

    /// <summary>How long an attempt may run, 100 ms to 365 days; null for no bound.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a program has between SIGTERM and SIGKILL, 0 to 1 hour; null is <see cref="DefaultStopGrace"/>.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary>Waiting runs of higher priority start first; -1,000 to 1,000.</summary>
    public int Priority { get; init; }

    /// <summary>Which of its ended runs are kept, instead of the node's rule; null for the node's.</summary>
    public RetentionSpec? Retention { get; init; }

    /// <summary>Whether schedules are paused from the start.</summary>
    public bool Paused { get; init; }

    /// <summary>The system user programs run as; null is the node's own. Another user needs a node that runs as root.</summary>
    public string? User { get; init; }
}

/// <summary>One schedule of a deployment: one of <see cref="Interval"/>, <see cref="Cron"/> and <see cref="Rrule"/>.</summary>
public sealed record ScheduleSpec
{
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

/// <summary>A deployment's own limit.</summary>
/// <param name="Limit">1 or more.</param>
public sealed record ConcurrencySpec(int Limit, OnFull OnFull = OnFull.Queue);

/// <summary>What happens to a run that finds its deployment's limit full.</summary>
public enum OnFull
{
    /// <summary>It waits.</summary>
    Queue,

    /// <summary>It is cancelled at once.</summary>
    CancelNew,

    /// <summary>It takes the place of the oldest one, which is cancelled, as whatever waits already is.</summary>
    CancelRunning,
}

/// <summary>Which ended runs of a deployment are kept. What is left out does not bound: with neither, all are kept for ever.</summary>
/// <param name="KeepFor">How long after its end, 0 to 36,500 days.</param>
/// <param name="KeepRuns">The newest so many, 0 to 1,000,000,000.</param>
public sealed record RetentionSpec(TimeSpan? KeepFor = null, long? KeepRuns = null);

/// <summary>
/// When an attempt that did not complete is followed by another. The delay before retry n (from 1) is
/// <c>min(Delay × Backoff^(n-1), MaxDelay)</c>, or the n-th of <see cref="Delays"/> (the last one again when they run out),
/// lengthened by a random part of up to <see cref="Jitter"/> of itself.
/// </summary>
public sealed record RetrySpec
{
    /// <summary>Never retried.</summary>
    public static RetrySpec None { get; } = new();

    /// <summary>0 to 1,000 retries after the first attempt.</summary>
    public int Count { get; init; }

    /// <summary>0 to 30 days.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>A list of delays instead of <see cref="Delay"/>; empty if unused.</summary>
    public ImmutableArray<TimeSpan> Delays { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>1 (fixed) to 100.</summary>
    public double Backoff { get => field == 0 ? 1 : field; init; }

    /// <summary>The longest delay before jitter; null for 30 days.</summary>
    public TimeSpan? MaxDelay { get; init; }

    /// <summary>0 to 1.</summary>
    public double Jitter { get; init; }

    /// <summary>
    /// Which ends by exit code or signal are retried: codes from 0 to 255 and names of signals, such as <c>75</c> and <c>SIGKILL</c>; null for all. What is no such
    /// end, as a timeout, a start that failed, or a lost node, is retried whatever stands here.
    /// </summary>
    public ImmutableArray<string>? On { get; init; }

    /// <summary>Which ends by exit code or signal are not retried; null for none.</summary>
    public ImmutableArray<string>? NotOn { get; init; }
}
