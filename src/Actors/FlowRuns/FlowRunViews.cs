using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>A run as its API shows it.</summary>
internal static class FlowRunViews
{
    public static RunView View(FlowRunState s) => new(
        s.Id, s.Scheduled!.Deployment, s.Current, s.Sequence, s.Scheduled.Due, s.Created, s.Started, s.Ended,
        s.Attempt, s.Recipe.Retries.Count + 1, s.Scheduled.Priority, s.Outcome?.ExitCode, s.Outcome?.Signal,
        s.Scheduled.Schedule, s.Scheduled.RetryOf, s.Scheduled.Tags, s.Scheduled.Parameters, s.Recipe.Command, s.Recipe.Workdir,
        s.WaitingFor, s.Slots, s.Node, s.HasProcess ? s.Handle?.Pid : null, s.Result, [.. s.History],
        s.Scheduled.StartAt, s.Scheduled.Name, s.Recipe.Shell);
}
