using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Makes SQLite sleep as short as it means to. The library of the package is built without <c>usleep</c>: whatever it wants to wait, it waits
/// a whole second or several. Among that is the microsecond for which a connection gives way to others when it opens a transaction on
/// the write-ahead log (<c>walTryBeginRead</c>, after five tries), and then all commits of the node stand still for that second.
/// </summary>
internal static unsafe partial class SqliteSleep
{
    private static int _mended;

    /// <summary>Once for the process, before the first connection. Does nothing on Windows, where SQLite sleeps by the millisecond.</summary>
    public static void Mend()
    {
        if (OperatingSystem.IsWindows() || Interlocked.Exchange(ref _mended, 1) != 0)
        {
            return;
        }

        FileSystem* system = Find(null);
        if (system is not null)
        {
            system->Sleep = &Sleep;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(FileSystem* system, int microseconds)
    {
        TimeSpec time = new() { Seconds = microseconds / 1_000_000, Nanoseconds = microseconds % 1_000_000 * 1_000 };
        _ = NanoSleep(&time, null);
        return microseconds;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    private static partial FileSystem* Find(byte* name);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(TimeSpec* time, TimeSpec* left);

    /// <summary><c>struct timespec</c>, where <c>long</c> and <c>time_t</c> are as wide as a pointer.</summary>
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    /// <summary><c>sqlite3_vfs</c> up to its <c>xSleep</c> (https://sqlite.org/c3ref/vfs.html); it has been so since version 3.5.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileSystem
    {
        private readonly int _version;
        private readonly int _fileSize;
        private readonly int _longestPath;
        private readonly void* _next;
        private readonly void* _name;
        private readonly void* _data;
        private readonly void* _open;
        private readonly void* _delete;
        private readonly void* _access;
        private readonly void* _fullPath;
        private readonly void* _libraryOpen;
        private readonly void* _libraryError;
        private readonly void* _librarySymbol;
        private readonly void* _libraryClose;
        private readonly void* _randomness;

        public delegate* unmanaged[Cdecl]<FileSystem*, int, int> Sleep;
    }
}
