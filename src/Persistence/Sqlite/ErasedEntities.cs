using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Remembers the last numbers of erased entities and forgets them again, a few in each group of commits once they are old. The numbers stand
/// in <c>journal_metadata</c>, where the number of the last event that a snapshot has replaced stands as well; here it is known which of them
/// are to be forgotten, and when. Used by the writer's thread within a transaction.
/// </summary>
internal sealed class ErasedEntities : IDisposable
{
    /// <summary>How many are forgotten in one transaction: next to nothing beside the wait for the disk.</summary>
    private const int AtOnce = 64;

    private readonly TimeProvider _time;
    private readonly TimeSpan _kept;
    private readonly Statement _add;
    private readonly Statement _old;
    private readonly Statement _forget;
    private readonly Statement _remove;
    private readonly Statement _oldest;

    /// <summary>Before it nothing is to be forgotten; null when nobody has looked.</summary>
    private DateTimeOffset? _next;

    public ErasedEntities(Database database, TimeProvider time, TimeSpan kept)
    {
        _time = time;
        _kept = kept;
        _add = database.Prepare("""
            INSERT INTO erased (at, persistence_id, sequence_number) VALUES (?, ?, ?)
            ON CONFLICT (at, persistence_id) DO UPDATE SET sequence_number = excluded.sequence_number
            """);
        _old = database.Prepare("SELECT at, persistence_id, sequence_number FROM erased WHERE at <= ? ORDER BY at LIMIT ?");
        // Not of one that was written again: then the number is that of events or of a snapshot.
        _forget = database.Prepare("""
            DELETE FROM journal_metadata WHERE persistence_id = ?1 AND sequence_number = ?2
                AND NOT EXISTS (SELECT 1 FROM journal WHERE persistence_id = ?1) AND NOT EXISTS (SELECT 1 FROM snapshot WHERE persistence_id = ?1)
            """);
        _remove = database.Prepare("DELETE FROM erased WHERE at = ? AND persistence_id = ?");
        _oldest = database.Prepare("SELECT min(at) FROM erased");
    }

    public void Add(EntityKey entity, long sequence)
    {
        _add.Bind(1, StoreTime.CeilingMilliseconds(_time.GetUtcNow())).Bind(2, entity).Bind(3, sequence).Execute();
        if (_next == DateTimeOffset.MaxValue)
        {
            _next = null;
        }
    }

    /// <summary>Forgets some if there are old ones; whether it did.</summary>
    public bool Forget()
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now < _next)
        {
            return false;
        }

        List<(long At, string Entity, long Sequence)> old = [];
        _old.Bind(1, StoreTime.FloorMilliseconds(now - _kept)).Bind(2, AtOnce).ReadAll(old, static row => (row.Int64(0), row.Text(1), row.Int64(2)));
        foreach ((long at, string entity, long sequence) in old)
        {
            _forget.Bind(1, entity).Bind(2, sequence).Execute();
            _remove.Bind(1, at).Bind(2, entity).Execute();
        }

        _next = _oldest.First(static row => row.IsNull(0) ? (long?)null : row.Int64(0)) is { } next
            ? DateTimeOffset.FromUnixTimeMilliseconds(next) + _kept
            : DateTimeOffset.MaxValue;
        return old.Count > 0;
    }

    /// <summary>The transaction was taken back.</summary>
    public void RolledBack() => _next = null;

    public void Dispose()
    {
        foreach (Statement statement in (Statement[])[_add, _old, _forget, _remove, _oldest])
        {
            statement.Dispose();
        }
    }
}
