using Runner.Entities;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>Makes a database what this version of the store expects, in one transaction.</summary>
internal static class DatabaseSchema
{
    /// <summary>The version of the store's own tables, kept in <c>PRAGMA user_version</c>.</summary>
    public const int Version = 2;

    /// <summary>The identifier of the serializer that reads events and snapshots for Akka.NET.</summary>
    public const int EventSerializer = 12701;

    // «RnAc»; tells this store's databases from others' (PRAGMA application_id).
    private const long Application = 0x526e4163;

    /// <summary>The last version whose tables were not yet those of Akka.Persistence.Sql.</summary>
    private const int FormerVersion = 1;

    // The first four are Akka.Persistence.Sql's, by names and types of columns; «tags» stays empty, since tags stand in the journal. Of the
    // package's indexes only the one that fences writers is here: none of what is read uses the others, and each costs a write. Tables that
    // are found by their key alone need no row ids.
    private static readonly string[] Tables =
    [
        """
        CREATE TABLE journal (
            ordering INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, deleted Bit NOT NULL,
            persistence_id NVarChar(255) NOT NULL, sequence_number INTEGER NOT NULL, tags NVarChar(100), manifest NVarChar(500),
            identifier INTEGER, writer_uuid NVarChar(128), message VarBinary NOT NULL)
        """,
        "CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)",
        """
        CREATE TABLE journal_metadata (
            persistence_id NVarChar(255) NOT NULL, sequence_number INTEGER NOT NULL,
            PRIMARY KEY (persistence_id, sequence_number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE tags (
            ordering_id INTEGER NOT NULL, tag NVarChar(64) NOT NULL, sequence_nr INTEGER NOT NULL, persistence_id NVarChar(255) NOT NULL,
            PRIMARY KEY (ordering_id, tag)) WITHOUT ROWID
        """,
        """
        CREATE TABLE snapshot (
            persistence_id NVarChar(255) NOT NULL, sequence_number INTEGER NOT NULL, created INTEGER NOT NULL, manifest NVarChar(500),
            serializer_id INTEGER, snapshot VarBinary,
            PRIMARY KEY (persistence_id, sequence_number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE wakeups (
            kind TEXT NOT NULL, id TEXT NOT NULL, due INTEGER NOT NULL, slice INTEGER NOT NULL,
            PRIMARY KEY (kind, id)) WITHOUT ROWID
        """,
        "CREATE INDEX wakeups_by_slice ON wakeups (slice, due, kind, id)",
        """
        CREATE TABLE slots (
            limit_name TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (limit_name, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE erased (
            at INTEGER NOT NULL, persistence_id TEXT NOT NULL, sequence_number INTEGER NOT NULL,
            PRIMARY KEY (at, persistence_id)) WITHOUT ROWID
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
            MendWakeUps(database, path, log);
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

    /// <summary>
    /// A wake-up whose time is no number would never come, and a schedule would stop without a word: it comes at once, and its entity writes the
    /// right one. Whatever is no number stands behind all numbers in the index.
    /// </summary>
    private static void MendWakeUps(Database database, string path, ILogger log)
    {
        long mended = 0;
        for (int slice = 0; slice < EntitySlices.Count; slice++)
        {
            database.Execute($"UPDATE wakeups SET due = 0 WHERE slice = {slice} AND due >= ''");
            mended += Single(database, "SELECT changes()");
        }

        if (mended > 0)
        {
            log.Warning("In {Path} the times of {Count} wake-ups could not be read; those entities wake now and set them anew", path, mended);
        }
    }

    private static void BringStore(Database database, string path)
    {
        if (!IsNew(database))
        {
            Recognize(database, path);
            return;
        }

        foreach (string table in Tables)
        {
            database.Execute(table);
        }

        database.Execute($"PRAGMA application_id = {Application}");
        database.Execute($"PRAGMA user_version = {Version}");
    }

    /// <summary>Whether there is nothing in it.</summary>
    public static bool IsNew(Database database) =>
        Single(database, "SELECT count(*) FROM sqlite_master") == 0 && Single(database, "PRAGMA user_version") == 0;

    /// <exception cref="StoreException">The database is another program's or another version's.</exception>
    public static void Recognize(Database database, string path)
    {
        long version = Single(database, "PRAGMA user_version");
        if (Single(database, "PRAGMA application_id") != Application)
        {
            throw new StoreUnavailableException($"{path} is a SQLite database of another program: give another path.");
        }

        if (version > Version)
        {
            throw new StoreUnavailableException(
                $"{path} was written by a newer version of this program (schema {version}; this one knows {Version}): use the newer one.");
        }

        if (version <= FormerVersion)
        {
            throw new StoreUnavailableException(
                $"{path} is in the format of an older version of this program, which this one does not read: nothing in it was changed; "
                + "bring its deployments over with `runner export` of the version that wrote it, then `runner import` into a new data folder.");
        }
    }

    private static long Single(Database database, string sql) => database.Query(sql, row => row.Int64(0))[0];
}
