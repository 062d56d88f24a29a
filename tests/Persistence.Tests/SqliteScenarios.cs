using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

/// <summary>What <see cref="SqliteFailureTests"/> runs in processes of their own.</summary>
internal static class SqliteScenarios
{
    private const int Large = 100_000;

    public static Task<SqliteEntityStore> OpenAsync(string path, Func<SqliteStoreOptions, SqliteStoreOptions>? change = null)
    {
        SqliteStoreOptions options = new(path);
        return SqliteEntityStore.OpenAsync(change?.Invoke(options) ?? options, SampleTables.All, Serilog.Core.Logger.None);
    }

    /// <summary>The state an acknowledged commit of <see cref="WriteForeverAsync"/> leaves: its event, row, wake-up and slot.</summary>
    public static EntityCommit Numbered(int writer, int number)
    {
        string id = $"{writer}.{number}";
        return new EntityCommit(
        [
            StoreConformance.Write(id, 0) with
            {
                WakeUp = new(DateTimeOffset.UnixEpoch.AddMilliseconds(number)),
                Rows = [SampleTables.Put(id, "Late", number, null, "tag")],
                Slots = [new("limit", writer * 1_000_000 + number, true)],
            },
        ]);
    }

    /// <summary>Commits without end, and says each one's id when it is acknowledged.</summary>
    public static async Task WriteForeverAsync(string path)
    {
        SqliteEntityStore store = await OpenAsync(path, options => options with { CheckpointPages = 50 });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (int number = 0; ; number++)
            {
                Assert.IsType<CommitResult.Committed>(await store.CommitAsync(Numbered(writer, number)));
                Console.WriteLine($"{writer}.{number}");
            }
        }));
    }

    /// <summary>Fills a small disk, sees what it is told, makes room, and goes on with the same store.</summary>
    public static Task FillTheDiskAsync(string directory) => FillTheDiskAsync(directory, options => options);

    /// <summary>The same where what does not fit is what the log is carried over into, too.</summary>
    public static Task FillTheDiskWithALogAsync(string directory) => FillTheDiskAsync(directory, options => options with { CheckpointPages = 50 });

    private static async Task FillTheDiskAsync(string directory, Func<SqliteStoreOptions, SqliteStoreOptions> change)
    {
        string ballast = Path.Combine(directory, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[1_000_000]);
        await using SqliteEntityStore store = await OpenAsync(Path.Combine(directory, "runner.db"), change);
        // Told once: as soon as the log is carried over, there may be room in it for another commit.
        (int written, StoreFullException full) = await FillUpAsync(store);

        Assert.True(written > 0);
        Assert.Contains("runner.db is full", full.Message, StringComparison.Ordinal);
        await AssertWrittenAsync(store, written);

        File.Delete(ballast);
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(LargeCommit(written)));
        await AssertWrittenAsync(store, written + 1);
        await store.PingAsync();
    }

    /// <summary>Opens and writes a database on a file system that is mounted read-only.</summary>
    public static async Task WriteReadOnlyAsync(string directory)
    {
        string path = Path.Combine(directory, "runner.db");
        await using (SqliteEntityStore store = await OpenAsync(path))
        {
            await store.CommitAsync(LargeCommit(0));
        }

        await ChildProcess.RunAsync("mount", "-o", "remount,ro", directory);
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(path));
        Assert.Contains("runner.db cannot be", refused.Message, StringComparison.Ordinal);

        await ChildProcess.RunAsync("mount", "-o", "remount,rw", directory);
        await using SqliteEntityStore again = await OpenAsync(path);
        await AssertWrittenAsync(again, 1);
    }

    /// <summary>Commits until there is no room; how many were acknowledged.</summary>
    public static async Task<int> FillAsync(IEntityStore store) => (await FillUpAsync(store)).Written;

    private static async Task<(int Written, StoreFullException Full)> FillUpAsync(IEntityStore store)
    {
        for (int written = 0; ; written++)
        {
            try
            {
                Assert.IsType<CommitResult.Committed>(await store.CommitAsync(LargeCommit(written)));
            }
            catch (StoreFullException full)
            {
                return (written, full);
            }
        }
    }

    public static EntityCommit LargeCommit(int number) =>
        new([new EntityWrite(new EntityKey("FlowRun", "large"), number, [StoreConformance.Event(number + 1, new string('x', Large))])]);

    public static async Task AssertWrittenAsync(IEntityStore store, int events)
    {
        EntityHistory history = await store.LoadAsync(new EntityKey("FlowRun", "large"));
        Assert.Equal(events, history.LastSequence);
        Assert.All(history.Events, @event => Assert.Equal(Large, @event.Payload.Length));
    }
}
