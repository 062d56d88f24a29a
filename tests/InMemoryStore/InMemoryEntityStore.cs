using System.Collections.Immutable;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.InMemoryStore;

/// <summary>
/// The store of simulations and tests: everything is in this object and gone with it. Each task it returns is completed already, and
/// whatever it lists has one order, so a run is repeated exactly. Thread-safe.
/// </summary>
public sealed class InMemoryEntityStore : IEntityStore
{
    private readonly Lock _lock = new();
    private readonly StoreSchema _schema;
    private readonly State _state = new();
    private readonly SortedSet<(long At, EntityKey Entity)>[] _wakeUps =
        [.. Enumerable.Range(0, EntitySlices.Count).Select(_ => new SortedSet<(long, EntityKey)>(WakeUpOrder))];
    private readonly Queue<Erased> _erased = new();
    private readonly TimeProvider? _time;
    private readonly TimeSpan _erasedKept;
    private readonly Dictionary<string, MemoryTable> _tables;
    private bool _disposed;

    /// <summary>An empty store.</summary>
    /// <param name="time">By which erased entities are forgotten; null remembers them for ever.</param>
    /// <param name="erasedKept">For how long an erased entity's last number is remembered; a day unless told.</param>
    /// <exception cref="ArgumentException">The tables do not fit the contract.</exception>
    public InMemoryEntityStore(ImmutableArray<TableDefinition> tables, TimeProvider? time = null, TimeSpan? erasedKept = null)
    {
        _time = time;
        _erasedKept = erasedKept ?? TimeSpan.FromDays(1);
        _schema = new StoreSchema(tables);
        _tables = _schema.Tables.ToDictionary(table => table.Name, table => new MemoryTable(table));
    }

