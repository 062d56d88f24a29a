using Npgsql;
using NpgsqlTypes;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>
/// The statements by which a group of commits is read and written, each for all its entities at once: arrays, taken apart by <c>unnest</c>.
/// </summary>
internal static class GroupSql
{
    // An error of its own kind (22012, division by zero) where a condition holds: a batch has no other way to be taken back from within.
    private const string FailIf = "SELECT 1 / (CASE WHEN ";

    private const string End = " THEN 0 ELSE 1 END)";

    // The highest of its last event, of the last one that a snapshot replaced, and of where it was erased: none of them need be there.
    private const string LastSequences = """
        SELECT p.n, greatest(
            (SELECT j.sequence_number FROM journal j WHERE j.persistence_id = p.id ORDER BY j.sequence_number DESC LIMIT 1),
            (SELECT m.sequence_number FROM journal_metadata m WHERE m.persistence_id = p.id ORDER BY m.sequence_number DESC LIMIT 1),
            (SELECT e.sequence_number FROM erased e WHERE e.persistence_id = p.id AND e.at > coalesce($2, now()) - $3))
        FROM unnest($1) WITH ORDINALITY AS p (id, n)
        """;

    private const string SlotHolders = """
        SELECT p.n, s.kind, s.id FROM unnest($1, $2) WITH ORDINALITY AS p (limit_name, number, n)
        JOIN slots s ON s.limit_name = p.limit_name AND s.number = p.number
        """;

    private const string AddEvents = """
        INSERT INTO journal (persistence_id, sequence_number, deleted, created, tags, message, identifier, manifest, writer_uuid)
        SELECT e.id, e.seq, false, e.created, e.tags, e.message, 12701, e.manifest, $7
        FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS e (id, seq, created, tags, message, manifest, n) ORDER BY e.n
        """;

    private const string ReplaceEvents = """
        INSERT INTO journal (persistence_id, sequence_number, deleted, created, tags, message, identifier, manifest, writer_uuid)
        SELECT e.id, e.seq, false, e.created, e.tags, e.message, 12701, e.manifest, $7
        FROM unnest($1, $2, $3, $4, $5, $6) AS e (id, seq, created, tags, message, manifest)
        ON CONFLICT (persistence_id, sequence_number) DO UPDATE
        SET created = excluded.created, tags = excluded.tags, message = excluded.message, identifier = excluded.identifier,
            manifest = excluded.manifest
        """;

    // Below zero, where nobody who follows the journal looks, and gone again before anybody could: they leave no gap in the order of events.
    private const string AddFences = """
        INSERT INTO journal (ordering, persistence_id, sequence_number, deleted, created, message, identifier, manifest)
        SELECT -nextval('journal_fences'), f.id, f.seq, true, 0, '', 12701, 'fence' FROM unnest($1, $2) AS f (id, seq)
        """;

    private const string DropFences =
        "DELETE FROM journal j USING unnest($1, $2) AS f (id, seq) WHERE j.persistence_id = f.id AND j.sequence_number = f.seq AND j.ordering < 0";

    // Looked at once the events are in: whoever had the same numbers has ended then, and has it that they are used although no event stays.
    private const string Unused = FailIf + """
        EXISTS (SELECT FROM unnest($1, $2) AS p (id, seq) WHERE
            EXISTS (SELECT FROM journal_metadata m WHERE m.persistence_id = p.id AND m.sequence_number > p.seq)
            OR EXISTS (SELECT FROM erased e WHERE e.persistence_id = p.id AND e.sequence_number > p.seq AND e.at > coalesce($3, now()) - $4))
        """ + End;

    // Another error (2201E, logarithm of zero), to tell it from a conflict.
    private const string LockHeld = $"SELECT ln(CASE WHEN EXISTS ({NodeLock.Holds}) THEN 1 ELSE 0 END)";

    private const string DropEvents =
        "DELETE FROM journal j USING unnest($1, $2) AS d (id, seq) WHERE j.persistence_id = d.id AND j.sequence_number <= d.seq";

