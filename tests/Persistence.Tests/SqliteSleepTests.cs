using System.Runtime.InteropServices;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Persistence.Tests;

public sealed partial class SqliteSleepTests
{
    [Fact]
    public async Task SQLite_sleeps_for_milliseconds_and_not_for_whole_seconds()
    {
        var folder = Directory.CreateTempSubdirectory("runner-sleep-").FullName;
        await using (await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), [], Logger.None))
        {
            // It answers with the milliseconds it has slept.
            Assert.Equal(5, Sleep(5));
        }

        Directory.Delete(folder, recursive: true);
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_sleep")]
    private static partial int Sleep(int milliseconds);
}
