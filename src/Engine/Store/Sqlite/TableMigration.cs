using System.Collections.Immutable;

namespace Runner.Engine.Store.Sqlite;

/// <summary>
/// Makes a table of rows what its definition says: creates it, adds columns, makes and drops indexes. Columns that the definition
/// does not have any more stay, so that the version before can still be used.
/// </summary>
internal static class TableMigration
{
    public static void Bring(Database database, string path, TableSchema table)
    {
        database.Execute($"CREATE TABLE IF NOT EXISTS \"{table.Name}\" (\"key\" TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID");
        Dictionary<string, string> present = Columns(database, table.Name);
        foreach (Column column in table.Columns)
        {
            if (!present.TryGetValue(column.Name, out string? type))
            {
                database.Execute($"ALTER TABLE \"{table.Name}\" ADD COLUMN \"{column.Name}\" {TypeOf(column)}");
            }
            else if (type != TypeOf(column))
            {
                throw new StoreUnavailableException($"{path} was written by another version of this program: {table.Name}.{column.Name} is {type} there and {TypeOf(column)} here.");
            }
        }

        BringIndexes(database, table.Name, [.. table.Definition.Indexes]);
        foreach (int set in table.Sets)
        {
            BringMembers(database, table, table.Columns[set].Name);
        }
    }

    private static void BringIndexes(Database database, string table, ImmutableArray<ImmutableArray<string>> indexes)
    {
        Dictionary<string, string> wanted = indexes.Select(columns => string.Join(", ", columns.Select(RowSql.Quoted))).Distinct()
            .ToDictionary(columns => $"{table}__by({columns.Replace("\"", "", StringComparison.Ordinal)})");
        List<string> present = database.Query($"SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL", row => row.Text(0));
        foreach (string index in present.Except(wanted.Keys))
        {
            database.Execute($"DROP INDEX \"{index}\"");
        }

        foreach (string index in wanted.Keys.Except(present))
        {
            // The key is in each index already: it is the primary key of a table without row ids.
            database.Execute($"CREATE INDEX \"{index}\" ON \"{table}\" ({wanted[index]})");
        }
    }

    // The members of a set, each with the columns they are ordered by. Made anew from the rows when those columns are others now.
    private static void BringMembers(Database database, TableSchema table, string set)
    {
        string members = RowSql.MembersTable(table.Name, set);
        ImmutableArray<string> order = table.Definition.SetOrder;
        Dictionary<string, string> present = Columns(database, members);
        if (!present.Keys.ToHashSet().SetEquals([.. order, "key", "value"]))
        {
            string columns = string.Concat(table.SetOrder.Select(i => $", \"{table.Columns[i].Name}\" {TypeOf(table.Columns[i])}"));
            string names = string.Concat(order.Select(column => $", \"{column}\""));
            string values = string.Concat(order.Select(column => $", t.\"{column}\""));
            database.Execute($"DROP TABLE IF EXISTS \"{members}\"");
            database.Execute($"CREATE TABLE \"{members}\" (\"key\" TEXT NOT NULL, \"value\" TEXT NOT NULL{columns}, PRIMARY KEY (\"key\", \"value\")) WITHOUT ROWID");
            database.Execute($"INSERT INTO \"{members}\" (\"key\", \"value\"{names}) SELECT t.\"key\", m.value{values} FROM \"{table.Name}\" t, json_each(t.\"{set}\") m");
        }

        BringIndexes(database, members, [["value", .. order]]);
    }

    private static Dictionary<string, string> Columns(Database database, string table) =>
        database.Query($"PRAGMA table_info(\"{table}\")", row => (Name: row.Text(1), Type: row.Text(2))).ToDictionary(column => column.Name, column => column.Type);

    private static string TypeOf(Column column) => column.Type == ColumnType.Integer ? "INTEGER" : "TEXT";
}