    private const string PutHighestDropped = """
        INSERT INTO journal_metadata (persistence_id, sequence_number) SELECT d.id, d.seq FROM unnest($1, $2) AS d (id, seq)
        WHERE NOT EXISTS (SELECT FROM journal_metadata m WHERE m.persistence_id = d.id AND m.sequence_number >= d.seq)
        """;

    private const string DropOlderHighest =
        "DELETE FROM journal_metadata m USING unnest($1, $2) AS d (id, seq) WHERE m.persistence_id = d.id AND m.sequence_number < d.seq";

    // A snapshot older than the one that is there would leave a gap behind it.
    private const string PutSnapshots = """
        INSERT INTO snapshot (persistence_id, sequence_number, created, manifest, snapshot, serializer_id)
        SELECT s.id, s.seq, (extract(epoch FROM coalesce($5, now())) * 10000000)::bigint + 621355968000000000, s.manifest, s.payload, 12701
        FROM unnest($1, $2, $3, $4) AS s (id, seq, manifest, payload)
        WHERE NOT EXISTS (SELECT FROM snapshot o WHERE o.persistence_id = s.id AND o.sequence_number > s.seq)
        ON CONFLICT (persistence_id, sequence_number) DO UPDATE
        SET created = excluded.created, manifest = excluded.manifest, snapshot = excluded.snapshot
        """;

    private const string DropOlderSnapshots =
        "DELETE FROM snapshot o USING unnest($1, $2) AS s (id, seq) WHERE o.persistence_id = s.id AND o.sequence_number < s.seq";

    private const string DropSnapshots =
        "DELETE FROM snapshot s USING unnest($1, $2) AS d (id, seq) WHERE s.persistence_id = d.id AND s.sequence_number <= d.seq";

    private const string DropHighest =
        "DELETE FROM journal_metadata m USING unnest($1, $2) AS d (id, seq) WHERE m.persistence_id = d.id AND m.sequence_number <= d.seq";

    private const string PutErased = """
        INSERT INTO erased (persistence_id, sequence_number, at) SELECT d.id, d.seq, coalesce($3, now()) FROM unnest($1, $2) AS d (id, seq)
        ON CONFLICT (persistence_id) DO UPDATE SET sequence_number = excluded.sequence_number, at = excluded.at
        """;

    private const string ForgetErased = "DELETE FROM erased WHERE at <= coalesce($1, now()) - $2";

    private const string PutWakeUps = """
        INSERT INTO wakeups (kind, id, slice, due) SELECT w.kind, w.id, w.slice, w.due FROM unnest($1, $2, $3, $4) AS w (kind, id, slice, due)
        ON CONFLICT (kind, id) DO UPDATE SET due = excluded.due
        """;

    private const string ClearWakeUps = "DELETE FROM wakeups w USING unnest($1, $2) AS c (kind, id) WHERE w.kind = c.kind AND w.id = c.id";

    private const string GiveSlotsBack = """
        DELETE FROM slots s USING unnest($1, $2, $3, $4) AS g (limit_name, number, kind, id)
        WHERE s.limit_name = g.limit_name AND s.number = g.number AND s.kind = g.kind AND s.id = g.id
        """;

    private const string TakeSlots = "INSERT INTO slots (limit_name, number, kind, id) SELECT t.limit_name, t.number, t.kind, t.id FROM unnest($1, "
        + "$2, $3, $4) AS t (limit_name, number, kind, id)";

    /// <summary>Asks for what a group is decided by: first the numbers of its entities, then, if it touches any, the holders of its slots.</summary>
    public static void Read(NpgsqlBatch batch, GroupState state, GroupClock clock)
    {
        Add(batch, LastSequences, Texts(state.Entities, entity => entity.PersistenceId), clock.Now, clock.Kept);
        if (state.Slots.Length > 0)
        {
            Add(batch, SlotHolders, Texts(state.Slots, slot => slot.Limit), Integers(state.Slots, slot => slot.Number));
        }
    }

    /// <summary>Fails where a node's lock is not held any more, and keeps others from taking it until the transaction is over.</summary>
    public static void CheckLock(NpgsqlBatch batch, string owner) => Add(batch, LockHeld, Text(owner));

