using System.Collections.Concurrent;
using Akka.Actor;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>The entities in this node's memory. Thread-safe.</summary>
public sealed class ResidentEntities
{
    private readonly ConcurrentDictionary<EntityKey, IActorRef> _actors = new();

    /// <summary>How many of a kind; counts them one by one.</summary>
    public int Count(string kind) => _actors.Count(resident => resident.Key.Kind == kind);

    /// <summary>The actor of an entity; null if it is not here.</summary>
    public IActorRef? Find(EntityKey entity) => _actors.GetValueOrDefault(entity);

    internal void Add(EntityKey entity, IActorRef actor) => _actors[entity] = actor;

    // The next life may have come to memory before this one has gone.
    internal void Remove(EntityKey entity, IActorRef actor) => _actors.TryRemove(KeyValuePair.Create(entity, actor));
}
