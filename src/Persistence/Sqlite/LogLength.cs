using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// How many pages the write-ahead log has after the last commit of a connection, as SQLite itself tells
/// (<c>sqlite3_wal_hook</c>, https://sqlite.org/c3ref/wal_hook.html). The file's size does not say it: a log that begins anew keeps its file.
/// </summary>
/// <remarks>To be disposed of after the connection, which writes into it; and so without a finalizer, which knows no order.</remarks>
internal sealed unsafe partial class LogLength : IDisposable
{
    private int* _pages = (int*)NativeMemory.AllocZeroed(sizeof(int));

    /// <param name="connection">Makes no checkpoints by itself any more: that is the same hook.</param>
    public LogLength(SQLitePCL.sqlite3 connection) => _ = Hook(connection.DangerousGetHandle(), &Committed, _pages);

    public int Pages => *_pages;

    public void Dispose()
    {
        NativeMemory.Free(_pages);
        _pages = null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Committed(int* pages, nint connection, byte* database, int inLog)
    {
        *pages = inLog;
        return 0;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_hook")]
    private static partial nint Hook(nint connection, delegate* unmanaged[Cdecl]<int*, nint, byte*, int, int> committed, int* pages);
}
