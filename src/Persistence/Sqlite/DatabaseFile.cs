using Runner.Entities.Store;
using Runner.Files;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>Opens connections to one database as the options say.</summary>
internal sealed class DatabaseFile
{
    private readonly SqliteStoreOptions _options;

    public DatabaseFile(SqliteStoreOptions options)
    {
        _options = options with { Path = System.IO.Path.GetFullPath(options.Path) };
        Batteries_V2.Init();
    }

    public string Path => _options.Path;

    /// <summary>Refuses a database that this version does not write.</summary>
    /// <exception cref="StoreException">It is another program's or another version's.</exception>
    public void Recognize()
    {
        if (new FileInfo(Path) is not { Exists: true, Length: > 0 })
        {
            return;
        }

        using Database database = OpenReader();
        if (!DatabaseSchema.IsNew(database))
        {
            DatabaseSchema.Recognize(database, Path);
        }
    }

    /// <summary>The connection that writes.</summary>
    /// <param name="create">
    /// Whether a missing file is made. Not when reopening: a database that somebody removed would come back empty, and nobody would know.
    /// </param>
    public Database OpenWriter(bool create)
    {
        KeepPrivate(Path, create);
        Database database = new(Path, raw.SQLITE_OPEN_READWRITE | (create ? raw.SQLITE_OPEN_CREATE : 0), _options.BusyTimeout);
        try
        {
            database.Execute("PRAGMA foreign_keys = OFF");
            // Before anything else is written: afterwards it says nothing.
            FreeSpace.Enable(database);
            database.Execute($"PRAGMA cache_size = {_options.CachedPages}");
            database.Execute("PRAGMA temp_store = MEMORY");
            string mode = database.Query("PRAGMA journal_mode = WAL", row => row.Text(0))[0];
            if (mode != "wal")
            {
                throw new SqliteException(raw.SQLITE_CANTOPEN, $"no write-ahead log is possible on this file system (it stays in mode «{mode}»)");
            }

            database.Execute("PRAGMA synchronous = FULL");
            // What the log holds is carried over by the checkpointer.
            database.Execute("PRAGMA wal_autocheckpoint = 0");
            // Four times of what it usually becomes: a file that is cut each time has to be made longer each time.
            database.Execute($"PRAGMA journal_size_limit = {(long)_options.CheckpointPages * 4_096 * 16}");
            if (_options.LargestSize is { } bytes)
            {
                database.Execute($"PRAGMA max_page_count = {Math.Max(1, bytes / 4_096)}");
            }

            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sees to it that the database is its owner's alone before SQLite opens it: the files that SQLite puts beside it get their mode from it.
    /// A file that is there is closed by its name, since to open and close it would end the locks that other connections have on it.
    /// </summary>
    internal static void KeepPrivate(string path, bool create)
    {
        try
        {
            if (create && !File.Exists(path))
            {
                OwnFile.Open(path, FileMode.CreateNew).Dispose();
            }

            foreach (string beside in (string[])["", "-wal", "-shm", "-journal"])
            {
                OwnFile.Close(new FileInfo(path + beside));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // SQLite meets the same in a moment, and says it in its own way; a file of another user in a folder of this one's is out of others'
            // reach.
        }
    }

    /// <summary>A connection that carries the write-ahead log over, and leaves it in its place when it is closed.</summary>
    public Database OpenCheckpointer()
    {
        Database database = new(Path, raw.SQLITE_OPEN_READWRITE, _options.BusyTimeout);
        try
        {
            // Should the writer have closed meanwhile because the file was taken away, what is there under its name is not this one's to remove.
            database.KeepLogOnClose();
            database.Execute("PRAGMA synchronous = FULL");
            database.Execute("PRAGMA wal_autocheckpoint = 0");
            // A connection knows that there is a log only when it has read.
            _ = database.Query("PRAGMA schema_version", row => row.Int64(0));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A connection that reads.</summary>
    public Database OpenReader()
    {
        Database database = new(Path, raw.SQLITE_OPEN_READONLY, _options.BusyTimeout);
        try
        {
            database.Execute($"PRAGMA cache_size = {Math.Max(16, _options.CachedPages / 4)}");
            database.Execute("PRAGMA temp_store = MEMORY");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public StoreException Translate(SqliteException error) => SqliteErrors.Translate(error, Path);
}