    /// <summary>
    /// Writes what a group changes of entities and slots; fails with a conflict if somebody else wrote one of them since it was read.
    /// </summary>
    public static void Write(NpgsqlBatch batch, GroupState state, string writer, GroupClock clock, bool forgetErased)
    {
        EntityChange[] touched = [.. state.Entities.Where(entity => entity.Touched)];
        WriteEvents(batch, touched, writer, clock);
        // An entity may be erased and go on within a group: what was before its end goes first.
        WriteErased(batch, [.. touched.Where(entity => entity.ErasedAt > 0)], clock);
        WriteSnapshots(batch, [.. touched.Where(entity => entity.Snapshot is not null)], clock);
        if (forgetErased)
        {
            Add(batch, ForgetErased, clock.Now, clock.Kept);
        }

        WriteWakeUps(batch, touched);
        WriteSlots(batch, state);
    }

    private static void WriteEvents(NpgsqlBatch batch, EntityChange[] touched, string writer, GroupClock clock)
    {
        (EntityChange Entity, StoredEvent Event)[] events = [.. touched.SelectMany(entity => entity.Events.Select(@event => (entity, @event)))];
        if (events.Length > 0)
        {
            Add(batch, AddEvents, Texts(events, e => e.Entity.PersistenceId), Longs(events, e => e.Event.Sequence),
                Longs(events, e => e.Event.At.UtcTicks),
                Texts(events, e => $";{e.Entity.Entity.Kind};"), Bytes(events, e => e.Event.Payload),
                Texts(events, e => JournalNames.Event(e.Event.Type, e.Event.Version)), Text(writer));
        }

        (EntityChange Entity, StoredEvent Event)[] replaced = [.. touched.SelectMany(entity => entity.Replaces.Select(@event => (entity, @event)))];
        if (replaced.Length > 0)
        {
            Add(batch, ReplaceEvents, Texts(replaced, e => e.Entity.PersistenceId), Longs(replaced, e => e.Event.Sequence),
                Longs(replaced, e => e.Event.At.UtcTicks),
                Texts(replaced, e => $";{e.Entity.Entity.Kind};"), Bytes(replaced, e => e.Event.Payload),
                Texts(replaced, e => JournalNames.Event(e.Event.Type, e.Event.Version)), Text(writer));
        }

        EntityChange[] fenced = [.. touched.Where(entity => entity.NeedsFence)];
        if (fenced.Length > 0)
        {
            Add(batch, AddFences, Texts(fenced, entity => entity.PersistenceId), Longs(fenced, entity => entity.Before + 1));
            Add(batch, DropFences, Texts(fenced, entity => entity.PersistenceId), Longs(fenced, entity => entity.Before + 1));
        }

        if (touched.Length > 0)
        {
            Add(batch, Unused, Texts(touched, entity => entity.PersistenceId), Longs(touched, entity => entity.Before), clock.Now, clock.Kept);
        }

        EntityChange[] dropped = [.. touched.Where(entity => entity.DroppedTo > 0 && entity.Before > 0)];
        if (dropped.Length > 0)
        {
            Add(batch, DropEvents, Texts(dropped, entity => entity.PersistenceId), Longs(dropped, entity => entity.DroppedTo));
        }
    }

    private static void WriteErased(NpgsqlBatch batch, EntityChange[] erased, GroupClock clock)
    {
        if (erased.Length > 0)
        {
            foreach (string sql in (string[])[DropHighest, DropSnapshots])
            {
                Add(batch, sql, Texts(erased, entity => entity.PersistenceId), Longs(erased, entity => entity.ErasedAt!.Value));
            }

            Add(batch, PutErased, Texts(erased, entity => entity.PersistenceId), Longs(erased, entity => entity.ErasedAt!.Value), clock.Now);
        }
    }

