using System.Collections.Immutable;
using Runner.Entities;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// The embedded store of one node: a SQLite database in one file, with a write-ahead log and full synchronisation, so what was
/// acknowledged survives a crash of the program and of the machine. Events and snapshots stand in the tables of Akka.Persistence.Sql, so that
/// its queries and whatever knows that schema can read them. Wake-ups are kept in Unix milliseconds, events' times in ticks of 100 ns since
/// the year 1, in UTC; an event read back has the very instant it was written with.
/// </summary>
public sealed class SqliteEntityStore : IEntityStore
{
    private static readonly TimeSpan LongestKept = TimeSpan.FromDays(36_500);

    private static readonly string OneSlice = $"SELECT kind, id, due FROM wakeups WHERE slice = ?5 AND {Due} ORDER BY due, kind, id LIMIT ?6";

    // Each slice is read from the index in its order and they are merged: as many rows are read as are asked for, and one more of each.
    private static readonly string AllSlices =
        string.Join(" UNION ALL ", Enumerable.Range(0, EntitySlices.Count)
            .Select(slice => $"SELECT kind, id, due FROM wakeups WHERE slice = {slice} AND {Due}"))
        + " ORDER BY due, kind, id LIMIT ?5";

    private const string Due = "due <= ?1 AND (due, kind, id) > (?2, ?3, ?4)";

    private readonly StoreSchema _schema;
    private readonly CommitWriter _writer;
    private readonly ReaderPool _readers;
    private readonly DatabaseFile _file;

    private SqliteEntityStore(SqliteStoreOptions options, StoreSchema schema, ILogger log)
    {
        _schema = schema;
        DatabaseFile file = new(options);
        _file = file;
        _readers = new ReaderPool(file, options.Readers);
        try
        {
            _writer = new CommitWriter(file, schema, options, _readers.Renew, log);
        }
        catch (SqliteException error)
        {
            throw file.Translate(error);
        }
    }

