using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;

namespace Runner.Persistence.Journal;

/// <summary>
/// What the journal and the snapshot store of one actor system share: the store, the writes that are on their way to it, and what has
/// been loaded for entities that recover. Thread-safe.
/// </summary>
internal sealed class JournalAccess : IExtension
{
    private readonly IEntityStore _store;
    private readonly IEventCodec _codec;
    private readonly PendingWrites _pending = new();
    private readonly LoadedHistories _loaded;

    /// <param name="clock">Time that passes, whatever the wall clock does.</param>
    public JournalAccess(IEntityStore store, IEventCodec codec, Func<TimeSpan> clock)
    {
        _store = store;
        _codec = codec;
        _loaded = new LoadedHistories(clock);
        Writes = new JournalWrites(store, _pending, _loaded);
    }

    public JournalWrites Writes { get; }

    public static JournalAccess Of(ActorSystem system) => system.WithExtension<JournalAccess, Provider>();

    /// <exception cref="ConfigurationException">The system was made without.</exception>
    public static EntityStoreSetup SetupOf(ActorSystem system)
    {
        var setup = system.Settings.Setup.Get<EntityStoreSetup>();
        return setup.HasValue
            ? setup.Value
            : throw new ConfigurationException(
                $"The actor system {system.Name} has no {nameof(EntityStoreSetup)}: its journal knows neither where to write nor the events' names. "
                + "Add it to the setup with which the system is made.");
    }

    /// <summary>
    /// Loads an entity once its own write has ended, and keeps what was loaded for <see cref="HighestAsync"/> and <see cref="ReplayAsync"/>,
    /// which follow.
    /// </summary>
    public async Task<EntityHistory> LoadAsync(string persistenceId)
    {
        var entity = PersistenceIds.Read(persistenceId);
        await _pending.EndOfAsync(persistenceId).ConfigureAwait(false);
        return await LoadAsync(entity).ConfigureAwait(false);
    }

    /// <summary>The number of an entity's last event.</summary>
    /// <param name="after">What the recovering entity has: the sequence number of its snapshot.</param>
    public async Task<long> HighestAsync(string persistenceId, long after)
    {
        var entity = PersistenceIds.Read(persistenceId);
        await _pending.EndOfAsync(persistenceId).ConfigureAwait(false);
        var history = _loaded.Find(entity, after) ?? await LoadAsync(entity).ConfigureAwait(false);
        if (history.LastSequence <= after)
        {
            // There is nothing to replay, so nobody will ask for it.
            _loaded.Forget(entity);
        }

        return history.LastSequence;
    }

    /// <summary>Hands out the events from one number to another, as <see cref="JournaledEvent"/>s.</summary>
    /// <exception cref="HistoryMovedException">Events in between are not there any more.</exception>
    public async Task ReplayAsync(string persistenceId, long from, long to, long atMost, Action<IPersistentRepresentation> replayed)
    {
        var entity = PersistenceIds.Read(persistenceId);
        var history = _loaded.Take(entity, to) ?? await Histories.LoadAsync(_store, entity).ConfigureAwait(false);
        if (from > 1 || history.Snapshot is not null)
        {
            CheckReaches(history, entity, from);
        }

        // What cannot be read is handed out as such: a replay that fails would stop the entity, and it would come back to fail again, without end.
        foreach (var (sequence, payload) in Histories.Events(history, _codec))
        {
            if (payload is JournaledDamage || (sequence >= from && sequence <= to && atMost-- > 0))
            {
                replayed(new Persistent(payload, sequence, persistenceId));
            }
        }
    }

    private async Task<EntityHistory> LoadAsync(EntityKey entity)
    {
        var loading = _loaded.Begin(entity);
        try
        {
            var history = await Histories.LoadAsync(_store, entity).ConfigureAwait(false);
            _loaded.Keep(loading, history);
            return history;
        }
        catch
        {
            _loaded.GiveUp(loading);
            throw;
        }
    }

    // The snapshot and the events are of two reads when a write came in between; or the entity never asked for its snapshot.
    private static void CheckReaches(EntityHistory history, EntityKey entity, long from)
    {
        if (history.Damage is not null)
        {
            return;
        }

        var before = history.Snapshot?.Sequence ?? (history.Events.IsEmpty ? history.LastSequence : history.Events[0].Sequence - 1);
        if (from <= before)
        {
            throw new HistoryMovedException(entity, from, before);
        }
    }

    /// <summary>Makes the one of a system.</summary>
    internal sealed class Provider : ExtensionIdProvider<JournalAccess>
    {
        public override JournalAccess CreateExtension(ExtendedActorSystem system)
        {
            var setup = SetupOf(system);
            return new JournalAccess(setup.Store, setup.Codec, () => system.Scheduler.MonotonicClock);
        }
    }
}

/// <summary>An entity that recovers got its snapshot from one time and its events from another, and there are events missing in between.</summary>
public sealed class HistoryMovedException(EntityKey entity, long from, long before) : Exception(
    $"The events of {entity} from number {from} on were asked for, but those up to {before} have been replaced by a snapshot or erased. "
    + "Somebody else wrote meanwhile, or the snapshot was not asked for: recover again, beginning with the snapshot.");
