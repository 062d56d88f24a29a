using System.Collections.Immutable;
using System.Globalization;
using Runner.Entities.Store;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>Reads a whole database in one transaction of a connection of its own, read-only: a node may write to it meanwhile.</summary>
public sealed class SqliteStoreScan : IStoreScan
{
    private readonly DatabaseFile _file;
    private readonly StoreSchema _schema;
    private readonly Database _database;

    private SqliteStoreScan(DatabaseFile file, StoreSchema schema, Database database) => (_file, _schema, _database) = (file, schema, database);

    /// <summary>Opens a database as it is now.</summary>
    /// <exception cref="StoreException">It cannot be read, or is not one of this program's.</exception>
    public static SqliteStoreScan Open(SqliteStoreOptions options, ImmutableArray<TableDefinition> tables)
    {
        DatabaseFile file = new(options);
        Database? database = null;
        try
        {
            database = file.OpenReader();
            DatabaseSchema.Recognize(database, file.Path);
            database.Execute("BEGIN");
            // The transaction begins with the first reading.
            _ = database.Query("SELECT count(*) FROM sqlite_master", row => row.Int64(0));
            StoreSchema schema = new(tables);
            CheckTables(database, file.Path, schema);
            return new SqliteStoreScan(file, schema, database);
        }
        catch (SqliteException error)
        {
            database?.Dispose();
            throw file.Translate(error);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    private static void CheckTables(Database database, string path, StoreSchema schema)
    {
        foreach (TableSchema table in schema.Tables)
        {
            HashSet<string> present = [.. database.Query($"PRAGMA table_info(\"{table.Name}\")", row => row.Text(1))];
            if (table.Columns.FirstOrDefault(column => !present.Contains(column.Name)) is { } missing)
            {
                throw new StoreUnavailableException(
                    $"{path} was last opened by an older version of this program (its table {table.Name} has no {missing.Name}): "
                    + "start a node of this version on it once, which adds what is missing, and read it then; or use the version that wrote it.");
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Integrity(int atMost, CancellationToken cancel)
    {
        // Of its own connection: it is asked for while others read.
        using Database database = Opened();
        using CancellationTokenRegistration registration = cancel.Register(database.Interrupt);
        foreach (string line in Read(database, $"PRAGMA integrity_check({atMost})", static row => row.Text(0)))
        {
            if (line != "ok")
            {
                yield return line;
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<(string Id, StoredEvent Event)> Events(string kind) => OfKind(
        kind, "sequence_number, manifest, created, message", "journal", static row => SqliteEntityStore.Event(row, 1));

    /// <inheritdoc/>
    public IEnumerable<(string Id, StoredSnapshot Snapshot)> Snapshots(string kind) => OfKind(
        kind, "sequence_number, manifest, snapshot", "snapshot", static row => SqliteEntityStore.Snapshot(row, 1));

    /// <inheritdoc/>
    public IEnumerable<(string Id, long Sequence)> Numbers(string kind) =>
        OfKind(kind, "sequence_number", "journal_metadata", static row => row.Int64(1));

    /// <inheritdoc/>
    public bool RemembersNumbers => true;

    /// <inheritdoc/>
    public IEnumerable<(string Id, long Due, int Slice)> WakeUps(string kind) => Read(
        _database, "SELECT id, due, slice FROM wakeups WHERE kind = ? ORDER BY id", static row => (row.Text(0), row.Int64(1), (int)row.Int64(2)),
        kind);

    /// <inheritdoc/>
    public IEnumerable<(string Id, string Limit, int Number)> Slots(string kind) => Read(
        _database, "SELECT id, limit_name, number FROM slots WHERE kind = ? ORDER BY id, limit_name, number",
        static row => (row.Text(0), row.Text(1), (int)row.Int64(2)), kind);

    /// <inheritdoc/>
    public IEnumerable<Row> Rows(string table, string? from = null, string? to = null)
    {
        TableSchema schema = _schema.Table(table);
        string columns = string.Concat(schema.Columns.Select(column => $", \"{column.Name}\""));
        return Read(
            _database, $"SELECT \"key\"{columns} FROM \"{schema.Name}\" WHERE \"key\" >= ?{(to is null ? "" : " AND \"key\" < ?")} ORDER BY \"key\"",
            row => RowCodec.Read(row, schema), to is null ? [from ?? ""] : [from ?? "", to]);
    }

    /// <inheritdoc/>
    public IEnumerable<(string Key, string Member)> Members(string table, string set) => Read(
        _database, $"SELECT \"key\", \"value\" FROM \"{RowSql.MembersTable(_schema.Table(table).Name, set)}\" ORDER BY \"key\", \"value\"",
        static row => (row.Text(0), row.Text(1)));

    /// <inheritdoc/>
    public IEnumerable<(string Where, string What)> Strangers(IReadOnlyCollection<string> kinds)
    {
        string known = string.Join(" OR ", kinds.Select(kind => $"(persistence_id >= '{kind}/' AND persistence_id < '{kind}0')"));
        string names = string.Join(", ", kinds.Select(kind => $"'{kind}'"));
        foreach (string table in (string[])["journal", "snapshot", "journal_metadata"])
        {
            foreach (string what in Read(_database, $"SELECT DISTINCT persistence_id FROM {table} WHERE NOT ({known})", static row => row.Text(0)))
            {
                yield return (table, what);
            }
        }

        foreach ((string id, string kind) in Read(
            _database, $"SELECT id, kind FROM wakeups WHERE kind NOT IN ({names})", static row => (row.Text(0), row.Text(1))))
        {
            yield return ("wakeups", $"{kind}/{id}");
        }

        foreach ((string holder, string limit, long number) in Read(
            _database, $"SELECT kind, id, limit_name, number FROM slots WHERE kind NOT IN ({names})",
            static row => ($"{row.Text(0)}/{row.Text(1)}", row.Text(2), row.Int64(3))))
        {
            yield return ("slots", string.Create(CultureInfo.InvariantCulture, $"{holder}, slot {number} of '{limit}'"));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<(string Entity, long Sequence)> ForgottenTooSoon() => Read(
        _database, """
        SELECT e.persistence_id, e.sequence_number FROM erased e WHERE NOT EXISTS (
            SELECT 1 FROM journal_metadata m WHERE m.persistence_id = e.persistence_id AND m.sequence_number >= e.sequence_number)
        """,
        static row => (row.Text(0), row.Int64(1)));

    /// <inheritdoc/>
    public string? InRow(string? text) => text;

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private IEnumerable<(string Id, T Value)> OfKind<T>(string kind, string columns, string table, Func<Statement, T> read)
    {
        int prefix = kind.Length + 1;
        return Read(
            _database, $"SELECT persistence_id, {columns} FROM {table} WHERE persistence_id >= ? AND persistence_id < ? "
                + "ORDER BY persistence_id, sequence_number", row => (row.TextAfter(0, prefix), read(row)), $"{kind}/", $"{kind}0");
    }

    private Database Opened()
    {
        try
        {
            return _file.OpenReader();
        }
        catch (SqliteException error)
        {
            throw _file.Translate(error);
        }
    }

    private IEnumerable<T> Read<T>(Database database, string sql, Func<Statement, T> read, params string[] parameters)
    {
        Statement statement = Try(() => database.Prepare(sql));
        try
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                statement.Bind(i + 1, parameters[i]);
            }

            while (Try(statement.Next))
            {
                yield return read(statement);
            }
        }
        finally
        {
            statement.Dispose();
        }
    }

    private T Try<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (SqliteException error) when (error.Primary == raw.SQLITE_INTERRUPT)
        {
            throw new OperationCanceledException("The examination was called off.", error);
        }
        catch (SqliteException error)
        {
            throw _file.Translate(error);
        }
    }
}
