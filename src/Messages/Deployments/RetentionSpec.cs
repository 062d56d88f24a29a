using System.Collections.Immutable;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>Which ended runs of a deployment are kept. What is left out does not bound: with neither, all are kept for ever.</summary>
/// <param name="KeepFor">How long after its end, 0 to 36,500 days.</param>
/// <param name="KeepRuns">The newest so many, 0 to 1,000,000,000.</param>
public sealed record RetentionSpec(TimeSpan? KeepFor = null, long? KeepRuns = null)
{
    /// <summary>The most that any rule of retention can keep by count.</summary>
    internal const int MostRuns = 1_000_000_000;

    /// <summary>The longest that any rule of retention can keep by age.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    internal static ImmutableArray<Field<RetentionSpec>> Fields { get; } =
    [
        new DurationField<RetentionSpec>("keep_for", r => r.KeepFor, (r, v) => r with { KeepFor = v }, TimeSpan.Zero, Longest)
        {
            About = "how long after its end a run is kept", Default = "for ever", Example = "7d",
        },
        new WholeField<RetentionSpec>("keep_runs", r => r.KeepRuns, (r, v) => r with { KeepRuns = v }, 0, MostRuns)
        {
            About = "the newest ended runs, so many", Default = "all", Example = "500",
        },
    ];
}
