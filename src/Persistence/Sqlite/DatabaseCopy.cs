using Runner.Entities.Store;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>Copies a database while it is in use, and checks a copy.</summary>
/// <remarks>
/// By SQLite's backup interface and not by VACUUM INTO: that builds every table and index anew, which costs the processor that the
/// node's programs need, and cannot look at the disk on its way. All pages are read in one transaction of a connection of its own, so they
/// are of one moment, and neither the writer nor the readers wait.
/// </remarks>
internal static class DatabaseCopy
{
    /// <summary>4 MiB: as often it is seen whether there is still room and whether the copy is still wanted.</summary>
    private const int PagesAtOnce = 1_024;

    private const int PageSize = 4_096;

    public static Task WriteAsync(DatabaseFile file, string path, long keepFree, CancellationToken cancel) => Task.Factory.StartNew(
        () => Write(file, path, keepFree, cancel), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task VerifyAsync(string path) => Task.Run(() => Verify(path));

    private static void Write(DatabaseFile file, string path, long keepFree, CancellationToken cancel)
    {
        try
        {
            CheckRoom(path, new FileInfo(file.Path).Length + keepFree);
            using Database source = file.OpenReader();
            DatabaseFile.KeepPrivate(path, create: true);
            using Database copy = new(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, TimeSpan.Zero);
            // A copy that is not finished is thrown away, so nothing of it has to survive a crash.
            copy.Execute("PRAGMA journal_mode = OFF");
            copy.Execute("PRAGMA synchronous = OFF");
            source.InSnapshot(database =>
            {
                _ = database.Cached("SELECT count(*) FROM sqlite_master").Scalar();
                database.CopyPagesInto(copy, PagesAtOnce, () =>
                {
                    cancel.ThrowIfCancellationRequested();
                    CheckRoom(path, (PagesAtOnce * PageSize) + keepFree);
                });
                return true;
            });
        }
        catch (SqliteException error)
        {
            Delete(path);
            throw SqliteErrors.IsFull(error, path) ? NoRoom(path, error) : file.Translate(error);
        }
        catch
        {
            Delete(path);
            throw;
        }
    }

    private static void Verify(string path)
    {
        Batteries_V2.Init();
        try
        {
            using Database database = new(path, raw.SQLITE_OPEN_READWRITE, TimeSpan.Zero);
            DatabaseSchema.Recognize(database, path);
            List<string> problems = database.Query("PRAGMA quick_check(1)", row => row.Text(0));
            if (problems is not ["ok"])
            {
                throw new StoreUnavailableException($"{path} is damaged: {string.Join("; ", problems)}.");
            }
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, path);
        }
    }

    private static void CheckRoom(string path, long needed)
    {
        if (SqliteErrors.FreeBytes(Path.GetDirectoryName(path)!) < needed)
        {
            throw NoRoom(path, null);
        }
    }

    private static StoreFullException NoRoom(string path, Exception? error) => new(
        $"The disk that holds {Path.GetDirectoryName(path)} has too little room for a copy of the store: make room. The store itself is as it was.",
        error);

    private static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(path + "-journal");
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
    }
}
