using System.Collections.Frozen;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>Decides and writes commits on the writer's connection, within a transaction that somebody else begins and ends.</summary>
internal sealed class CommitApplier : ICommitState, IDisposable
{
    private readonly Database _database;
    private readonly Statement _lastSequence;
    private readonly Statement _slotHolder;
    private readonly Statement _addEvent;
    private readonly Statement _putSnapshot;
    private readonly Statement _dropSnapshots;
    private readonly Statement _dropEvents;
    private readonly Statement _dropNumbers;
    private readonly Statement _putNumber;
    private readonly Statement _putWakeUp;
    private readonly Statement _clearWakeUp;
    private readonly Statement _takeSlot;
    private readonly Statement _giveSlotBack;
    private readonly ErasedEntities _erased;
    private readonly TimeProvider _time;
    private readonly FrozenDictionary<string, TableWriter> _tables;

    /// <param name="writer">Stands in each event's row; there to see which life of the store wrote it.</param>
    public CommitApplier(Database database, StoreSchema schema, SqliteStoreOptions options, string writer)
    {
        _database = database;
        _time = options.Time;
        _erased = new ErasedEntities(database, options.Time, options.ErasedKept);
        // The journal's unique index answers this by its last entry for the entity; no row per entity has to be kept up to date.
        _lastSequence = database.Prepare("""
            SELECT coalesce((SELECT sequence_number FROM journal WHERE persistence_id = ?1 ORDER BY sequence_number DESC LIMIT 1),
                            (SELECT sequence_number FROM journal_metadata WHERE persistence_id = ?1 ORDER BY sequence_number DESC LIMIT 1), 0)
            """);
        _slotHolder = database.Prepare("SELECT kind, id FROM slots WHERE limit_name = ? AND number = ?");
        _addEvent = database.Prepare($"""
            INSERT INTO journal (persistence_id, sequence_number, tags, manifest, created, message, deleted, identifier, writer_uuid)
            VALUES (?, ?, ?, ?, ?, ?, 0, {DatabaseSchema.EventSerializer}, '{writer}')
            """);
        // A snapshot older than the one that is there would leave a gap behind it.
        _putSnapshot = database.Prepare($"""
            INSERT INTO snapshot (persistence_id, sequence_number, created, manifest, snapshot, serializer_id)
            SELECT ?1, ?2, ?3, ?4, ?5, {DatabaseSchema.EventSerializer}
                WHERE NOT EXISTS (SELECT 1 FROM snapshot WHERE persistence_id = ?1 AND sequence_number > ?2)
            ON CONFLICT (persistence_id, sequence_number) DO UPDATE
            SET created = excluded.created, manifest = excluded.manifest, snapshot = excluded.snapshot
            """);
        _dropSnapshots = database.Prepare("DELETE FROM snapshot WHERE persistence_id = ? AND sequence_number < ?");
        _dropEvents = database.Prepare("DELETE FROM journal WHERE persistence_id = ? AND sequence_number <= ?");
        _dropNumbers = database.Prepare("DELETE FROM journal_metadata WHERE persistence_id = ? AND sequence_number < ?");
        _putNumber = database.Prepare("""
            INSERT INTO journal_metadata (persistence_id, sequence_number)
            SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM journal_metadata WHERE persistence_id = ?1)
            """);
        _putWakeUp = database.Prepare(
            "INSERT INTO wakeups (kind, id, due, slice) VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET due = excluded.due");
        _clearWakeUp = database.Prepare("DELETE FROM wakeups WHERE kind = ? AND id = ?");
        _takeSlot = database.Prepare(
            "INSERT INTO slots (limit_name, number, kind, id) VALUES (?, ?, ?, ?) ON CONFLICT (limit_name, number) DO NOTHING");
        _giveSlotBack = database.Prepare("DELETE FROM slots WHERE limit_name = ? AND number = ? AND kind = ? AND id = ?");
        _tables = schema.Tables.ToFrozenDictionary(table => table.Name, table => new TableWriter(database, table));
    }

    public CommitResult Apply(EntityCommit commit) => CommitDecision.Apply(commit, this, Apply);

    /// <summary>Forgets some of what was erased long ago; whether there was any.</summary>
    public bool ForgetErased() => _erased.Forget();

    /// <summary>The transaction was taken back.</summary>
    public void RolledBack() => _erased.RolledBack();

    public long LastSequence(EntityKey entity) => _lastSequence.Bind(1, entity).Scalar() ?? 0;

