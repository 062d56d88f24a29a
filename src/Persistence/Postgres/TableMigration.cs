using System.Collections.Immutable;
using System.Globalization;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres;

/// <summary>
/// Makes a table of rows what its definition says: creates it, adds columns, makes and drops indexes. Columns that the definition does not have
/// any more stay, so that the version before can still be used. A set is kept in its row as JSON, and its members in a table of their own.
/// </summary>
internal sealed class TableMigration(PostgresSession session, PostgresAddress address, TableSchema table, ILogger log)
{
    private const int LongestName = 63;

    private bool _said;

    /// <summary>All of a definition that a database is made by: where it is the same, there is nothing to do.</summary>
    public static string Describe(TableSchema table) =>
        $"{table.Name}({string.Join(", ", table.Columns.Select(column => $"{column.Name} {column.Type}"))}) "
        + $"by {string.Join("; ", table.Definition.Indexes.Select(index => string.Join(", ", index)))} members by "
        + $"{string.Join(", ", table.Definition.SetOrder)}";

    public async Task BringAsync()
    {
        await session.ExecuteAsync($"CREATE TABLE IF NOT EXISTS {Quoted(table.Name)} (\"key\" text COLLATE \"C\" PRIMARY KEY)").ConfigureAwait(false);
        Dictionary<string, string> present = await ColumnsAsync(table.Name).ConfigureAwait(false);
        foreach (Column column in table.Columns)
        {
            if (!present.TryGetValue(column.Name, out string? type))
            {
                await session.ExecuteAsync($"ALTER TABLE {Quoted(table.Name)} ADD COLUMN {Definition(column)}").ConfigureAwait(false);
            }
            else if (type != TypeOf(column))
            {
                throw new StoreUnavailableException($"{address.Capital} was written by another version of this program: "
                    + $"{table.Name}.{column.Name} is {type} there and {TypeOf(column)} here.");
            }
        }

        await BringIndexesAsync(table.Name, [.. table.Definition.Indexes]).ConfigureAwait(false);
        foreach (int set in table.Sets)
        {
            await BringMembersAsync(set).ConfigureAwait(false);
        }
    }

    private async Task BringIndexesAsync(string name, ImmutableArray<ImmutableArray<string>> indexes)
    {
        Dictionary<string, string> wanted = [];
        foreach (ImmutableArray<string> index in indexes)
        {
            // Nulls first, as every order has them; the key ends each, so that rows alike in the rest have their place.
            wanted[Named($"{name}__by({string.Join(", ", index)})")] = string.Concat(index.Select(column => $"{Quoted(column)} NULLS FIRST, "))
                + Quoted("key");
        }

        List<string> present = await session.QueryAsync(
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND tablename = $1 AND indexname LIKE '%\\_\\_by(%'",
            static row => row.GetString(0), name).ConfigureAwait(false);
        foreach (string index in present.Except(wanted.Keys))
        {
            await session.ExecuteAsync($"DROP INDEX {Quoted(index)}").ConfigureAwait(false);
        }

        foreach (string index in wanted.Keys.Except(present))
        {
            await SayOnceAsync().ConfigureAwait(false);
            await session.ExecuteAsync($"CREATE INDEX {Quoted(index)} ON {Quoted(name)} ({wanted[index]})").ConfigureAwait(false);
        }
    }

    // The members of a set, each with the columns they are ordered by. Made anew from the rows when those columns are others now.
    private async Task BringMembersAsync(int set)
    {
        string members = TableSql.MembersTable(table, set);
        ImmutableArray<string> order = table.Definition.SetOrder;
        Dictionary<string, string> present = await ColumnsAsync(members).ConfigureAwait(false);
        if (!present.Keys.ToHashSet().SetEquals([.. order, "key", "value"]))
        {
            await SayOnceAsync().ConfigureAwait(false);
            string columns = string.Concat(table.SetOrder.Select(i => $", {Definition(table.Columns[i])}"));
            string names = string.Concat(order.Select(column => $", {Quoted(column)}"));
            string values = string.Concat(order.Select(column => $", t.{Quoted(column)}"));
            await session.ExecuteAsync($"DROP TABLE IF EXISTS {Quoted(members)}").ConfigureAwait(false);
            await session.ExecuteAsync($"CREATE TABLE {Quoted(members)} (\"key\" text COLLATE \"C\" NOT NULL, "
                + $"\"value\" text COLLATE \"C\" NOT NULL{columns}, PRIMARY KEY (\"key\", \"value\"))").ConfigureAwait(false);
            await session.ExecuteAsync($"""
                INSERT INTO {Quoted(members)} ("key", "value"{names}) SELECT t."key", m.value{values}
                FROM {Quoted(table.Name)} t, json_array_elements_text(t.{Quoted(table.Columns[set].Name)}::json) m (value) ON CONFLICT DO NOTHING
                """).ConfigureAwait(false);
        }

        await BringIndexesAsync(members, [["value", .. order]]).ConfigureAwait(false);
    }

    // A big table takes a while, and whoever waits for the node to start is to know what for.
    private async Task SayOnceAsync()
    {
        if (!_said && (await session.QueryAsync($"SELECT 1 FROM {Quoted(table.Name)} LIMIT 1", static row => row.GetInt32(0))
            .ConfigureAwait(false)).Count > 0)
        {
            log.Information(
                "Making the indexes of {Table} in {Database} that this version reads. It takes some seconds for each million rows, once; "
                + "if it is interrupted, the next start begins again.",
                table.Name, address.ToString());
            _said = true;
        }
    }

    private async Task<Dictionary<string, string>> ColumnsAsync(string name) => (await session.QueryAsync(
        "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1",
        static row => (Name: row.GetString(0), Type: row.GetString(1)), name).ConfigureAwait(false))
        .ToDictionary(column => column.Name, column => column.Type);

    // The server cuts longer names, and would not find them again.
    private static string Named(string name)
    {
        if (name.Length <= LongestName)
        {
            return name;
        }

        uint hash = name.Aggregate(2166136261u, (sum, unit) => (sum ^ unit) * 16777619u);
        return string.Create(CultureInfo.InvariantCulture, $"{name[..(LongestName - 9)]}_{hash:x8}");
    }

    private static string Quoted(string name) => TableSql.Quoted(name);

    private static string Definition(Column column) =>
        column.Type == ColumnType.Integer ? $"{Quoted(column.Name)} bigint" : $"{Quoted(column.Name)} text COLLATE \"C\"";

    private static string TypeOf(Column column) => column.Type == ColumnType.Integer ? "bigint" : "text";
}
