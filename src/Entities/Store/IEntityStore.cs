using System.Collections.Immutable;
using Akka.Actor;

namespace Runner.Entities.Store;

/// <summary>The outcome of a commit that the store could decide. What it could not decide is a <see cref="StoreException"/>.</summary>
public abstract record CommitResult : INoSerializationVerificationNeeded
{
    private CommitResult() { }

    /// <summary>Everything is durable.</summary>
    /// <param name="Skipped">
    /// Entities whose <see cref="WritePrecondition.CreateIfAbsent"/> or <see cref="WritePrecondition.EraseIfUnchanged"/> write was left out;
    /// usually empty.
    /// </param>
    public sealed record Committed(ImmutableArray<EntityKey> Skipped) : CommitResult;

    /// <summary>Nothing was written: the entity is not at the expected sequence number. Load it and decide again.</summary>
    public sealed record SequenceConflict(EntityKey Entity, long ActualSequence) : CommitResult;

    /// <summary>Nothing was written: another entity holds this slot.</summary>
    public sealed record SlotConflict(string Limit, int Number, EntityKey Holder) : CommitResult;
}

/// <summary>A due wake-up.</summary>
public readonly record struct WakeUp(EntityKey Entity, DateTimeOffset At);

/// <summary>The room that a store takes.</summary>
/// <param name="Bytes">All of it; 0 if it does not know.</param>
/// <param name="FreeBytes">Of these, what erased entities have left and new ones will use.</param>
/// <param name="GivesBack">Whether free room goes back to the disk over time, beyond a small part kept for what comes next.</param>
public readonly record struct StoreSpace(long Bytes, long FreeBytes, bool GivesBack);

/// <summary>A slot that is held.</summary>
public readonly record struct SlotRow(string Limit, int Number, EntityKey Holder);

/// <summary>
/// The contract every store keeps, in memory, on SQLite or on PostgreSQL; one conformance suite holds them to it.
/// Thread-safe. Commits that arrive together are grouped into one transaction; each is decided as if alone, in the order of
/// arrival. After an exception from <see cref="CommitAsync"/> nobody knows whether the commit happened: load, and decide again.
/// </summary>
public interface IEntityStore : IAsyncDisposable
{
    /// <summary>
    /// Writes everything of the commit durably, or nothing. Never blocks the caller. What awaits the task may be run by the store's own
    /// thread: it must go on elsewhere before it does anything that takes time.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, or failed; it may come back.</exception>
    /// <exception cref="StoreFullException">There is no room; nothing was written.</exception>
    Task<CommitResult> CommitAsync(EntityCommit commit);

    /// <summary>Loads an entity's snapshot and the events after it.</summary>
    Task<EntityHistory> LoadAsync(EntityKey entity);

    /// <summary>An entity's events with sequence numbers above <paramref name="afterSequence"/>, as far as no snapshot replaced them.</summary>
    Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost);

    /// <summary>
    /// Wake-ups due at or before <paramref name="until"/>, by due time, then kind, then id; at most <paramref name="atMost"/>, those
    /// after <paramref name="after"/> in that order.
    /// </summary>
    /// <param name="slice">Only those of entities in this slice (<see cref="EntitySlices"/>); null for all.</param>
    Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null);

    /// <summary>Every slot that is held, by limit, then number.</summary>
    Task<ImmutableArray<SlotRow>> SlotsAsync();

    /// <summary>One row by its key; null if there is none.</summary>
    Task<Row?> RowAsync(string table, string key);

    /// <summary>A page of rows.</summary>
    Task<ImmutableArray<Row>> RowsAsync(RowQuery query);

    /// <summary>
    /// Where the row stands that has <paramref name="skip"/> rows before it in a query's order; null if there are not so many. Takes time
    /// in proportion to the rows skipped, but reads no row; the query's <see cref="RowQuery.Limit"/> says nothing here, and it has no
    /// <see cref="RowQuery.After"/>.
    /// </summary>
    /// <param name="skip">0 or more.</param>
    Task<RowPosition?> PlaceAsync(RowQuery query, long skip);

    /// <summary>How much room it takes.</summary>
    Task<StoreSpace> SpaceAsync();

    /// <summary>Asks the store to do the least it can, to learn whether it works.</summary>
    /// <exception cref="StoreException">It does not.</exception>
    Task PingAsync();
}

/// <summary>The store could not do what was asked. The message says what happened, to what, and what to do.</summary>
public abstract class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store is away, locked, read-only or broken.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : StoreException(message, inner)
{
    /// <summary>Whether a part of the store is damaged that was to be read: to try again does not help, and others may be read.</summary>
    public bool IsDamage { get; init; }
}

/// <summary>The store has no room left.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : StoreException(message, inner);
