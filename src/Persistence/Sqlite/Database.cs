using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>One connection with the statements prepared on it. Used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    // More different statements than any set of lists and pages has; beyond it something builds them without end.
    private const int MostStatements = 512;

    private readonly sqlite3 _handle;
    private readonly int _busyTimeout;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    /// <exception cref="SqliteException">It could not be opened.</exception>
    public Database(string path, int flags, TimeSpan busyTimeout)
    {
        int rc = raw.sqlite3_open_v2(path, out _handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (rc != raw.SQLITE_OK)
        {
            string message = raw.sqlite3_errmsg(_handle).utf8_to_string();
            int code = raw.sqlite3_extended_errcode(_handle);
            _handle.Dispose();
            throw new SqliteException(code, message);
        }

        _ = raw.sqlite3_extended_result_codes(_handle, 1);
        _busyTimeout = (int)busyTimeout.TotalMilliseconds;
        _ = raw.sqlite3_busy_timeout(_handle, _busyTimeout);
    }

    /// <summary>Whether a transaction is open; SQLite ends one by itself after some errors.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>From now on the length of the write-ahead log is told after each commit.</summary>
    public LogLength ObserveLog() => new(_handle);

    /// <summary>Closing this connection, if it is the last one, neither carries the write-ahead log over nor removes it.</summary>
    public void KeepLogOnClose() => _ = raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    /// <summary>Carries the write-ahead log over into the database, as far as nobody is in the way; waits for no one.</summary>
    /// <param name="mode">One of SQLite's, <c>SQLITE_CHECKPOINT_PASSIVE</c> and so on.</param>
    public LogState Checkpoint(int mode)
    {
        // Nobody who reads or writes is to wait for this, nor this for them.
        _ = raw.sqlite3_busy_timeout(_handle, 0);
        int rc = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out int pages, out int carried);
        bool held = (rc & 0xff) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;
        SqliteException? error = rc == raw.SQLITE_OK || held ? null : LastError();
        _ = raw.sqlite3_busy_timeout(_handle, _busyTimeout);
        return error is null ? new LogState(pages, carried, held) : throw error;
    }

    /// <summary>Ends what runs on this connection, from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_handle);

    /// <summary>A statement that the caller keeps and disposes.</summary>
    public Statement Prepare(string sql) => new(_handle, sql);

    /// <summary>A statement that this connection keeps; the same one for the same text.</summary>
    public Statement Cached(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            if (_statements.Count == MostStatements)
            {
                Forget();
            }

            _statements.Add(sql, statement = Prepare(sql));
        }

        return statement;
    }

    /// <summary>Runs one statement that is not worth keeping.</summary>
    public void Execute(string sql)
    {
        using Statement statement = Prepare(sql);
        statement.Execute();
    }

    public List<T> Query<T>(string sql, Func<Statement, T> read)
    {
        using Statement statement = Prepare(sql);
        List<T> rows = [];
        statement.ReadAll(rows, read);
        return rows;
    }

    /// <summary>Runs reads that have to see one state of the database.</summary>
    public T InSnapshot<T>(Func<Database, T> read)
    {
        Cached("BEGIN").Execute();
        try
        {
            return read(this);
        }
        finally
        {
            if (InTransaction)
            {
                Cached("COMMIT").Execute();
            }
        }
    }

    /// <summary>
    /// Copies every page into an empty database, a piece at a time. Inside <see cref="InSnapshot"/> and after a first read, all of them are
    /// of the state that read saw: SQLite begins anew after others' commits only where it had to take a transaction of its own.
    /// </summary>
    /// <param name="beforeEach">Called before each piece; what it throws ends the copying.</param>
    public void CopyPagesInto(Database destination, int pagesAtOnce, Action beforeEach)
    {
        using sqlite3_backup copying = raw.sqlite3_backup_init(destination._handle, "main", _handle, "main");
        if (copying is null || copying.IsInvalid)
        {
            throw destination.LastError();
        }

        int rc;
        do
        {
            beforeEach();
            rc = raw.sqlite3_backup_step(copying, pagesAtOnce);
        }
        while (rc == raw.SQLITE_OK);

        if (rc != raw.SQLITE_DONE)
        {
            throw new SqliteException(rc, raw.sqlite3_errstr(rc).utf8_to_string());
        }
    }

    public void Dispose()
    {
        Forget();
        _handle.Dispose();
    }

    private SqliteException LastError() => new(raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());

    private void Forget()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
    }
}
