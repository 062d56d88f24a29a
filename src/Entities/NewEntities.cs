using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>
/// A message that makes an entity. If its id was made up for it, nobody can have written one of that id before: the entity comes to memory
/// without its history's being looked for.
/// </summary>
public interface ICreation
{
    /// <summary>Whether the id is one that was never used.</summary>
    bool HasFreshId { get; }

    /// <summary>
    /// The same once it has been at its entity and goes there again: then somebody may have written. Otherwise one that exists would be taken for
    /// new, refused and begun anew for ever.
    /// </summary>
    object WithKnownId();
}

/// <summary>
/// Entities that are about to be made under ids of their own. A presumption, which saves a read and is proved by the entity's first commit: its
/// fence refuses one that exists. Thread-safe.
/// </summary>
public sealed class NewEntities
{
    /// <summary>More are forgotten, the oldest first; an entity that is not known to be new is read.</summary>
    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly HashSet<EntityKey> _entities = [];
    private readonly Queue<EntityKey> _oldestFirst = new();

    internal void Add(EntityKey entity)
    {
        lock (_lock)
        {
            if (_entities.Add(entity))
            {
                _oldestFirst.Enqueue(entity);
                if (_oldestFirst.Count > Most)
                {
                    _entities.Remove(_oldestFirst.Dequeue());
                }
            }
        }
    }

    /// <summary>Whether an entity is presumed to be new; says so once.</summary>
    internal bool Take(EntityKey entity)
    {
        lock (_lock)
        {
            return _entities.Remove(entity);
        }
    }
}
