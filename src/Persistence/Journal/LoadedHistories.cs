using System.Diagnostics.CodeAnalysis;
using Runner.Entities.Store;

namespace Runner.Persistence.Journal;

/// <summary>
/// Akka.Persistence asks three times to recover one entity: for its snapshot, for its highest sequence number, for its events. One load
/// answers all; it is kept here in between. What is kept is never wrong, as events do not change: it is a reading of a moment ago,
/// and whoever wrote since then is met at the fence. But an entity has to find its own writes again, so a write of this system drops what
/// is kept, and keeps out what is being loaded. Thread-safe.
/// </summary>
/// <param name="clock">Time that passes, whatever the wall clock does.</param>
internal sealed class LoadedHistories(Func<TimeSpan> clock)
{
    /// <summary>More are only kept when entities die half-way through their recovery; then the oldest go.</summary>
    private const int MostEntities = 1_024;

    /// <summary>Likewise, for all of them together.</summary>
    private const int MostEvents = 50_000;

    /// <summary>From a snapshot's being handed out to the question for the events after it.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<EntityKey, LinkedListNode<Loading>> _byEntity = [];
    private readonly LinkedList<Loading> _oldestFirst = new();
    private int _events;

    /// <summary>How many are kept, for tests.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byEntity.Count;
            }
        }
    }

    /// <summary>Says that an entity is about to be loaded.</summary>
    public Loading Begin(EntityKey entity)
    {
        lock (_lock)
        {
            Remove(entity, out _);
            var node = _oldestFirst.AddLast(new Loading(entity));
            _byEntity.Add(entity, node);
            return node.Value;
        }
    }

    /// <summary>Keeps what was loaded, unless the entity was written or another load of it began meanwhile.</summary>
    public void Keep(Loading loading, EntityHistory history)
    {
        lock (_lock)
        {
            if (IsCurrent(loading))
            {
                loading.History = history;
                loading.At = clock();
                _events += history.Events.Length;
                while (_events > MostEvents || _byEntity.Count > MostEntities)
                {
                    Remove(_oldestFirst.First!.Value.Entity, out _);
                }
            }
        }
    }

    /// <summary>Says that the load failed.</summary>
    public void GiveUp(Loading loading)
    {
        lock (_lock)
        {
            if (IsCurrent(loading))
            {
                Remove(loading.Entity, out _);
            }
        }
    }

    /// <summary>What was loaded a moment ago by who has the entity up to <paramref name="after"/>. It stays.</summary>
    public EntityHistory? Find(EntityKey entity, long after)
    {
        lock (_lock)
        {
            return _byEntity.TryGetValue(entity, out var node) && node.Value is { History: { } history } loading
                && (history.Snapshot?.Sequence ?? 0) == after && clock() - loading.At <= Lifetime
                ? history
                : null;
        }
    }

    /// <summary>What is kept of an entity, if it has the events up to <paramref name="to"/>. It goes.</summary>
    public EntityHistory? Take(EntityKey entity, long to)
    {
        lock (_lock)
        {
            return Remove(entity, out var loading) && loading.History is { } history && history.LastSequence >= to ? history : null;
        }
    }

    /// <summary>Drops what is kept of an entity and what is being loaded.</summary>
    public void Forget(EntityKey entity)
    {
        lock (_lock)
        {
            Remove(entity, out _);
        }
    }

    private bool IsCurrent(Loading loading) => _byEntity.TryGetValue(loading.Entity, out var node) && node.Value == loading;

    private bool Remove(EntityKey entity, [NotNullWhen(true)] out Loading? loading)
    {
        loading = null;
        if (_byEntity.Remove(entity, out var node))
        {
            loading = node.Value;
            _oldestFirst.Remove(node);
            _events -= loading.History?.Events.Length ?? 0;
        }

        return loading is not null;
    }

    /// <summary>One load.</summary>
    public sealed class Loading(EntityKey entity)
    {
        public EntityKey Entity => entity;

        /// <summary>Null until it has ended.</summary>
        public EntityHistory? History { get; set; }

        public TimeSpan At { get; set; }
    }
}
