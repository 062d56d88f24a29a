using Runner.Entities.Store;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// A call of SQLite that failed. It does not leave this folder: <see cref="SqliteErrors"/> turns it into a <see cref="StoreException"/>.
/// </summary>
/// <param name="code">The extended result code.</param>
internal sealed class SqliteException(int code, string message) : Exception($"SQLite {code}: {message}")
{
    public int Code => code;

    /// <summary>The code without its extension.</summary>
    public int Primary => code & 0xff;

    /// <summary>Whether the statement asked for what SQLite will not do, the database being well.</summary>
    public bool IsOfOneStatement =>
        Primary is raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_ERROR or raw.SQLITE_RANGE or raw.SQLITE_MISUSE;

    /// <summary>Whether the connection may not be trusted any more.</summary>
    public bool BreaksConnection =>
        !IsOfOneStatement && Primary is not (raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_INTERRUPT or raw.SQLITE_NOMEM);
}
