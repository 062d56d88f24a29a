using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>Builds the write that takes an entity from one state to the next: the one place where events become a commit.</summary>
public static class EntityWrites
{
    /// <summary>How many events an entity that has snapshots lives with before the next snapshot replaces them.</summary>
    public const int SnapshotEvery = 100;

    /// <summary>The write of <paramref name="events"/>, which lead from <paramref name="before"/> to <paramref name="after"/>.</summary>
    /// <param name="sequence">The last sequence number before.</param>
    /// <param name="snapshotSequence">The sequence number of the last snapshot; 0 if there is none.</param>
    public static EntityWrite Build<TState, TEvent, TIntent>(
        IEntityBehaviour<TState, TEvent, TIntent> behaviour, IEventCodec codec, string id, TState before, TState after,
        long sequence, long snapshotSequence, IReadOnlyList<(TEvent Event, DateTimeOffset At)> events)
        where TState : class
        where TEvent : class
        where TIntent : class
    {
        var stored = ImmutableArray.CreateBuilder<StoredEvent>(events.Count);
        foreach (var (@event, at) in events)
        {
            var (name, version, payload) = codec.Write(@event);
            stored.Add(new StoredEvent(sequence + stored.Count + 1, name, version, at, payload));
        }

        var (rows, slots) = behaviour.Project(before, after);
        var wakeBefore = behaviour.WakeUpAt(before);
        var wakeAfter = behaviour.WakeUpAt(after);
        var last = sequence + events.Count;
        return new EntityWrite(new EntityKey(behaviour.Kind, id), sequence, stored.MoveToImmutable())
        {
            Rows = rows,
            Slots = slots,
            WakeUp = wakeBefore == wakeAfter ? null : new WakeUpChange(wakeAfter),
            Snapshot = last - snapshotSequence >= SnapshotEvery && behaviour.Snapshot(after) is { } snapshot
                ? new StoredSnapshot(last, 1, snapshot)
                : null,
        };
    }

    /// <summary>The first write of a new entity; left out by the store if the entity exists already.</summary>
    public static EntityWrite First<TState, TEvent, TIntent>(
        IEntityBehaviour<TState, TEvent, TIntent> behaviour, IEventCodec codec, string id, TEvent @event, DateTimeOffset now)
        where TState : class
        where TEvent : class
        where TIntent : class
    {
        var before = behaviour.Initial(id);
        var after = behaviour.Apply(before, @event, now);
        return Build(behaviour, codec, id, before, after, 0, 0, [(@event, now)]) with { Precondition = WritePrecondition.CreateIfAbsent };
    }
}
