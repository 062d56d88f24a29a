using System.Collections.Immutable;
using Npgsql;
using Runner.Entities;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres;

/// <summary>
/// The store of many nodes: a PostgreSQL database. Events and snapshots lie in the tables of Akka.Persistence.Sql, with their times as its ticks
/// of UTC; an event read back has the very instant it was written with. What is acknowledged is durable as the server's own settings say
/// (<c>synchronous_commit</c> is asked for; <c>fsync</c> is the server's). Text is ordered by its bytes whatever the database's locale is; in
/// rows, the character U+0000, which PostgreSQL refuses, is kept as U+FFFD.
/// </summary>
public sealed class PostgresEntityStore : IEntityStore
{
    private readonly StoreSchema _schema;
    private readonly PostgresStoreOptions _options;
    private readonly PostgresWriter _writer;
    private readonly ReadPool _readers;

    private PostgresEntityStore(StoreSchema schema, PostgresStoreOptions options, PostgresWriter writer, ReadPool readers) =>
        (_schema, _options, _writer, _readers) = (schema, options, writer, readers);

    /// <summary>Opens a database; makes tables, columns and indexes that are missing, which of several nodes at once only one does.</summary>
    /// <exception cref="StoreUnavailableException">
    /// It cannot be reached or used, has tables of another program, or was written by a newer version of this one.
    /// </exception>
    /// <exception cref="StoreFullException">The server's disk is full.</exception>
    /// <exception cref="ArgumentException">The options or tables do not fit the contract.</exception>
    public static async Task<PostgresEntityStore> OpenAsync(PostgresStoreOptions options, ImmutableArray<TableDefinition> tables, ILogger log)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Connection);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LargestGroup, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Readers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ConnectTimeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StatementTimeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ErasedKept, TimeSpan.Zero);
        StoreSchema schema = new(tables);
        PostgresAddress address = new(options);
        NpgsqlDataSource writers = address.Writers();
        try
        {
            string id = await PostgresSchema.BringAsync(address, schema, log).ConfigureAwait(false);
            Dictionary<string, TableSql> sql = schema.Tables.ToDictionary(table => table.Name, table => new TableSql(table));
            Task<GroupConnection> Open() => GroupConnection.OpenAsync(writers, options, sql, id);
            GroupConnection first = await Open().ConfigureAwait(false);
            ReadPool readers = new(address.Readers(), address, options.Readers);
            return new PostgresEntityStore(schema, options, new PostgresWriter(writers, address, options, first, Open, readers.Renew, log), readers);
        }
        catch (Exception error)
        {
            await writers.DisposeAsync().ConfigureAwait(false);
            if (PostgresErrors.IsOfDatabase(error))
            {
                throw PostgresErrors.Translate(error, address);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        _schema.Check(commit);
        foreach (EntityWrite write in commit.Writes)
        {
            if (RowText.Clean(write.Entity.Id) != write.Entity.Id || RowText.Clean(write.Entity.Kind) != write.Entity.Kind)
            {
                throw new ArgumentException("The id of an entity has no character U+0000, and no half of a surrogate pair.");
            }
        }

        return _writer.CommitAsync(commit);
    }

    /// <inheritdoc/>
    public async Task<EntityHistory> LoadAsync(EntityKey entity)
    {
        // One statement, so that no snapshot comes between itself and the events after it.
        const string sql = """
            (SELECT 0 AS part, sequence_number, manifest, 0::bigint AS created, snapshot AS payload FROM snapshot
                WHERE persistence_id = $1 ORDER BY sequence_number DESC LIMIT 1)
            UNION ALL SELECT 1, sequence_number, manifest, created, message FROM journal WHERE persistence_id = $1
            UNION ALL SELECT 2, sequence_number, NULL, 0, NULL FROM journal_metadata WHERE persistence_id = $1
            UNION ALL SELECT 2, sequence_number, NULL, 0, NULL FROM erased
                WHERE persistence_id = $1 AND at > coalesce(to_timestamp($3::double precision / 1000), now()) - $2
            """;
        ImmutableArray<(int Part, long Sequence, object? Item)> found = await _readers.AllAsync(
            sql, [$"{entity}", _options.ErasedKept, NowMilliseconds()], static row =>
            {
                (int part, long sequence) = (row.GetInt32(0), row.GetInt64(1));
                return (part, sequence, part switch
                {
                    0 => Snapshot(row, 1),
                    1 => Event(row, 1),
                    _ => (object?)null,
                });
            }).ConfigureAwait(false);
        StoredSnapshot? snapshot = found.Select(item => item.Item).OfType<StoredSnapshot>().FirstOrDefault();
        long dropped = snapshot?.Sequence ?? 0;
        return new EntityHistory(
            snapshot,
            [.. found.Select(item => item.Item).OfType<StoredEvent>().Where(@event => @event.Sequence > dropped).OrderBy(@event => @event.Sequence)],
            found.IsEmpty ? 0 : found.Max(item => item.Sequence));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        const string sql = "SELECT sequence_number, manifest, created, "
            + "message FROM journal WHERE persistence_id = $1 AND sequence_number > $2 ORDER BY sequence_number LIMIT $3";
        return _readers.AllAsync(sql, [$"{entity}", afterSequence, (long)atMost], static row => Event(row, 0));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        StoreSchema.CheckSlice(slice);
        // The index has them slice by slice; of all slices, the first of each are merged.
        const string sql = """
            SELECT w.kind, w.id, w.due FROM generate_series($1, $2) s CROSS JOIN LATERAL (
                SELECT kind, id, due FROM wakeups WHERE slice = s AND due <= $3 AND (due, kind, id) > ($4, $5, $6) ORDER BY due, kind, id LIMIT $7) w
            ORDER BY w.due, w.kind, w.id LIMIT $7
            """;
        // Nothing stands before the empty kind of the earliest time.
        (long due, EntityKey entity) = after is { } place ? (StoreTime.FloorMilliseconds(place.At), place.Entity)
            : (long.MinValue, new EntityKey("", ""));
        return _readers.AllAsync(
            sql, [(long)(slice ?? 0), (long)(slice ?? EntitySlices.Count - 1), StoreTime.FloorMilliseconds(until), due, entity.Kind, entity.Id,
                (long)atMost],
            static row => new WakeUp(new EntityKey(row.GetString(0), row.GetString(1)), StoreTime.FromMilliseconds(row.GetInt64(2))));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SlotRow>> SlotsAsync() => _readers.AllAsync(
        "SELECT limit_name, number, kind, id FROM slots ORDER BY limit_name, number", [],
        static row => new SlotRow(row.GetString(0), row.GetInt32(1), new EntityKey(row.GetString(2), row.GetString(3))));

    /// <inheritdoc/>
    public Task<Row?> RowAsync(string table, string key)
    {
        TableSchema schema = _schema.Table(table);
        return _readers.FirstAsync(SelectSql.ByKey(schema), [RowText.Clean(key)!], row => ReadRow(row, schema));
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<Row>> RowsAsync(RowQuery query)
    {
        TableSchema schema = _schema.Table(query.Table);
        schema.Check(query);
        if (SelectSql.Rows(schema, query) is not { } select)
        {
            return [];
        }

        ImmutableArray<Row> rows = await _readers.AllAsync(select.Text, select.Parameters, row => ReadRow(row, schema)).ConfigureAwait(false);
        return rows.Sort(new QueryOrder(schema, query));
    }

    /// <inheritdoc/>
    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip)
    {
        TableSchema schema = _schema.Table(query.Table);
        schema.CheckPlace(query, skip);
        return SelectSql.Place(schema, query, skip) is { } select
            ? _readers.FirstAsync(select.Text, select.Parameters, row => new RowPosition(
                [.. query.OrderBy.Select((order, i) => Value(row, i + 1, schema.Columns[schema.Ordinal(order.Column)].Type))], row.GetString(0)))
            : Task.FromResult<RowPosition?>(null);
    }

    /// <inheritdoc/>
    public async Task<StoreSpace> SpaceAsync()
    {
        // What is free in its files only an extension of the server could count; autovacuum has what comes next use it again, and gives hardly
        // any of it back to the disk: that takes VACUUM FULL, which locks the tables.
        ImmutableArray<long> bytes = await _readers.AllAsync("SELECT pg_database_size(current_database())", [], static row => row.GetInt64(0))
            .ConfigureAwait(false);
        return new StoreSpace(bytes[0], FreeBytes: 0, GivesBack: false);
    }

    /// <inheritdoc/>
    public async Task PingAsync()
    {
        await _writer.CommitAsync(new EntityCommit([])).ConfigureAwait(false);
        await _readers.AllAsync("SELECT 1 FROM slots LIMIT 1", [], static row => row.GetInt32(0)).ConfigureAwait(false);
    }

    /// <summary>Writes what is queued, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _readers.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>How PostgreSQL would answer a query, line by line (EXPLAIN).</summary>
    internal Task<ImmutableArray<string>> ExplainAsync(RowQuery query) => ExplainAsync(SelectSql.Rows(_schema.Table(query.Table), query)!.Value);

    /// <summary>How PostgreSQL would answer <see cref="PlaceAsync"/>, line by line.</summary>
    internal Task<ImmutableArray<string>> ExplainPlaceAsync(RowQuery query) =>
        ExplainAsync(SelectSql.Place(_schema.Table(query.Table), query, 0)!.Value);

    private Task<ImmutableArray<string>> ExplainAsync(Select select) =>
        _readers.AllAsync("EXPLAIN (COSTS OFF) " + select.Text, select.Parameters, static row => row.GetString(0));

    private object NowMilliseconds() => _options.Time is { } time ? time.GetUtcNow().ToUnixTimeMilliseconds() : DBNull.Value;

    internal static StoredEvent Event(NpgsqlDataReader row, int from)
    {
        (string type, int version, string? damage) = JournalNames.Read(row.IsDBNull(from + 1) ? "" : row.GetString(from + 1));
        DateTimeOffset? at = StoreTime.TryFromTicks(row.GetInt64(from + 2));
        return new StoredEvent(row.GetInt64(from), type, version, at ?? default, row.GetFieldValue<byte[]>(from
            + 3)) { Damage = damage ?? (at is null ? StoreTime.NoTime : null) };
    }

    internal static StoredSnapshot Snapshot(NpgsqlDataReader row, int from)
    {
        (_, int version, string? damage) = JournalNames.Read(row.IsDBNull(from + 1) ? "" : row.GetString(from + 1));
        return new StoredSnapshot(row.GetInt64(from), version, row.GetFieldValue<byte[]>(from + 3)) { Damage = damage };
    }

    internal static Row ReadRow(NpgsqlDataReader row, TableSchema table) =>
        new(row.GetString(0), [.. table.Columns.Select((column, i) => Value(row, i + 1, column.Type))]);

    private static object? Value(NpgsqlDataReader row, int ordinal, ColumnType type) => row.IsDBNull(ordinal) ? null : type switch
    {
        ColumnType.Integer => row.GetInt64(ordinal),
        ColumnType.Text => row.GetString(ordinal),
        ColumnType.TextSet => RowText.DecodeSet(row.GetString(ordinal)),
    };
}
