namespace Runner.Entities.Store;

/// <summary>
/// Reads a whole store as it was at one moment, stream by stream, in memory that does not grow with it; a node may work on the store meanwhile. All
/// streams of a kind are in the order of the entities' ids, bytewise; several may be open at once, on one thread.
/// </summary>
public interface IStoreScan : IDisposable
{
    /// <summary>
    /// What the database itself finds wrong with its files, in sentences. Takes long; may run on another thread than everything else.
    /// </summary>
    /// <param name="atMost">How many findings.</param>
    IEnumerable<string> Integrity(int atMost, CancellationToken cancel);

    /// <summary>The events of a kind's entities.</summary>
    IEnumerable<(string Id, StoredEvent Event)> Events(string kind);

    /// <summary>The snapshots of a kind's entities.</summary>
    IEnumerable<(string Id, StoredSnapshot Snapshot)> Snapshots(string kind);

    /// <summary>The number of the last event of each entity of a kind that is not in the journal any more, where one is kept.</summary>
    IEnumerable<(string Id, long Sequence)> Numbers(string kind);

    /// <summary>Whether the number of an entity that was erased and has begun anew stays, so that one without a number has begun at 1.</summary>
    bool RemembersNumbers { get; }

    /// <summary>Wake-ups of a kind's entities, in Unix milliseconds.</summary>
    IEnumerable<(string Id, long Due, int Slice)> WakeUps(string kind);

    /// <summary>Slots that a kind's entities hold.</summary>
    IEnumerable<(string Id, string Limit, int Number)> Slots(string kind);

    /// <summary>Rows of a table from one key on to before another, by key; null for no bound.</summary>
    IEnumerable<Row> Rows(string table, string? from = null, string? to = null);

    /// <summary>The members of a table's set as they can be searched for, by the row's key, then the member.</summary>
    IEnumerable<(string Key, string Member)> Members(string table, string set);

    /// <summary>Whatever belongs to entities of other kinds, in words: where it stands, and what it says.</summary>
    IEnumerable<(string Where, string What)> Strangers(IReadOnlyCollection<string> kinds);

    /// <summary>Erased entities whose last number is not remembered as it should be.</summary>
    IEnumerable<(string Entity, long Sequence)> ForgottenTooSoon();

    /// <summary>A text as a row of this store can hold it.</summary>
    string? InRow(string? text);
}
