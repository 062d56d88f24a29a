using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>Makes a database what this version of the store expects, in one transaction.</summary>
internal static class DatabaseSchema
{
    /// <summary>The version of the store's own tables, kept in <c>PRAGMA user_version</c>.</summary>
    public const int Version = 1;

    // «RnAc»; tells this store's databases from others' (PRAGMA application_id).
    private const long Application = 0x526e4163;

    private static readonly string[] Tables =
    [
        """
        CREATE TABLE events (
            kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
            type TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, payload TEXT NOT NULL,
            PRIMARY KEY (kind, id, seq)) WITHOUT ROWID
        """,
        """
        CREATE TABLE snapshots (
            kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL,
            PRIMARY KEY (kind, id)) WITHOUT ROWID
        """,
        "CREATE TABLE wakeups (kind TEXT NOT NULL, id TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
        "CREATE INDEX wakeups_by_due ON wakeups (due, kind, id)",
        """
        CREATE TABLE slots (
            limit_name TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (limit_name, number)) WITHOUT ROWID
        """,
    ];

    /// <exception cref="StoreException">The database is a newer version's, another program's, or has a column of another type.</exception>
    public static void Bring(Database database, string path, StoreSchema schema, ILogger log)
    {
        // The index of a big table is sorted in a file: in memory it would take hundreds of megabytes, which the process then keeps.
        database.Execute("PRAGMA temp_store = FILE");
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            BringStore(database, path);
            foreach (TableSchema table in schema.Tables)
            {
                new TableMigration(database, path, table, log).Bring();
            }

            database.Execute("COMMIT");
        }
        catch
        {
            if (database.InTransaction)
            {
                database.Execute("ROLLBACK");
            }

            throw;
        }

        database.Execute("PRAGMA temp_store = MEMORY");
    }

    private static void BringStore(Database database, string path)
    {
        long version = Single(database, "PRAGMA user_version");
        if (Single(database, "SELECT count(*) FROM sqlite_master") == 0 && version == 0)
        {
            foreach (string table in Tables)
            {
                database.Execute(table);
            }

            database.Execute($"PRAGMA application_id = {Application}");
            database.Execute($"PRAGMA user_version = {Version}");
        }
        else
        {
            Recognize(database, path);
        }
    }

    /// <exception cref="StoreException">The database is a newer version's or another program's.</exception>
    public static void Recognize(Database database, string path)
    {
        long version = Single(database, "PRAGMA user_version");
        if (Single(database, "PRAGMA application_id") != Application)
        {
            throw new StoreUnavailableException($"{path} is a SQLite database of another program: give another path.");
        }

        if (version > Version)
        {
            throw new StoreUnavailableException($"{path} was written by a newer version of this program (schema {version}; this one knows {Version}): use the newer one.");
        }
    }

    private static long Single(Database database, string sql) => database.Query(sql, row => row.Int64(0))[0];
}
