using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Host.Verification;

/// <summary>Everything that a store has of a kind's entities, side by side.</summary>
internal sealed class KindStreams : IDisposable
{
    private const string OfDeployments = "deployment:";
    private const string AfterDeployments = "deployment;";
    private const string LimiterId = "limiter";

    public KindStreams(IStoreScan scan, string kind)
    {
        Events = new("events", scan.Events(kind), e => e.Id);
        Snapshots = new("snapshots", scan.Snapshots(kind), s => s.Id);
        Numbers = new("remembered numbers", scan.Numbers(kind), n => n.Id);
        WakeUps = new("wake-ups", scan.WakeUps(kind), w => w.Id);
        Slots = new("slots", scan.Slots(kind), s => s.Id);
        Tables = kind switch
        {
            "FlowRun" => [Own(Runner.Actors.Tables.Runs), Own(Runner.Actors.Tables.RunWords), Own(Runner.Actors.Tables.OpenRuns), Own(
                Runner.Actors.Tables.Waiters)],
            "Deployment" =>
            [
                Own(Runner.Actors.Tables.Deployments), Own(Runner.Actors.Tables.Retention),
                (Runner.Actors.Tables.Limits, new(
                    Runner.Actors.Tables.Limits.Name, scan.Rows(Runner.Actors.Tables.Limits.Name, OfDeployments, AfterDeployments), r =>
                        r.Key[OfDeployments.Length..])),
            ],
            _ =>
            [
                (Runner.Actors.Tables.Limits, new(
                    Runner.Actors.Tables.Limits.Name,
                    scan.Rows(Runner.Actors.Tables.Limits.Name, null, OfDeployments)
                        .Concat(scan.Rows(Runner.Actors.Tables.Limits.Name, AfterDeployments)),
                    _ => LimiterId)),
            ],
        };

        (TableDefinition, ScanCursor<Row>) Own(TableDefinition table) => (table, new(table.Name, scan.Rows(table.Name), r => r.Key));
    }

    public ScanCursor<(string Id, StoredEvent Event)> Events { get; }

    public ScanCursor<(string Id, StoredSnapshot Snapshot)> Snapshots { get; }

    public ScanCursor<(string Id, long Sequence)> Numbers { get; }

    public ScanCursor<(string Id, long Due, int Slice)> WakeUps { get; }

    public ScanCursor<(string Id, string Limit, int Number)> Slots { get; }

    public ImmutableArray<(TableDefinition Table, ScanCursor<Row> Rows)> Tables { get; }

    /// <summary>The first stream that cannot be read on.</summary>
    public (string Name, string Why)? Broken
    {
        get
        {
            foreach (var (name, why) in (ReadOnlySpan<(string, string?)>)
                [
                    (Events.Name, Events.Broken), (Snapshots.Name, Snapshots.Broken), (Numbers.Name, Numbers.Broken),
                    (WakeUps.Name, WakeUps.Broken), (Slots.Name, Slots.Broken)
                ])
            {
                if (why is not null)
                {
                    return (name, why);
                }
            }

            foreach (var (_, rows) in Tables)
            {
                if (rows.Broken is { } why)
                {
                    return (rows.Name, why);
                }
            }

            return null;
        }
    }

    /// <summary>The next entity that any stream has something of.</summary>
    public string? Next()
    {
        var next = IdOrder.Least(IdOrder.Least(Events.Id, Snapshots.Id), IdOrder.Least(IdOrder.Least(Numbers.Id, WakeUps.Id), Slots.Id));
        foreach (var (_, rows) in Tables)
        {
            next = IdOrder.Least(next, rows.Id);
        }

        return next;
    }

    public void Dispose()
    {
        Events.Dispose();
        Snapshots.Dispose();
        Numbers.Dispose();
        WakeUps.Dispose();
        Slots.Dispose();
        foreach (var (_, rows) in Tables)
        {
            rows.Dispose();
        }
    }
}
