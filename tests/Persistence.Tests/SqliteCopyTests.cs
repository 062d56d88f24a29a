using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

public sealed class SqliteCopyTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("store");

    private string CopyPath => Path.Combine(_directory.FullName, "copy.db");

    public void Dispose() => _directory.Delete(recursive: true);

    private Task<SqliteEntityStore> OpenAsync(string name) =>
        SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(_directory.FullName, name)), SampleTables.All, Serilog.Core.Logger.None);

    [Fact]
    public async Task A_copy_made_while_commits_go_on_has_the_first_so_many_of_them_and_nothing_by_half()
    {
        await using SqliteEntityStore store = await OpenAsync("runner.db");
        // Enough pages that the copying takes several pieces.
        string filler = new('x', 20_000);
        for (int n = 0; n < 600; n++)
        {
            await CommitAsync(store, n, filler);
        }

        using CancellationTokenSource enough = new();
        Task<int> writing = Task.Run(async () =>
        {
            int n = 600;
            while (!enough.IsCancellationRequested)
            {
                await CommitAsync(store, n++, "small");
            }

            return n;
        });
        await store.CopyToAsync(CopyPath, 0, default);
        await enough.CancelAsync();
        int written = await writing;

        await SqliteEntityStore.VerifyAsync(CopyPath);
        await using SqliteEntityStore copy = await OpenAsync("copy.db");
        int rows = 0;
        for (; rows < written && await copy.RowAsync("runs", Key(rows)) is not null; rows++)
        {
            Assert.Equal(1, (await copy.LoadAsync(StoreConformance.Run(Key(rows)))).LastSequence);
        }

        Assert.InRange(rows, 600, written);
        Assert.Null(await copy.RowAsync("runs", Key(rows)));
        Assert.Equal(0, (await copy.LoadAsync(StoreConformance.Run(Key(rows)))).LastSequence);
    }

    [Fact]
    public async Task A_copy_for_which_there_is_no_room_is_refused_and_leaves_nothing()
    {
        await using SqliteEntityStore store = await OpenAsync("runner.db");
        await CommitAsync(store, 0, "x");

        StoreFullException refused = await Assert.ThrowsAsync<StoreFullException>(() => store.CopyToAsync(CopyPath, long.MaxValue / 2, default));

        Assert.Contains("too little room for a copy", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(CopyPath));
        await store.PingAsync();
    }

    [Fact]
    public async Task A_copy_that_is_called_off_leaves_nothing()
    {
        await using SqliteEntityStore store = await OpenAsync("runner.db");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CopyToAsync(CopyPath, 0, new CancellationToken(canceled: true)));

        Assert.False(File.Exists(CopyPath));
    }

    [Fact]
    public async Task A_database_that_is_damaged_or_another_programs_does_not_pass()
    {
        await using (SqliteEntityStore store = await OpenAsync("runner.db"))
        {
            for (int n = 0; n < 50; n++)
            {
                await CommitAsync(store, n, new string('x', 20_000));
            }

            await store.CopyToAsync(CopyPath, 0, default);
        }

        await using (FileStream file = File.OpenWrite(CopyPath))
        {
            file.Position = 5 * 4_096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xa5, 20 * 4_096).ToArray());
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteEntityStore.VerifyAsync(CopyPath));
        await File.WriteAllTextAsync(CopyPath, "no database at all");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteEntityStore.VerifyAsync(CopyPath));
        File.Delete(CopyPath);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteEntityStore.VerifyAsync(CopyPath));
    }

    private static string Key(int n) => $"run-{n:000000}";

    private static async Task CommitAsync(SqliteEntityStore store, int n, string text) => Assert.IsType<CommitResult.Committed>(
        await store.CommitAsync(StoreConformance.Commit(
            StoreConformance.Write(Key(n), 0, 1) with { Rows = [SampleTables.Put(Key(n), "Late", n, text)] })));
}
