using System.Collections.Immutable;

namespace Runner.Entities.Store;

/// <summary>Names an entity: exactly one durable actor for each kind and id, anywhere.</summary>
/// <param name="Kind">The entity's kind, e.g. <c>FlowRun</c>; ASCII, no slash, at most 64 characters.</param>
/// <param name="Id">The id within the kind; at most 512 characters.</param>
public readonly record struct EntityKey(string Kind, string Id)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Id}";
}

/// <summary>One event of an entity as the journal keeps it.</summary>
/// <param name="Sequence">1 for an entity's first event, then without gaps.</param>
/// <param name="Type">The event's stable name, e.g. <c>run.completed</c>; never a type name of the code.</param>
/// <param name="Version">The version of the payload's shape, from 1; what lets old journals load.</param>
/// <param name="At">When it was decided, by the deciding node's clock.</param>
/// <param name="Payload">UTF-8 JSON.</param>
public sealed record StoredEvent(long Sequence, string Type, int Version, DateTimeOffset At, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What is wrong with it as far as the store can see, as the end of a sentence about the event; null if nothing is.</summary>
    public string? Damage { get; init; }
}

/// <summary>The state of an entity after the event <paramref name="Sequence"/>; events up to it are not needed any more.</summary>
public sealed record StoredSnapshot(long Sequence, int Version, ReadOnlyMemory<byte> Payload)
{
    /// <summary>
    /// The version of a snapshot that was skipped because it could not be read: a marker, which stands for the state of an entity that has no events.
    /// Its payload is that of a marker in the place of an event.
    /// </summary>
    public const int Skipped = 0;

    /// <summary>What is wrong with it as far as the store can see, as the end of a sentence; null if nothing is.</summary>
    public string? Damage { get; init; }
}

/// <summary>Everything the store has of one entity. An entity that was never written has sequence 0 and nothing else.</summary>
/// <param name="LastSequence">
/// The sequence number of its last event, also if a snapshot has replaced it or the entity was erased (and is remembered still); 0 if there
/// was none.
/// </param>
public sealed record EntityHistory(StoredSnapshot? Snapshot, ImmutableArray<StoredEvent> Events, long LastSequence)
{
    /// <summary>
    /// The number before its first event, where the store has looked for it: that is necessary only where the first event does not follow the
    /// snapshot, or is not number 1. Null where it has not.
    /// </summary>
    public long? Before { get; init; }

    /// <summary>Why nothing of the entity can be read, where that is so of it and not of the store; null if it can.</summary>
    public string? Damage { get; init; }

    /// <summary>The history of an entity that does not exist.</summary>
    public static EntityHistory Empty { get; } = new(null, [], 0);
}

/// <summary>What to do if the entity is not where the writer believes it to be.</summary>
public enum WritePrecondition
{
    /// <summary>The whole commit is refused: somebody else wrote.</summary>
    MustMatch,

    /// <summary>
    /// For the first write of another entity: if that entity exists already this write is left out, with its rows, wake-up and
    /// slots, and the rest of the commit stands. So it is for one that was erased and is remembered still. This is what makes «created once,
    /// ever» true.
    /// </summary>
    CreateIfAbsent,

    /// <summary>
    /// For an erasure among others: if the entity is at another sequence number this write is left out, with its rows and slots, and the
    /// rest of the commit stands.
    /// </summary>
    EraseIfUnchanged,
}

/// <summary>A change of an entity's wake-up, its durable alarm.</summary>
/// <param name="At">When the entity has to be in memory; null if never. Kept to the millisecond, rounded up.</param>
public readonly record struct WakeUpChange(DateTimeOffset? At);

/// <summary>A slot taken or given back. <c>(Limit, Number)</c> is a primary key: it has at most one holder at any time.</summary>
/// <param name="Limit">The limit's name.</param>
/// <param name="Number">The slot's number, from 0.</param>
/// <param name="Take">True to take it for the writing entity, false to give it back (only the holder's own row is removed).</param>
public readonly record struct SlotChange(string Limit, int Number, bool Take);

/// <summary>A row that lists and pages read, put or removed in the same transaction as the events that caused it.</summary>
/// <param name="Table">A table of the store's <see cref="TableDefinition"/>s.</param>
/// <param name="Key">The row's primary key.</param>
/// <param name="Values">One value for each column in the table's order; null (default) removes the row.</param>
public sealed record RowChange(string Table, string Key, ImmutableArray<object?>? Values)
{
    /// <summary>Inserts or replaces a row.</summary>
    public static RowChange Put(string table, string key, params ImmutableArray<object?> values) => new(table, key, values);

    /// <summary>Removes a row if it is there.</summary>
    public static RowChange Delete(string table, string key) => new(table, key, null);
}

/// <summary>All that one commit does to one entity.</summary>
/// <param name="ExpectedSequence">The last sequence number the writer knows; the first event has the next one. The fence.</param>
/// <param name="Events">May be empty: a write may change a wake-up or rows alone; the fence is checked all the same.</param>
public sealed record EntityWrite(EntityKey Entity, long ExpectedSequence, ImmutableArray<StoredEvent> Events)
{
    /// <summary>What to do when <see cref="ExpectedSequence"/> is not the last one.</summary>
    public WritePrecondition Precondition { get; init; } = WritePrecondition.MustMatch;

    /// <summary>A snapshot to keep instead of all events up to and including its sequence number (at most the last of this write's).</summary>
    public StoredSnapshot? Snapshot { get; init; }

    /// <summary>
    /// Events that take the place of those of their numbers, or of a gap: markers of events that could not be read. Their numbers are at most
    /// <see cref="ExpectedSequence"/>; a write that has some is the only one of its commit, and has no events.
    /// </summary>
    public ImmutableArray<StoredEvent> Replaces { get; init; } = [];

    /// <summary>The new wake-up; null leaves it as it is.</summary>
    public WakeUpChange? WakeUp { get; init; }

    /// <summary>Rows to put or remove, in order.</summary>
    public ImmutableArray<RowChange> Rows { get; init; } = [];

    /// <summary>Slots to take or give back, in order.</summary>
    public ImmutableArray<SlotChange> Slots { get; init; } = [];

    /// <summary>Whether this removes the entity: see <see cref="Erase"/>.</summary>
    public bool Erases => Precondition == WritePrecondition.EraseIfUnchanged;

    /// <summary>
    /// Removes an entity: its events, its snapshot and its wake-up. The number of its last event is remembered for a day, longer than anybody
    /// who knew the entity can live, so that nobody writes that number or one before it again: its history is empty but for
    /// <see cref="EntityHistory.LastSequence"/>, a write that creates it is left out, and one that expects the remembered number goes on from
    /// there. After that it is as if it had never been written. Its rows and slots are not looked for: name them.
    /// </summary>
    /// <param name="lastSequence">The number of its last event; at another one nothing of this write is done.</param>
    /// <param name="rows">The rows that go with it.</param>
    public static EntityWrite Erase(EntityKey entity, long lastSequence, params ImmutableArray<RowChange> rows) =>
        new(entity, lastSequence, []) { Precondition = WritePrecondition.EraseIfUnchanged, Rows = rows };
}

/// <summary>
/// What becomes true together or not at all: an entity's own write first, then the first writes of entities it creates.
/// </summary>
public sealed record EntityCommit(ImmutableArray<EntityWrite> Writes);
