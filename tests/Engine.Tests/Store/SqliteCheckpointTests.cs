using System.Collections.Concurrent;
using Runner.Engine.Store;
using Runner.Engine.Store.Sqlite;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Engine.Tests.Store;

/// <summary>The write-ahead log is carried over into the database beside the commits, and does not grow without end.</summary>
public sealed class SqliteCheckpointTests : IDisposable
{
    private const int Pages = 50;
    private const long Enough = Pages * 4_096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("checkpoint");
    private readonly ConcurrentQueue<LogEvent> _lines = new();
    private int _written;

    private string DatabasePath => Path.Combine(_directory.FullName, "runner.db");

    private long Log => new FileInfo(DatabasePath + "-wal").Length;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task The_log_does_not_grow_with_what_is_written()
    {
        await using SqliteEntityStore store = await OpenAsync();
        using CancellationTokenSource enough = new();
        Task reading = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ReadAsync(store, enough.Token))));
        // Twenty times what makes a log far too long.
        for (long written = 0; written < 16 * Enough * 20; written += 20_000)
        {
            await WriteAsync(store);
            Assert.InRange(Log, 0, 17 * Enough);
        }

        await enough.CancelAsync();
        await reading;
        Assert.True(new FileInfo(DatabasePath).Length > _written * 20_000L - (17 * Enough), "what the log held is not in the database");
        Assert.Equal(1, (await store.LoadAsync(StoreConformance.Run($"{_written - 1}"))).LastSequence);
    }

    [Fact]
    public async Task A_log_that_is_read_for_long_grows_is_told_of_and_begins_anew_afterwards()
    {
        await using SqliteEntityStore store = await OpenAsync();
        await WriteAsync(store);
        using (Database reader = new DatabaseFile(new SqliteStoreOptions(DatabasePath)).OpenReader())
        {
            reader.Execute("BEGIN");
            _ = reader.Cached("SELECT count(*) FROM events").Scalar();
            while (Log < 18 * Enough)
            {
                await WriteAsync(store);
            }

            Assert.Contains(_lines, line => line.RenderMessage(null).Contains("something has been reading from it", StringComparison.Ordinal));
        }

        long longest = Log;
        await UntilAsync(store, () => Log < longest / 2);
    }

    [Fact]
    public async Task Closing_leaves_no_log()
    {
        SqliteEntityStore store = await OpenAsync();
        Task<CommitResult>[] last = [.. Enumerable.Range(0, 500).Select(i => store.CommitAsync(Numbered(i)))];
        await store.DisposeAsync();
        await Task.WhenAll(last);

        Assert.False(File.Exists(DatabasePath + "-wal"));
        await using SqliteEntityStore again = await OpenAsync();
        Assert.Equal(1, (await again.LoadAsync(StoreConformance.Run("499"))).LastSequence);
    }

    [Fact]
    public async Task A_disk_too_full_to_carry_the_log_over_loses_nothing_and_is_forgotten_when_there_is_room() =>
        await ChildProcess.RunOnSmallDiskAsync(nameof(SqliteScenarios.FillTheDiskWithALogAsync), _directory.FullName);

    [Fact]
    public async Task A_database_that_was_put_in_the_place_of_another_has_its_own_log()
    {
        string backup = DatabasePath + ".backup";
        await (await OpenAsync()).DisposeAsync();
        File.Copy(DatabasePath, backup);
        await using SqliteEntityStore store = await OpenAsync();
        await WriteManyAsync(store);
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(DatabasePath + suffix);
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Numbered(0)));
        File.Delete(DatabasePath + "-wal");
        File.Delete(DatabasePath + "-shm");
        File.Move(backup, DatabasePath);
        int before = _written;
        await WriteManyAsync(store);
        Assert.InRange(Log, 0, 17 * Enough);
        await store.DisposeAsync();
        await SqliteEntityStore.VerifyAsync(DatabasePath);
        await using SqliteEntityStore again = await OpenAsync();
        Assert.Equal(0, (await again.LoadAsync(StoreConformance.Run($"{before - 1}"))).LastSequence);
        Assert.Equal(1, (await again.LoadAsync(StoreConformance.Run($"{_written - 1}"))).LastSequence);
    }

    private Task<SqliteEntityStore> OpenAsync() => SqliteEntityStore.OpenAsync(
        new SqliteStoreOptions(DatabasePath) { CheckpointPages = Pages }, SampleTables.All,
        new LoggerConfiguration().WriteTo.Sink(new Lines(_lines)).CreateLogger());

    private async Task WriteManyAsync(SqliteEntityStore store)
    {
        for (long written = 0; written < 20 * Enough; written += 20_000)
        {
            await WriteAsync(store);
        }
    }

    private async Task WriteAsync(SqliteEntityStore store) => Assert.IsType<CommitResult.Committed>(await store.CommitAsync(Numbered(_written++)));

    private static EntityCommit Numbered(int number) => StoreConformance.Commit(
        new EntityWrite(StoreConformance.Run($"{number}"), 0, [StoreConformance.Event(1, new string('x', 20_000))]) { Rows = [SampleTables.Put($"{number}", "Late", number)] });

    private static async Task ReadAsync(SqliteEntityStore store, CancellationToken until)
    {
        for (int number = 0; !until.IsCancellationRequested; number++)
        {
            _ = await store.LoadAsync(StoreConformance.Run($"{number % 100}"));
        }
    }

    private async Task UntilAsync(SqliteEntityStore store, Func<bool> isSo)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await WriteAsync(store);
        }
    }

    private sealed class Lines(ConcurrentQueue<LogEvent> lines) : ILogEventSink
    {
        public void Emit(LogEvent logEvent) => lines.Enqueue(logEvent);
    }
}
