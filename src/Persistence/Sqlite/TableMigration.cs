using System.Collections.Immutable;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Makes a table of rows what its definition says: creates it, adds columns, makes and drops indexes. Columns that the definition
/// does not have any more stay, so that the version before can still be used.
/// </summary>
internal sealed class TableMigration(Database database, string path, TableSchema table, ILogger log)
{
    private bool _said;

    public void Bring()
    {
        database.Execute($"CREATE TABLE IF NOT EXISTS \"{table.Name}\" (\"key\" TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID");
        Dictionary<string, string> present = Columns(table.Name);
        foreach (Column column in table.Columns)
        {
            if (!present.TryGetValue(column.Name, out string? type))
            {
                database.Execute($"ALTER TABLE \"{table.Name}\" ADD COLUMN \"{column.Name}\" {TypeOf(column)}");
            }
            else if (type != TypeOf(column))
            {
                throw new StoreUnavailableException(
                    $"{path} was written by another version of this program: {table.Name}.{column.Name} is {type} there and {TypeOf(column)} here.");
            }
        }

        BringIndexes(table.Name, [.. table.Definition.Indexes]);
        foreach (int set in table.Sets)
        {
            BringMembers(table.Columns[set].Name);
        }
    }

    private void BringIndexes(string name, ImmutableArray<ImmutableArray<string>> indexes)
    {
        Dictionary<string, string> wanted = indexes.DistinctBy(columns => RowSql.IndexName(name, columns))
            .ToDictionary(columns => RowSql.IndexName(name, columns), columns => string.Join(", ", columns.Select(RowSql.Quoted)));
        List<string> present = database.Query(
            $"SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = '{name}' AND sql IS NOT NULL", row => row.Text(0));
        foreach (string index in present.Except(wanted.Keys))
        {
            database.Execute($"DROP INDEX \"{index}\"");
        }

        foreach (string index in wanted.Keys.Except(present))
        {
            SayOnce();
            // The key is in each index already: it is the primary key of a table without row ids.
            database.Execute($"CREATE INDEX \"{index}\" ON \"{name}\" ({wanted[index]})");
        }
    }

    // The members of a set, each with the columns they are ordered by. Made anew from the rows when those columns are others now.
    private void BringMembers(string set)
    {
        string members = RowSql.MembersTable(table.Name, set);
        ImmutableArray<string> order = table.Definition.SetOrder;
        Dictionary<string, string> present = Columns(members);
        if (!present.Keys.ToHashSet().SetEquals([.. order, "key", "value"]))
        {
            SayOnce();
            string columns = string.Concat(table.SetOrder.Select(i => $", \"{table.Columns[i].Name}\" {TypeOf(table.Columns[i])}"));
            string names = string.Concat(order.Select(column => $", \"{column}\""));
            string values = string.Concat(order.Select(column => $", t.\"{column}\""));
            database.Execute($"DROP TABLE IF EXISTS \"{members}\"");
            database.Execute($"CREATE TABLE \"{members}\" (\"key\" TEXT NOT NULL, \"value\" TEXT NOT NULL{columns}, PRIMARY KEY (\"key\", "
                + "\"value\")) WITHOUT ROWID");
            database.Execute($"INSERT INTO \"{members}\" (\"key\", \"value\"{names}) SELECT t.\"key\", m.value{values} FROM \"{table.Name}\" t, "
                + $"json_each(t.\"{set}\") m");
        }

        BringIndexes(members, [["value", .. order]]);
    }

    // A big table takes a while, and whoever waits for the node to start is to know what for.
    private void SayOnce()
    {
        if (!_said && database.Query($"SELECT 1 FROM \"{table.Name}\" LIMIT 1", row => row.Int64(0)).Count > 0)
        {
            log.Information(
                "Making the indexes of {Table} in {Path} that this version reads. It takes some seconds for each million rows, once; "
                + "if it is interrupted, the next start begins again.",
                table.Name, path);
            _said = true;
        }
    }

    private Dictionary<string, string> Columns(string name) =>
        database.Query($"PRAGMA table_info(\"{name}\")", row => (Name: row.Text(1), Type: row.Text(2)))
            .ToDictionary(column => column.Name, column => column.Type);

    private static string TypeOf(Column column) => column.Type == ColumnType.Integer ? "INTEGER" : "TEXT";
}
