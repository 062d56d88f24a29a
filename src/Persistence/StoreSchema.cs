using System.Collections.Frozen;
using System.Collections.Immutable;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>
/// The tables of a store, and the checks that are the same in all: what comes from code that breaks the contract is refused with an
/// <see cref="ArgumentException"/> before it reaches a transaction.
/// </summary>
internal sealed class StoreSchema
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
        ["journal", "journal_metadata", "tags", "snapshot", "wakeups", "slots", "erased", "leases", "nodes", "runner_schema"]);

    private readonly FrozenDictionary<string, TableSchema> _tables;

    public StoreSchema(ImmutableArray<TableDefinition> tables)
    {
        if (tables.FirstOrDefault(table => Reserved.Contains(table.Name)) is { } reserved)
        {
            throw new ArgumentException($"{reserved.Name} is a table of the store itself.");
        }

        Tables = [.. tables.Select(table => new TableSchema(table))];
        _tables = Tables.ToFrozenDictionary(table => table.Name);
    }

    public ImmutableArray<TableSchema> Tables { get; }

    public TableSchema Table(string name) => _tables.TryGetValue(name, out TableSchema? table)
        ? table
        : throw new ArgumentException($"The store has no table {name}.");

    /// <summary>Names go into SQL, so they are held to letters, digits and single underscores.</summary>
    public static void CheckName(string name)
    {
        bool plain = name.Length is > 0 and <= 40 && char.IsAsciiLetterLower(name[0])
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            && !name.Contains("__", StringComparison.Ordinal) && !name.StartsWith("sqlite_", StringComparison.Ordinal);
        if (!plain)
        {
            throw new ArgumentException($"«{name}» cannot name a table or column: lower-case ASCII letters, digits and single underscores.");
        }
    }

    /// <exception cref="ArgumentException">The commit breaks the contract.</exception>
    public void Check(EntityCommit commit)
    {
        if (commit.Writes.IsDefaultOrEmpty)
        {
            throw new ArgumentException("A commit has at least one write.");
        }

        if (commit.Writes.Length > 1 && commit.Writes.Any(write => !write.Replaces.IsEmpty))
        {
            throw new ArgumentException("A write that takes the place of events is alone in its commit.");
        }

        CheckDistinct(commit.Writes);
        foreach (EntityWrite write in commit.Writes)
        {
            CheckEntity(write.Entity);
            CheckSequences(write);
            foreach (RowChange change in write.Rows)
            {
                Table(change.Table).Check(change);
            }

            foreach (SlotChange change in write.Slots)
            {
                ArgumentNullException.ThrowIfNull(change.Limit);
                ArgumentOutOfRangeException.ThrowIfNegative(change.Number);
            }
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    public static void CheckSlice(int? slice)
    {
        if (slice is { } number)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(slice));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, EntitySlices.Count, nameof(slice));
        }
    }

    public static void CheckEntity(EntityKey entity)
    {
        if (entity.Kind is not { Length: > 0 and <= 64 } || entity.Id is not { Length: > 0 and <= 512 }
            || entity.Kind.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"«{entity}» names no entity: a kind has 1 to 64 characters and no slash, an id 1 to 512.");
        }
    }

    /// <summary>What is wrong with an event or snapshot whose name is no name and version.</summary>
    public static string NoManifest(string text) => $"has the name «{text}», which is no name and version";

    private static void CheckSequences(EntityWrite write)
    {
        long last = write.ExpectedSequence;
        foreach (StoredEvent @event in write.Events)
        {
            if (@event.Sequence != ++last)
            {
                throw new ArgumentException($"{write.Entity}: event {@event.Sequence} stands where {last} belongs.");
            }
        }

        if (write.ExpectedSequence < 0 || write.Snapshot is { } snapshot && (snapshot.Sequence < 1 || snapshot.Sequence > last))
        {
            throw new ArgumentException($"{write.Entity}: a snapshot is of an event of the entity, at most {last}.");
        }

        if (!write.Replaces.IsEmpty && (write.Precondition != WritePrecondition.MustMatch || !write.Events.IsEmpty
            || write.Replaces.Any(@event => @event.Sequence < 1 || @event.Sequence > write.ExpectedSequence)))
        {
            throw new ArgumentException(
                $"{write.Entity}: what takes the place of events has their numbers, at most {write.ExpectedSequence}, and goes without new events.");
        }

        if (write.Precondition == WritePrecondition.CreateIfAbsent && (write.ExpectedSequence != 0 || write.Events.IsEmpty))
        {
            throw new ArgumentException($"{write.Entity}: a write that creates it has its first event.");
        }

        if (write.Erases && (!write.Events.IsEmpty || write.Snapshot is not null || write.WakeUp is not null || write.Slots.Any(slot => slot.Take)))
        {
            throw new ArgumentException($"{write.Entity}: a write that erases it adds nothing to it.");
        }
    }

    private static void CheckDistinct(ImmutableArray<EntityWrite> writes)
    {
        if (writes.Length == 1)
        {
            return;
        }

        HashSet<EntityKey> seen = new(writes.Length);
        foreach (EntityWrite write in writes)
        {
            if (!seen.Add(write.Entity))
            {
                throw new ArgumentException($"{write.Entity} is written twice in one commit.");
            }
        }
    }
}
