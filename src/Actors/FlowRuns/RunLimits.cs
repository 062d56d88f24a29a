using System.Collections.Immutable;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>Which limits a run takes a slot of, all or none: its deployment's own first, so that it is the one a refusal names.</summary>
internal static class RunLimits
{
    /// <summary>The limits of the recipe. The executing node's own limit is added by the limiter, which chooses the node.</summary>
    public static ImmutableArray<string> Of(RunScheduled scheduled)
    {
        var named = scheduled.Recipe.Limits;
        return scheduled.Recipe.Concurrency is null ? named : [LimitNames.Deployment(scheduled.Deployment), .. named];
    }
}