    public EntityKey? SlotHolder(string limit, int number) =>
        _slotHolder.Bind(1, limit).Bind(2, number).First<EntityKey?>(static row => row.Entity(0));

    public void Dispose()
    {
        _erased.Dispose();
        foreach (Statement statement in (Statement[])
            [
                _lastSequence, _slotHolder, _addEvent, _putSnapshot, _dropSnapshots, _dropEvents, _dropNumbers, _putNumber, _putWakeUp, _clearWakeUp,
                _takeSlot, _giveSlotBack,
            ])
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
            Erase(write.Entity, write.ExpectedSequence);
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
            (change.Take ? _takeSlot : _giveSlotBack).Bind(1, change.Limit).Bind(2, change.Number).BindParts(3, write.Entity).Execute();
        }
    }

    private void Erase(EntityKey entity, long lastSequence)
    {
        _dropEvents.Bind(1, entity).Bind(2, lastSequence).Execute();
        _dropSnapshots.Bind(1, entity).Bind(2, long.MaxValue).Execute();
        _clearWakeUp.BindParts(1, entity).Execute();
        if (lastSequence > 0)
        {
            RememberNumber(entity, lastSequence);
            _erased.Add(entity, lastSequence);
        }
    }

    // So seldom that no statement is kept for it.
    private void Replace(EntityWrite write)
    {
        using Statement put = _database.Prepare($"""
            INSERT INTO journal (persistence_id, sequence_number, tags, manifest, created, message, deleted, identifier, writer_uuid)
            VALUES (?, ?, ?, ?, ?, ?, 0, {DatabaseSchema.EventSerializer}, 'skipped')
            ON CONFLICT (persistence_id, sequence_number) DO UPDATE
            SET manifest = excluded.manifest, created = excluded.created, message = excluded.message, identifier = excluded.identifier,
                tags = excluded.tags
            """);
        foreach (StoredEvent @event in write.Replaces)
        {
            put.Bind(1, write.Entity).Bind(2, @event.Sequence).BindTag(3, write.Entity.Kind).BindManifest(4, @event.Type, @event.Version)
                .Bind(5, StoreTime.ToTicks(@event.At)).Bind(6, @event.Payload.Span).Execute();
        }
    }

    private void Keep(EntityWrite write)
    {
        if (!write.Replaces.IsEmpty)
        {
            Replace(write);
        }

        AddEvents(write);
        if (write.Snapshot is { } snapshot)
        {
            _putSnapshot.Bind(1, write.Entity).Bind(2, snapshot.Sequence).Bind(3, StoreTime.ToTicks(_time.GetUtcNow()))
                .BindManifest(4, write.Entity.Kind + ".snapshot", snapshot.Version).Bind(5, snapshot.Payload.Span).Execute();
            _dropSnapshots.Bind(1, write.Entity).Bind(2, snapshot.Sequence).Execute();
            _dropEvents.Bind(1, write.Entity).Bind(2, snapshot.Sequence).Execute();
            RememberNumber(write.Entity, snapshot.Sequence);
        }

        if (write.WakeUp is { } wakeUp)
        {
            Apply(write.Entity, wakeUp);
        }
    }

    private void AddEvents(EntityWrite write)
    {
        // What is the same for all of them is bound once.
        bool first = true;
        foreach (StoredEvent @event in write.Events)
        {
            if (@event.Sequence <= (write.Snapshot?.Sequence ?? 0))
            {
                continue;
            }

            if (first)
            {
                _addEvent.Bind(1, write.Entity).BindTag(3, write.Entity.Kind);
                first = false;
            }

            _addEvent.Bind(2, @event.Sequence).BindManifest(4, @event.Type, @event.Version).Bind(5, StoreTime.ToTicks(@event.At))
                .Bind(6, @event.Payload.Span).Execute();
        }
    }

    /// <summary>The number of the last event that is not in the journal any more, as Akka.Persistence.Sql keeps it.</summary>
    private void RememberNumber(EntityKey entity, long sequence)
    {
        _dropNumbers.Bind(1, entity).Bind(2, sequence).Execute();
        _putNumber.Bind(1, entity).Bind(2, sequence).Execute();
    }

    private void Apply(EntityKey entity, WakeUpChange change)
    {
        if (change.At is { } at)
        {
            _putWakeUp.BindParts(1, entity).Bind(3, StoreTime.CeilingMilliseconds(at)).Bind(4, EntitySlices.Of(entity)).Execute();
        }
        else
        {
            _clearWakeUp.BindParts(1, entity).Execute();
        }
    }
}
