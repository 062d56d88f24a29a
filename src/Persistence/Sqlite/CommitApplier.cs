using Runner.Entities.Store;
using System.Collections.Frozen;

namespace Runner.Persistence.Sqlite;

/// <summary>Decides and writes commits on the writer's connection, within a transaction that somebody else begins and ends.</summary>
internal sealed class CommitApplier : ICommitState, IDisposable
{
    private readonly Statement _lastSequence;
    private readonly Statement _slotHolder;
    private readonly Statement _addEvent;
    private readonly Statement _putSnapshot;
    private readonly Statement _dropEvents;
    private readonly Statement _putWakeUp;
    private readonly Statement _clearWakeUp;
    private readonly Statement _eraseEvents;
    private readonly Statement _eraseSnapshot;
    private readonly Statement _takeSlot;
    private readonly Statement _giveSlotBack;
    private readonly FrozenDictionary<string, TableWriter> _tables;

    public CommitApplier(Database database, StoreSchema schema)
    {
        // The events' primary key answers this by its last entry for the entity; no row per entity has to be kept up to date.
        _lastSequence = database.Prepare("""
            SELECT coalesce((SELECT seq FROM events WHERE kind = ?1 AND id = ?2 ORDER BY seq DESC LIMIT 1),
                            (SELECT seq FROM snapshots WHERE kind = ?1 AND id = ?2), 0)
            """);
        _slotHolder = database.Prepare("SELECT kind, id FROM slots WHERE limit_name = ? AND number = ?");
        _addEvent = database.Prepare("INSERT INTO events (kind, id, seq, type, version, at, payload) VALUES (?, ?, ?, ?, ?, ?, ?)");
        // A snapshot older than the one that is there would leave a gap behind it.
        _putSnapshot = database.Prepare("""
            INSERT INTO snapshots (kind, id, seq, version, payload) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, version = excluded.version, payload = excluded.payload WHERE excluded.seq >= snapshots.seq
            """);
        _dropEvents = database.Prepare("DELETE FROM events WHERE kind = ? AND id = ? AND seq <= ?");
        _putWakeUp = database.Prepare("INSERT INTO wakeups (kind, id, due) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET due = excluded.due");
        _clearWakeUp = database.Prepare("DELETE FROM wakeups WHERE kind = ? AND id = ?");
        _eraseEvents = database.Prepare("DELETE FROM events WHERE kind = ? AND id = ?");
        _eraseSnapshot = database.Prepare("DELETE FROM snapshots WHERE kind = ? AND id = ?");
        _takeSlot = database.Prepare("INSERT INTO slots (limit_name, number, kind, id) VALUES (?, ?, ?, ?) ON CONFLICT (limit_name, number) DO NOTHING");
        _giveSlotBack = database.Prepare("DELETE FROM slots WHERE limit_name = ? AND number = ? AND kind = ? AND id = ?");
        _tables = schema.Tables.ToFrozenDictionary(table => table.Name, table => new TableWriter(database, table));
    }

    public CommitResult Apply(EntityCommit commit)
    {
        CommitResult result = CommitDecision.Decide(commit, this);
        if (result is CommitResult.Committed committed)
        {
            foreach (EntityWrite write in commit.Writes)
            {
                if (committed.Skipped.IsEmpty || !committed.Skipped.Contains(write.Entity))
                {
                    Apply(write);
                }
            }
        }

        return result;
    }

    public long LastSequence(EntityKey entity) => _lastSequence.Bind(1, entity).Scalar() ?? 0;

    public EntityKey? SlotHolder(string limit, int number) =>
        _slotHolder.Bind(1, limit).Bind(2, number).First<EntityKey?>(static row => row.Entity(0));

    public void Dispose()
    {
        foreach (Statement statement in (Statement[])
            [_lastSequence, _slotHolder, _addEvent, _putSnapshot, _dropEvents, _putWakeUp, _clearWakeUp, _eraseEvents, _eraseSnapshot, _takeSlot, _giveSlotBack])
        {
            statement.Dispose();
        }

        foreach (TableWriter table in _tables.Values)
        {
            table.Dispose();
        }
    }

    private void Apply(EntityWrite write)
    {
        if (write.Erases)
        {
            Erase(write.Entity);
        }
        else
        {
            Keep(write);
        }

        foreach (RowChange change in write.Rows)
        {
            _tables[change.Table].Apply(change);
        }

        foreach (SlotChange change in write.Slots)
        {
            (change.Take ? _takeSlot : _giveSlotBack).Bind(1, change.Limit).Bind(2, change.Number).Bind(3, write.Entity).Execute();
        }
    }

    private void Erase(EntityKey entity)
    {
        _eraseEvents.Bind(1, entity).Execute();
        _eraseSnapshot.Bind(1, entity).Execute();
        _clearWakeUp.Bind(1, entity).Execute();
    }

    private void Keep(EntityWrite write)
    {
        foreach (StoredEvent @event in write.Events)
        {
            if (@event.Sequence > (write.Snapshot?.Sequence ?? 0))
            {
                _addEvent.Bind(1, write.Entity).Bind(3, @event.Sequence).Bind(4, @event.Type).Bind(5, @event.Version)
                    .Bind(6, StoreTime.ToTicks(@event.At)).Bind(7, @event.Payload.Span).Execute();
            }
        }

        if (write.Snapshot is { } snapshot)
        {
            _putSnapshot.Bind(1, write.Entity).Bind(3, snapshot.Sequence).Bind(4, snapshot.Version).Bind(5, snapshot.Payload.Span).Execute();
            _dropEvents.Bind(1, write.Entity).Bind(3, snapshot.Sequence).Execute();
        }

        if (write.WakeUp is { } wakeUp)
        {
            Apply(write.Entity, wakeUp);
        }
    }

    private void Apply(EntityKey entity, WakeUpChange change)
    {
        if (change.At is { } at)
        {
            _putWakeUp.Bind(1, entity).Bind(3, StoreTime.CeilingMilliseconds(at)).Execute();
        }
        else
        {
            _clearWakeUp.Bind(1, entity).Execute();
        }
    }
}