    /// <summary>Opens a database, or makes it if there is no file; adds tables, columns and indexes that are missing.</summary>
    /// <exception cref="StoreUnavailableException">
    /// It cannot be read or written, is no database, belongs to another program, or was written by another version of this one.
    /// </exception>
    /// <exception cref="StoreFullException">There is no room to make or open it.</exception>
    /// <exception cref="ArgumentException">The options or tables do not fit the contract.</exception>
    public static Task<SqliteEntityStore> OpenAsync(SqliteStoreOptions options, ImmutableArray<TableDefinition> tables, ILogger log)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Path);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BusyTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LargestGroup, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Readers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CachedPages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CheckpointPages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ErasedKept, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ErasedKept, LongestKept);
        StoreSchema schema = new(tables);
        return Task.Run(() => new SqliteEntityStore(options, schema, log));
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        _schema.Check(commit);
        return _writer.CommitAsync(commit);
    }

    /// <inheritdoc/>
    public Task<EntityHistory> LoadAsync(EntityKey entity) => _readers.ReadAsync(database => database.InSnapshot(_ =>
    {
        StoredSnapshot? snapshot = database.Cached(
            "SELECT sequence_number, manifest, snapshot FROM snapshot WHERE persistence_id = ? ORDER BY sequence_number DESC LIMIT 1")
            .Bind(1, entity).First(static row => Snapshot(row, 0));
        ImmutableArray<StoredEvent> events = Events(database, entity, 0, -1);
        long? before = events.IsEmpty || events[0].Sequence != (snapshot?.Sequence ?? 0) + 1 ? Remembered(database, entity) : null;
        return new EntityHistory(snapshot, events, events.IsEmpty ? before!.Value : events[^1].Sequence) { Before = before };
    }));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        return _readers.ReadAsync(database => Events(database, entity, afterSequence, atMost));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        StoreSchema.CheckSlice(slice);
        // Nothing stands before the empty kind of the earliest time.
        (long due, EntityKey entity) = after is { } place ? (StoreTime.FloorMilliseconds(place.At), place.Entity)
            : (long.MinValue, new EntityKey("", ""));
        return _readers.ReadAsync(database =>
        {
            ImmutableArray<WakeUp>.Builder found = ImmutableArray.CreateBuilder<WakeUp>();
            Statement statement = database.Cached(slice is null ? AllSlices : OneSlice)
                .Bind(1, StoreTime.FloorMilliseconds(until)).Bind(2, due).BindParts(3, entity);
            (slice is { } number ? statement.Bind(5, number).Bind(6, atMost) : statement.Bind(5, atMost))
                .ReadAll(found, static row => new WakeUp(row.Entity(0), StoreTime.FromMilliseconds(row.Int64(2))));
            return found.ToImmutable();
        });
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SlotRow>> SlotsAsync() => _readers.ReadAsync(database =>
    {
        ImmutableArray<SlotRow>.Builder found = ImmutableArray.CreateBuilder<SlotRow>();
        database.Cached("SELECT limit_name, number, kind, id FROM slots ORDER BY limit_name, number")
            .ReadAll(found, static row => new SlotRow(row.Text(0), (int)row.Int64(1), row.Entity(2)));
        return found.ToImmutable();
    });

    /// <inheritdoc/>
    public Task<Row?> RowAsync(string table, string key)
    {
        TableSchema schema = _schema.Table(table);
        return _readers.ReadAsync(database => database.Cached(RowSql.ByKey(schema)).Bind(1, key).First(row => RowCodec.Read(row, schema)));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query)
    {
        TableSchema schema = _schema.Table(query.Table);
        schema.Check(query);
        RowReader reader = new(schema, query);
        return _readers.ReadAsync(database => database.InSnapshot(reader.Read));
    }

    /// <inheritdoc/>
    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip)
    {
        TableSchema schema = _schema.Table(query.Table);
        schema.CheckPlace(query, skip);
        RowReader reader = new(schema, query);
        return _readers.ReadAsync(database => reader.PlaceAfter(database, skip));
    }

    /// <inheritdoc/>
    public Task<StoreSpace> SpaceAsync() => _readers.ReadAsync(FreeSpace.Of);

    /// <inheritdoc/>
    public async Task PingAsync()
    {
        // A transaction without a change takes the write lock and its turn in the queue, and does not wait for the disk.
        await _writer.CommitAsync(new EntityCommit([])).ConfigureAwait(false);
        await _readers.ReadAsync(database => database.Cached("SELECT 1 FROM slots LIMIT 1").Scalar()).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes a copy of the database as it is at one moment into a new file. Commits and reads go on meanwhile; the write-ahead log is
    /// not shortened until it is done.
    /// </summary>
    /// <param name="path">Is made; is gone again if this fails.</param>
    /// <param name="keepFree">Bytes that have to stay free on the disk of <paramref name="path"/>.</param>
    /// <exception cref="StoreFullException">There would be less room left than that.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be read or the copy not be written.</exception>
    public Task CopyToAsync(string path, long keepFree, CancellationToken cancel) =>
        DatabaseCopy.WriteAsync(_file, Path.GetFullPath(path), keepFree, cancel);

    /// <summary>Checks a database that nothing else has open: whose it is, its version, and that it is whole.</summary>
    /// <exception cref="StoreUnavailableException">It is not what it should be; says why.</exception>
    public static Task VerifyAsync(string path) => DatabaseCopy.VerifyAsync(Path.GetFullPath(path));

    /// <summary>Writes what is queued, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        // The writer is the last to close: it then carries the log over into the database, which readers may not.
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _writer.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>How SQLite would answer a query, line by line (EXPLAIN QUERY PLAN).</summary>
    internal Task<ImmutableArray<string>> ExplainAsync(RowQuery query) =>
        _readers.ReadAsync(new RowReader(_schema.Table(query.Table), query).Explain);

    /// <summary>How SQLite would answer <see cref="WakeUpsAsync"/>, line by line.</summary>
    internal Task<ImmutableArray<string>> ExplainWakeUpsAsync(bool all) => _readers.ReadAsync(database =>
        database.Query("EXPLAIN QUERY PLAN " + (all ? AllSlices : OneSlice), row => row.Text(3)).ToImmutableArray());

    /// <summary>How SQLite would answer <see cref="PlaceAsync"/>, line by line.</summary>
    internal Task<ImmutableArray<string>> ExplainPlaceAsync(RowQuery query) =>
        _readers.ReadAsync(new RowReader(_schema.Table(query.Table), query).ExplainPlace);

    private static ImmutableArray<StoredEvent> Events(Database database, EntityKey entity, long after, int atMost)
    {
        ImmutableArray<StoredEvent>.Builder events = ImmutableArray.CreateBuilder<StoredEvent>();
        database.Cached("SELECT sequence_number, manifest, created, message FROM journal WHERE persistence_id = ? AND sequence_number > ? "
            + "ORDER BY sequence_number LIMIT ?")
            .Bind(1, entity).Bind(2, after).Bind(3, atMost).ReadAll(events, Event);
        return events.ToImmutable();
    }

    private static StoredEvent Event(Statement row) => Event(row, 0);

    /// <summary>An event whose number, manifest, time and payload stand in columns from one on.</summary>
    internal static StoredEvent Event(Statement row, int column)
    {
        (string type, int version, string? damage) = row.Manifest(column + 1);
        return StoreTime.TryFromTicks(row.Int64(column + 2)) is { } at
            ? new StoredEvent(row.Int64(column), type, version, at, row.Blob(column + 3)) { Damage = damage }
            : new StoredEvent(row.Int64(column), type, version, default, row.Blob(column + 3)) { Damage = damage ?? StoreTime.NoTime };
    }

    /// <summary>A snapshot whose number, manifest and payload stand in columns from one on.</summary>
    internal static StoredSnapshot Snapshot(Statement row, int column)
    {
        (_, int version, string? damage) = row.Manifest(column + 1);
        return new StoredSnapshot(row.Int64(column), version, row.Blob(column + 2)) { Damage = damage };
    }

    /// <summary>The number of the last event that a snapshot has replaced or that was erased.</summary>
    private static long Remembered(Database database, EntityKey entity) =>
        database.Cached("SELECT sequence_number FROM journal_metadata WHERE persistence_id = ? ORDER BY sequence_number DESC LIMIT 1").Bind(1, entity)
            .Scalar() ?? 0;
}
