using Runner.Messages.Deployments;

namespace Runner.Actors.Retention;

/// <summary>Which ended runs are kept: those young enough and among the newest, where each is said.</summary>
/// <param name="KeepFor">How long after its end a run is kept; null for ever.</param>
/// <param name="KeepRuns">How many of the newest ended runs are kept; null for all.</param>
public sealed record RetentionRule(TimeSpan? KeepFor, long? KeepRuns)
{
    /// <summary>The longest that a run can be kept by age.</summary>
    public static readonly TimeSpan Longest = RetentionSpec.Longest;

    /// <summary>The most that can be kept by count.</summary>
    public const long Most = RetentionSpec.MostRuns;

    /// <summary>Nothing is ever deleted.</summary>
    public static RetentionRule Everything { get; } = new(null, null);

    /// <summary>Whether it deletes anything at all.</summary>
    public bool Bounds => KeepFor is not null || KeepRuns is not null;
}

/// <summary>What a node does about its ended runs.</summary>
/// <param name="Rule">For the runs of all deployments that have no rule of their own.</param>
/// <param name="KeepAtLeast">
/// What ended more recently than this is kept whatever a rule or a person says: so long an idempotency key is certain to be remembered.
/// </param>
public sealed record RetentionSettings(RetentionRule Rule, TimeSpan KeepAtLeast)
{
    /// <summary>Nothing is deleted, unless a deployment or a person says so.</summary>
    public static RetentionSettings KeepEverything { get; } = new(RetentionRule.Everything, TimeSpan.FromHours(1));

    /// <summary>How often the node looks for runs to delete.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where the attempts' output lies; by default there is none.</summary>
    public IRunOutput Output { get; init; } = new NoOutput();

    private sealed class NoOutput : IRunOutput
    {
        public Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs) => Task.FromResult(new OutputSize(0, [], null));

        public Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs) => Task.FromResult(new OutputSize(0, [], null));
    }
}
