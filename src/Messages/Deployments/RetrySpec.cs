using System.Collections.Immutable;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>
/// When an attempt that did not complete is followed by another. The delay before retry n (from 1) is
/// <c>min(Delay × Backoff^(n-1), MaxDelay)</c>, or the n-th of <see cref="Delays"/> (the last one again when they run out),
/// lengthened by a random part of up to <see cref="Jitter"/> of itself.
/// </summary>
public sealed record RetrySpec
{
    /// <summary>As many exit codes as there are.</summary>
    internal const int MostEnds = 256;

    private const int Most = 1_000;
    private const string EndsExpected = "a list of exit codes and names of signals, such as [75, SIGKILL]";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    internal static ImmutableArray<Field<RetrySpec>> Fields { get; } =
    [
        // Where there are delays, their number would be the count if none were said.
        new WholeField<RetrySpec>("count", r => r.Count == 0 && r.Delays.IsEmpty ? null : r.Count, (r, v) => r with { Count = v }, 0, Most)
        {
            About = "retries after the first attempt", Default = "0, or the length of `delays`", DefaultInJson = "0", Example = "3",
        },
        new DurationField<RetrySpec>("delay", r => r.Delay == TimeSpan.Zero ? null : r.Delay, (r, v) => r with { Delay = v }, TimeSpan.Zero, Longest)
        {
            About = "before the first retry", Default = "`0s`", Example = "10s",
        },
        new NumberField<RetrySpec>("backoff", r => r.Backoff == 1 ? null : r.Backoff, (r, v) => r with { Backoff = v }, 1, 100)
        {
            About = "each delay is so many times the one before", Default = "`1`", Example = "2.0",
        },
        new DurationField<RetrySpec>("max_delay", r => r.MaxDelay, (r, v) => r with { MaxDelay = v }, TimeSpan.Zero, Longest)
        {
            About = "the longest delay, before jitter", Default = DurationText.Format(Longest), Example = "5m",
        },
        new DurationsField<RetrySpec>("delays", r => r.Delays, (r, v) => r with { Delays = v }, Longest, Most)
        {
            About = "instead of `delay`; the last one again when they run out", Example = "[1s, 10s, 1m]",
        },
        new NumberField<RetrySpec>("jitter", r => r.Jitter == 0 ? null : r.Jitter, (r, v) => r with { Jitter = v }, 0, 1)
        {
            About = "the random part by which a delay is lengthened", Default = "`0`", Example = "0.1",
        },
        new TextsField<RetrySpec>("on", r => r.On, (r, v) => r with { On = v }, MostEnds)
        {
            Type = "list of exit codes and names of signals",
            About = "of the ends by exit code (`75`) or signal (`SIGKILL`), those that are retried; "
                + "a timeout, a failed start and a lost node are retried whatever stands here",
            Expected = EndsExpected, Default = "all", Range = "codes 0 to 255, `SIGHUP` to `SIGSYS`", Example = "[75, SIGKILL]",
        },
        new TextsField<RetrySpec>("not_on", r => r.NotOn, (r, v) => r with { NotOn = v }, MostEnds)
        {
            Type = "list of exit codes and names of signals", About = "of the same ends, those that are not retried",
            Expected = EndsExpected, Default = "none", Range = "nothing that is in `on`", Example = "[2]",
        },
    ];

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
    /// Which ends by exit code or signal are retried: codes from 0 to 255 and names of signals, such as <c>75</c> and <c>SIGKILL</c>; null for all.
    /// What is no such end, as a timeout, a start that failed, or a lost node, is retried whatever stands here.
    /// </summary>
    public ImmutableArray<string>? On { get; init; }

    /// <summary>Which ends by exit code or signal are not retried; null for none.</summary>
    public ImmutableArray<string>? NotOn { get; init; }
}
