using System.Collections.Immutable;
using Runner.Actors.Limits;
using Runner.Messages.Deployments;
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

    /// <summary>
    /// Whether a grant is what a run asks for, and not what an earlier submission with its id asked that came to nothing: its deployment may have
    /// said otherwise then.
    /// </summary>
    public static bool IsFor(SlotsGranted granted, FlowRunState run) => Waiting(run) is var waiting
        && waiting.AsksFor(granted.Slots, granted.WaitFor)
        && (granted.Requires is null || granted.Requires == (waiting.Requires?.ToString() ?? ""));

    /// <summary>A run as the limiter knows it.</summary>
    public static WaitingRun Waiting(FlowRunState run) => Waiting(run.Id, run.Scheduled!, run.ReadyAt);

    /// <summary>What a run that is due when it is made asks the limiter.</summary>
    public static AcquireSlots FirstAsk(CreateRun create) =>
        new(Waiting(create.Run, create.Scheduled, create.Scheduled.StartAt ?? create.Scheduled.Due));

    private static WaitingRun Waiting(Guid run, RunScheduled scheduled, DateTimeOffset ready) => new(
        run, Of(scheduled), scheduled.Priority, ready, scheduled.Recipe.Concurrency?.Limit,
        scheduled.Recipe.Concurrency?.OnFull ?? OnFull.Queue, scheduled.Recipe.Requires);
}
