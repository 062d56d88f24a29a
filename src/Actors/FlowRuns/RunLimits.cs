using System.Collections.Immutable;

namespace Runner.Actors.FlowRuns;

/// <summary>Which limits a run takes a slot of, all or none: its deployment's own first, so that it is the one a refusal names.</summary>
internal static class RunLimits
{
    /// <summary>The limits of the recipe. The executing node's own limit is added by the limiter, which chooses the node.</summary>
    public static ImmutableArray<string> Of(FlowRunState state)
    {
        var named = state.Recipe.Limits;
        return state.Recipe.Concurrency is null ? named : [LimitNames.Deployment(state.Scheduled!.Deployment), .. named];
    }
}