    private static void WriteSnapshots(NpgsqlBatch batch, EntityChange[] kept, GroupClock clock)
    {
        if (kept.Length == 0)
        {
            return;
        }

        Add(batch, PutSnapshots, Texts(kept, entity => entity.PersistenceId), Longs(kept, entity => entity.Snapshot!.Sequence),
            Texts(kept, entity => JournalNames.Snapshot(entity.Entity.Kind, entity.Snapshot!.Version)),
            Bytes(kept, entity => entity.Snapshot!.Payload), clock.Now);
        foreach (string sql in (string[])[DropOlderSnapshots, PutHighestDropped, DropOlderHighest])
        {
            Add(batch, sql, Texts(kept, entity => entity.PersistenceId), Longs(kept, entity => entity.Snapshot!.Sequence));
        }
    }

    private static void WriteWakeUps(NpgsqlBatch batch, EntityChange[] touched)
    {
        EntityChange[] put = [.. touched.Where(entity => entity.WakeUp is { At: not null })];
        if (put.Length > 0)
        {
            Add(batch, PutWakeUps, Texts(put, entity => entity.Entity.Kind), Texts(put, entity => entity.Entity.Id),
                Integers(put, entity => EntitySlices.Of(entity.Entity)),
                Longs(put, entity => StoreTime.CeilingMilliseconds(entity.WakeUp!.Value.At!.Value)));
        }

        EntityChange[] cleared = [.. touched.Where(entity => entity.WakeUp is { At: null })];
        if (cleared.Length > 0)
        {
            Add(batch, ClearWakeUps, Texts(cleared, entity => entity.Entity.Kind), Texts(cleared, entity => entity.Entity.Id));
        }
    }

    private static void WriteSlots(NpgsqlBatch batch, GroupState state)
    {
        SlotState[] changed = [.. state.Slots.Where(slot => slot.Before != slot.Holder)];
        Add(GiveSlotsBack, [.. changed.Where(slot => slot.Before is not null)], slot => slot.Before!.Value);
        Add(TakeSlots, [.. changed.Where(slot => slot.Holder is not null)], slot => slot.Holder!.Value);

        void Add(string sql, SlotState[] slots, Func<SlotState, EntityKey> holder)
        {
            if (slots.Length > 0)
            {
                GroupSql.Add(
                    batch, sql, Texts(slots, slot => slot.Limit), Integers(slots, slot => slot.Number), Texts(slots, slot => holder(slot).Kind),
                    Texts(slots, slot => holder(slot).Id));
            }
        }
    }

    public static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        NpgsqlBatchCommand command = new(sql);
        foreach (NpgsqlParameter parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    public static NpgsqlParameter Texts<T>(T[] items, Func<T, string?> text) =>
        new NpgsqlParameter<string?[]> { TypedValue = Array.ConvertAll(items, item => text(item)), NpgsqlDbType = NpgsqlDbType.Array
            | NpgsqlDbType.Text };

    public static NpgsqlParameter Text(string text) => new NpgsqlParameter<string> { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Longs<T>(T[] items, Func<T, long> number) =>
        new NpgsqlParameter<long[]> { TypedValue = Array.ConvertAll(items, item => number(item)), NpgsqlDbType = NpgsqlDbType.Array
            | NpgsqlDbType.Bigint };

    public static NpgsqlParameter NullableLongs<T>(T[] items, Func<T, long?> number) =>
        new NpgsqlParameter<long?[]> { TypedValue = Array.ConvertAll(items, item => number(item)), NpgsqlDbType = NpgsqlDbType.Array
            | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<int[]> Integers<T>(T[] items, Func<T, int> number) =>
        new() { TypedValue = Array.ConvertAll(items, item => number(item)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    private static NpgsqlParameter<byte[][]> Bytes<T>(T[] items, Func<T, ReadOnlyMemory<byte>> bytes) =>
        new() { TypedValue = Array.ConvertAll(items, item => bytes(item).ToArray()), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}

/// <summary>What time it is for a group, and for how long erased entities are remembered; by the database's own clock if none is given.</summary>
internal readonly struct GroupClock(PostgresStoreOptions options)
{
    public NpgsqlParameter Now =>
        new NpgsqlParameter<DateTime?> { TypedValue = options.Time?.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public NpgsqlParameter Kept => new NpgsqlParameter<TimeSpan> { TypedValue = options.ErasedKept, NpgsqlDbType = NpgsqlDbType.Interval };
}
