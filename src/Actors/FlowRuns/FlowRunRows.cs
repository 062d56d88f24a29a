using System.Collections.Immutable;
using Runner.Actors.Retention;
using Runner.Entities.Store;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>A run in the rows that lists, the limiter and deletions read; and its slots.</summary>
internal static class FlowRunRows
{
    private const char Separator = '\n';

    public static (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(FlowRunState before, FlowRunState after)
    {
        if (ReferenceEquals(before, after))
        {
            return ([], []);
        }

        var key = after.Id.ToString("D");
        var rows = ImmutableArray.CreateBuilder<RowChange>(3);
        rows.Add(Run(key, after));
        if (before.Phase == RunPhase.None)
        {
            rows.Add(RowChange.Put(Tables.OpenRuns.Name, key, after.Scheduled!.Deployment));
        }

        if (after.Phase == RunPhase.Ended)
        {
            rows.Add(RowChange.Delete(Tables.OpenRuns.Name, key));
        }

        if (after.Phase == RunPhase.AwaitingSlot && after.WaitingFor != before.WaitingFor)
        {
            rows.Add(Waiter(key, after));
        }
        else if (before.Phase == RunPhase.AwaitingSlot && after.Phase != RunPhase.AwaitingSlot)
        {
            rows.Add(RowChange.Delete(Tables.Waiters.Name, key));
        }

        return (rows.DrainToImmutable(), Slots(before, after));
    }

    /// <summary>A listed run from its row.</summary>
    public static RunSummary Summary(Row row)
    {
        var v = row.Values;
        return new(
            Guid.Parse(row.Key), (string)v[0]!,
            new RunState(Enum.Parse<StateType>((string)v[2]!), (string)v[1]!, Time((long)v[3]!), (string?)v[4]),
            Time((long)v[5]!), Time((long)v[6]!), OptionalTime(v[7]), OptionalTime(v[8]), (int)(long)v[9]!, (int)(long)v[10]!,
            (int?)(long?)v[11], (string?)v[12], (ImmutableArray<string>)v[14]!, (string?)v[13]);
    }

    /// <summary>An ended run from its row.</summary>
    public static EndedRun Ended(Row row)
    {
        var v = row.Values;
        return new(Guid.Parse(row.Key), (string)v[0]!, (long)v[6]!, Time((long)v[8]!), (int)(long)v[9]!);
    }

    /// <summary>The limits a waiting run needs, from its row in the limiter's queue.</summary>
    public static ImmutableArray<string> WaiterLimits(Row row) =>
        [.. ((string)row.Values[3]!).Split(Separator, StringSplitOptions.RemoveEmptyEntries)];

    private static RowChange Run(string key, FlowRunState s) => RowChange.Put(
        Tables.Runs.Name, key,
        s.Scheduled!.Deployment, s.Current.Name, s.Current.Type.ToString(), Milliseconds(s.Current.At), s.Current.Message,
        Milliseconds(s.Scheduled.Due), Milliseconds(s.Created), Optional(s.Started), Optional(s.Ended), (long)s.Attempt,
        (long)s.Scheduled.Priority, (long?)(s.Outcome?.ExitCode), s.Scheduled.Schedule, s.WaitingFor, s.Scheduled.Tags);

    private static RowChange Waiter(string key, FlowRunState s) => RowChange.Put(
        Tables.Waiters.Name, key,
        s.WaitingFor, -(long)s.Scheduled!.Priority, Milliseconds(s.ReadyAt), string.Join(Separator, RunLimits.Of(s.Scheduled!)));

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

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static long? Optional(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static DateTimeOffset? OptionalTime(object? value) => value is long milliseconds ? Time(milliseconds) : null;
}
