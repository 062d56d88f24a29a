using Runner.Entities.Store;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>Says what a failure of SQLite means for whoever runs the node.</summary>
internal static class SqliteErrors
{
    // Below this much room SQLite cannot extend its files, and says «I/O error» for some of them.
    private const long NoRoom = 64 * 1024;

    public static StoreException Translate(SqliteException error, string path)
    {
        if (IsFull(error, path))
        {
            return new StoreFullException($"The disk that holds {path} is full, or the database has reached its largest size: make room. "
                + "Nothing was written; the store goes on by itself when there is room.", error);
        }

        string what = error.Primary switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"{path} is locked by another process: end it, or wait until it is done.",
            raw.SQLITE_READONLY =>
                $"{path} cannot be written: allow this user to write the file and its directory, or mount the file system for writing.",
            raw.SQLITE_CANTOPEN => $"{path} cannot be opened: see that its directory exists, and that this user may write to it.",
            raw.SQLITE_PERM or raw.SQLITE_AUTH => $"This user may not use {path}: allow it to read and write the file.",
            raw.SQLITE_NOTADB => $"{path} is not a SQLite database: give another path, or move the file away.",
            raw.SQLITE_CORRUPT =>
                $"{path} is damaged: stop the node and restore the file from a backup, or recover it with «sqlite3 {path} .recover».",
            raw.SQLITE_IOERR => $"Reading or writing {path} failed: see that the disk is well and mounted.",
            raw.SQLITE_NOMEM => $"There was no memory left to work on {path}.",
            _ => $"{path} could not be used.",
        };
        return new StoreUnavailableException($"{what} ({error.Message})", error) { IsDamage = error.Primary == raw.SQLITE_CORRUPT };
    }

    /// <summary>Whether the failure says that there is no room, and nothing of the transaction stays.</summary>
    public static bool IsFull(SqliteException error, string path) => error.Primary == raw.SQLITE_FULL
        || (error.Code is raw.SQLITE_IOERR_WRITE or raw.SQLITE_IOERR_SHMSIZE or raw.SQLITE_IOERR_SHMOPEN or raw.SQLITE_IOERR_SHMMAP
            && HasNoRoom(path));

    /// <summary>Whether the disk has less room than a commit may need.</summary>
    public static bool HasNoRoom(string path) => FreeBytes(path) < NoRoom;

    /// <summary>What this user may still write to the disk that holds a path.</summary>
    public static long FreeBytes(string path)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace;
        }
        catch (IOException)
        {
            // The volume itself is gone; then it is not known to be full.
            return long.MaxValue;
        }
    }
}
