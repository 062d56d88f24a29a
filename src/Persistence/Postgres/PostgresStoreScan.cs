using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>Reads a whole database in one read-only transaction, each stream through a cursor of its own.</summary>
public sealed class PostgresStoreScan : IStoreScan
{
    private const int AtOnce = 1_000;

    private readonly PostgresAddress _address;
    private readonly StoreSchema _schema;
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private int _cursors;

    private PostgresStoreScan(PostgresAddress address, StoreSchema schema, NpgsqlDataSource source, NpgsqlConnection connection) =>
        (_address, _schema, _source, _connection) = (address, schema, source, connection);

    /// <summary>Opens a database as it is now.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static async Task<PostgresStoreScan> OpenAsync(PostgresStoreOptions options, ImmutableArray<TableDefinition> tables)
    {
        PostgresAddress address = new(options);
        NpgsqlDataSource source = address.Builders();
        try
        {
            NpgsqlConnection connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            PostgresStoreScan scan = new(address, new StoreSchema(tables), source, connection);
            scan.Execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            scan.Execute("SET LOCAL statement_timeout = 0");
            scan.Execute("SET LOCAL idle_in_transaction_session_timeout = 0");
            return scan;
        }
        catch (Exception error)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (PostgresErrors.IsOfDatabase(error))
            {
                throw PostgresErrors.Translate(error, address);
            }

            throw;
        }
    }

    /// <summary>Nothing: a server looks after its files itself. What it cannot read fails when it is read.</summary>
    public IEnumerable<string> Integrity(int atMost, CancellationToken cancel) => [];

    /// <inheritdoc/>
    public IEnumerable<(string Id, StoredEvent Event)> Events(string kind) => OfKind(
        kind, "sequence_number, manifest, created, message", "journal", static row => PostgresEntityStore.Event(row, 1), " AND ordering >= 0");

    /// <inheritdoc/>
    public IEnumerable<(string Id, StoredSnapshot Snapshot)> Snapshots(string kind) => OfKind(
        kind, "sequence_number, manifest, created, snapshot", "snapshot", static row => PostgresEntityStore.Snapshot(row, 1));

    /// <summary>Of erased entities not: those are forgotten after a while, also if they were written again.</summary>
    public IEnumerable<(string Id, long Sequence)> Numbers(string kind) =>
        OfKind(kind, "sequence_number", "journal_metadata", static row => row.GetInt64(1));

    /// <inheritdoc/>
    public bool RemembersNumbers => false;

    /// <inheritdoc/>
    public IEnumerable<(string Id, long Due, int Slice)> WakeUps(string kind) => Read(
        $"SELECT id, due, slice FROM wakeups WHERE kind = '{kind}' ORDER BY id", static row => (row.GetString(0), row.GetInt64(1), row.GetInt32(2)));

    /// <inheritdoc/>
    public IEnumerable<(string Id, string Limit, int Number)> Slots(string kind) => Read(
        $"SELECT id, limit_name, number FROM slots WHERE kind = '{kind}' ORDER BY id, limit_name, number",
        static row => (row.GetString(0), row.GetString(1), row.GetInt32(2)));

    /// <inheritdoc/>
    public IEnumerable<Row> Rows(string table, string? from = null, string? to = null)
    {
        TableSchema schema = _schema.Table(table);
        string columns = string.Concat(schema.Columns.Select(column => $", \"{column.Name}\""));
        string bounds = $"{(from is null ? "" : $" AND \"key\" >= '{from}'")}{(to is null ? "" : $" AND \"key\" < '{to}'")}";
        return Read(
            $"SELECT \"key\"{columns} FROM \"{schema.Name}\" WHERE true{bounds} ORDER BY \"key\"", row => PostgresEntityStore.ReadRow(row, schema));
    }

    /// <inheritdoc/>
    public IEnumerable<(string Key, string Member)> Members(string table, string set) => Read(
        $"SELECT \"key\", \"value\" FROM \"{TableSql.MembersTable(_schema.Table(table), _schema.Table(table).Ordinal(set))}\" ORDER BY \"key\", "
        + "\"value\"", static row => (row.GetString(0), row.GetString(1)));

    /// <inheritdoc/>
    public IEnumerable<(string Where, string What)> Strangers(IReadOnlyCollection<string> kinds)
    {
        string known = string.Join(" OR ", kinds.Select(kind => $"(persistence_id >= '{kind}/' AND persistence_id < '{kind}0')"));
        string names = string.Join(", ", kinds.Select(kind => $"'{kind}'"));
        foreach (string table in (string[])["journal", "snapshot", "journal_metadata", "erased"])
        {
            foreach (string what in Read($"SELECT DISTINCT persistence_id FROM {table} WHERE NOT ({known})", static row => row.GetString(0)))
            {
                yield return (table, what);
            }
        }

        foreach (string what in Read($"SELECT kind || '/' || id FROM wakeups WHERE kind NOT IN ({names})", static row => row.GetString(0)))
        {
            yield return ("wakeups", what);
        }

        foreach ((string holder, string limit, int number) in Read(
            $"SELECT kind || '/' || id, limit_name, number FROM slots WHERE kind NOT IN ({names})",
            static row => (row.GetString(0), row.GetString(1), row.GetInt32(2))))
        {
            yield return ("slots", string.Create(CultureInfo.InvariantCulture, $"{holder}, slot {number} of '{limit}'"));
        }
    }

    /// <summary>None: the table of the erased is what remembers them.</summary>
    public IEnumerable<(string Entity, long Sequence)> ForgottenTooSoon() => [];

    /// <inheritdoc/>
    public string? InRow(string? text) => RowText.Clean(text);

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _source.Dispose();
    }

    private IEnumerable<(string Id, T Value)> OfKind<T>(string kind, string columns, string table, Func<NpgsqlDataReader, T> read, string and = "")
    {
        int prefix = kind.Length + 1;
        return Read(
            $"SELECT persistence_id, {columns} FROM {table} WHERE persistence_id >= '{kind}/' AND persistence_id < '{kind}0'{and} ORDER BY "
            + "persistence_id, sequence_number",
            row => (row.GetString(0)[prefix..], read(row)));
    }

    private IEnumerable<T> Read<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        string cursor = string.Create(CultureInfo.InvariantCulture, $"scan_{++_cursors}");
        Execute($"DECLARE {cursor} NO SCROLL CURSOR FOR {sql}");
        List<T> page = [];
        do
        {
            page.Clear();
            Fetch(cursor, page, read);
            foreach (T item in page)
            {
                yield return item;
            }
        }
        while (page.Count == AtOnce);

        Execute($"CLOSE {cursor}");
    }

    private void Fetch<T>(string cursor, List<T> page, Func<NpgsqlDataReader, T> read)
    {
        try
        {
            using NpgsqlCommand command = new($"FETCH {AtOnce} FROM {cursor}", _connection);
            using NpgsqlDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                page.Add(read(reader));
            }
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            throw PostgresErrors.Translate(error, _address);
        }
    }

    private void Execute(string sql)
    {
        try
        {
            using NpgsqlCommand command = new(sql, _connection);
            command.ExecuteNonQuery();
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            throw PostgresErrors.Translate(error, _address);
        }
    }
}
