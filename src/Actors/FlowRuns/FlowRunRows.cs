using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Messages.Deployments;

namespace Runner.Actors.FlowRuns;

/// <summary>A run in the rows that lists, the limiter and deletions read; and its slots.</summary>
internal static class FlowRunRows
{
    public static (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(FlowRunState before, FlowRunState after)
    {
        if (ReferenceEquals(before, after) || after.Phase == RunPhase.None)
        {
            return ([], []);
        }

        var rows = ImmutableArray.CreateBuilder<RowChange>(3);
        rows.Add(Run(after).Put());
        if (before.Phase == RunPhase.None)
        {
            rows.Add(new OpenRunRow(after.Id, after.Scheduled!.Deployment).Put());
            if (RunWordsRow.Of(after.Scheduled) is { IsEmpty: false } words)
            {
                rows.Add(new RunWordsRow(after.Id, after.Created, words).Put());
            }
        }

        if (after.Phase == RunPhase.Ended)
        {
            rows.Add(OpenRunRow.Delete(after.Id));
        }

        if (after.Phase == RunPhase.AwaitingSlot && after.WaitingFor != before.WaitingFor)
        {
            rows.Add(new WaiterRow(
                after.Id, after.WaitingFor!, after.Scheduled!.Priority, after.ReadyAt, RunLimits.Of(after.Scheduled), after.Recipe.Concurrency?.Limit,
                after.Recipe.Concurrency is { OnFull: OnFull.CancelRunning }, after.Recipe.Requires).Put());
        }
        else if (before.Phase == RunPhase.AwaitingSlot && after.Phase != RunPhase.AwaitingSlot)
        {
            rows.Add(WaiterRow.Delete(after.Id));
        }

        return (rows.DrainToImmutable(), Slots(before, after));
    }

    private static RunRow Run(FlowRunState s) => new(
        s.Id, s.Scheduled!.Deployment, s.Current, s.Scheduled.Due, s.Created, s.Started, s.Ended,
        s.Attempt, s.Scheduled.Priority, s.Outcome?.ExitCode, s.Scheduled.Schedule, s.WaitingFor, s.Scheduled.Tags, s.Scheduled.Name);

    private static ImmutableArray<SlotChange> Slots(FlowRunState before, FlowRunState after)
    {
        if (before.Slots.SequenceEqual(after.Slots))
        {
            return [];
        }

        return
        [
            .. before.Slots.Except(after.Slots).Select(s => new SlotChange(s.Limit, s.Number, Take: false)),
            .. after.Slots.Except(before.Slots).Select(s => new SlotChange(s.Limit, s.Number, Take: true)),
        ];
    }
}