    private static Comparer<(long At, EntityKey Entity)> WakeUpOrder { get; } = Comparer<(long At, EntityKey Entity)>.Create((x, y) =>
        x.At != y.At ? x.At.CompareTo(y.At)
        : Utf8Order.Instance.Compare(x.Entity.Kind, y.Entity.Kind) is not 0 and var kinds ? kinds
        : Utf8Order.Instance.Compare(x.Entity.Id, y.Entity.Id));

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        _schema.Check(commit);
        return Locked(() =>
        {
            ForgetErased();
            CommitResult result = CommitDecision.Decide(commit, _state);
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
        });
    }

    /// <inheritdoc/>
    public Task<EntityHistory> LoadAsync(EntityKey entity) =>
        Locked(() => _state.Entities.TryGetValue(entity, out MemoryEntity? found) ? found.History() : EntityHistory.Empty);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        return Locked(() => _state.Entities.TryGetValue(entity, out MemoryEntity? found) ? found.EventsAfter(afterSequence, atMost) : []);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        StoreSchema.CheckSlice(slice);
        return Locked<ImmutableArray<WakeUp>>(() =>
        [
            .. DueAfter(after, StoreTime.FloorMilliseconds(until), atMost, slice)
                .Select(found => new WakeUp(found.Entity, DateTimeOffset.FromUnixTimeMilliseconds(found.At))),
        ]);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SlotRow>> SlotsAsync() =>
        Locked<ImmutableArray<SlotRow>>(() => [.. _state.Slots.Select(slot => new SlotRow(slot.Key.Limit, slot.Key.Number, slot.Value))]);

    /// <inheritdoc/>
    public Task<Row?> RowAsync(string table, string key)
    {
        _schema.Table(table);
        return Locked(() => _tables[table].Find(key));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query)
    {
        _schema.Table(query.Table).Check(query);
        return Locked(() => _tables[query.Table].Query(query));
    }

    /// <inheritdoc/>
    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip)
    {
        TableSchema schema = _schema.Table(query.Table);
        schema.CheckPlace(query, skip);
        return Locked(() => _tables[query.Table].Place(query, skip));
    }

    /// <inheritdoc/>
    public Task<StoreSpace> SpaceAsync() => Locked(() => new StoreSpace(0, 0, GivesBack: true));

    /// <inheritdoc/>
    public Task PingAsync() => Locked(() => true);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        return ValueTask.CompletedTask;
    }

    private IEnumerable<(long At, EntityKey Entity)> DueAfter(WakeUp? after, long last, int atMost, int? slice)
    {
        if (slice is { } number)
        {
            return DueAfter(_wakeUps[number], after, last, atMost);
        }

        return _wakeUps.SelectMany(wakeUps => DueAfter(wakeUps, after, last, atMost)).Order(WakeUpOrder).Take(atMost);
    }

    private static IEnumerable<(long At, EntityKey Entity)> DueAfter(
        SortedSet<(long At, EntityKey Entity)> wakeUps, WakeUp? after, long last, int atMost)
    {
        IEnumerable<(long At, EntityKey Entity)> found = wakeUps;
        if (after is { } known && wakeUps.Count > 0)
        {
            (long, EntityKey) place = (StoreTime.FloorMilliseconds(known.At), known.Entity);
            found = WakeUpOrder.Compare(place, wakeUps.Max) >= 0 ? [] : wakeUps.GetViewBetween(place, wakeUps.Max).SkipWhile(found => found == place);
        }

        return found.TakeWhile(found => found.At <= last).Take(atMost);
    }

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Task.FromResult(work());
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
            _tables[change.Table].Change(change);
        }

        foreach (SlotChange change in write.Slots)
        {
            Slot(write.Entity, change);
        }
    }

    private void Erase(EntityKey key)
    {
        if (!_state.Entities.TryGetValue(key, out MemoryEntity? entity))
        {
            return;
        }

        Alarm(key, entity, null);
        entity.Erase();
        if (_time is { } time)
        {
            _erased.Enqueue(new Erased(time.GetUtcNow(), key, entity.LastSequence));
        }
    }

    private void ForgetErased()
    {
        while (_erased.TryPeek(out Erased? oldest) && _time!.GetUtcNow() - oldest.At >= _erasedKept)
        {
            _erased.Dequeue();
            if (_state.Entities.TryGetValue(oldest.Entity, out MemoryEntity? entity) && entity.Forget(oldest.LastSequence))
            {
                _state.Entities.Remove(oldest.Entity);
            }
        }
    }

    private void Keep(EntityWrite write)
    {
        if (!_state.Entities.TryGetValue(write.Entity, out MemoryEntity? entity))
        {
            _state.Entities.Add(write.Entity, entity = new MemoryEntity());
        }

        entity.Write(write);
        if (write.WakeUp is { } wakeUp)
        {
            Alarm(write.Entity, entity, wakeUp.At);
        }
    }

    private void Alarm(EntityKey key, MemoryEntity entity, DateTimeOffset? at)
    {
        SortedSet<(long At, EntityKey Entity)> wakeUps = _wakeUps[EntitySlices.Of(key)];
        if (entity.WakeUp is { } old)
        {
            wakeUps.Remove((old, key));
        }

        entity.WakeUp = at is { } time ? StoreTime.CeilingMilliseconds(time) : null;
        if (entity.WakeUp is { } due)
        {
            wakeUps.Add((due, key));
        }
    }

    private void Slot(EntityKey writer, SlotChange change)
    {
        (string, int) slot = (change.Limit, change.Number);
        if (change.Take)
        {
            _state.Slots[slot] = writer;
        }
        else if (_state.Slots.TryGetValue(slot, out EntityKey holder) && holder == writer)
        {
            _state.Slots.Remove(slot);
        }
    }

    private sealed record Erased(DateTimeOffset At, EntityKey Entity, long LastSequence);

    private sealed class State : ICommitState
    {
        public Dictionary<EntityKey, MemoryEntity> Entities { get; } = [];

        public SortedDictionary<(string Limit, int Number), EntityKey> Slots { get; } = new(Comparer<(string Limit, int Number)>.Create((x, y) =>
            Utf8Order.Instance.Compare(x.Limit, y.Limit) is not 0 and var limits ? limits : x.Number.CompareTo(y.Number)));

        public long LastSequence(EntityKey entity) => Entities.TryGetValue(entity, out MemoryEntity? found) ? found.LastSequence : 0;

        public EntityKey? SlotHolder(string limit, int number) => Slots.TryGetValue((limit, number), out EntityKey holder) ? holder : null;
    }
}
