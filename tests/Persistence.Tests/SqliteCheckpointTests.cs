using System.Collections.Concurrent;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Persistence.Tests;

/// <summary>The write-ahead log is carried over into the database beside the commits, and does not grow without end.</summary>
public sealed class SqliteCheckpointTests : IDisposable
{
    private const int Pages = 20;

    /// <summary>A page in the log, with the frame's header (https://sqlite.org/fileformat2.html#the_write_ahead_log).</summary>
    private const long Frame = 4_096 + 24;

    /// <summary>A log that is far too long, at which commits wait, and the commit that makes it so; those of these tests write 25 pages.</summary>
    private const long Longest = ((Pages * Checkpointer.FarTooLong) + Checkpointer.Little) * Frame;

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
        // Some times what makes a log far too long.
        for (long written = 0; written < 5 * Longest; written += 20_000)
        {
            await WriteAsync(store);
            // Far too long is too long once more each time that a reader kept it from beginning anew; a thread of these may have to wait for its turn
            // meanwhile.
            Assert.InRange(Log, 0, (1 + _lines.Count(line => Says(line, "something has been reading from it"))) * Longest);
        }

        await enough.CancelAsync();
        await reading;
        Assert.True(new FileInfo(DatabasePath).Length > _written * 20_000L - Longest, "what the log held is not in the database");
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
            _ = reader.Cached("SELECT count(*) FROM journal").Scalar();
            while (Log < Longest)
            {
                await WriteAsync(store);
            }

            Assert.Contains(_lines, line => Says(line, "something has been reading from it"));
        }

        long longest = Log;
        await UntilAsync(store, () => Log < longest / 2);
    }

    [Fact]
    public async Task A_copy_is_of_one_moment_while_the_log_is_carried_over()
    {
        string path = Path.Combine(_directory.FullName, "copy.db");
        await using SqliteEntityStore store = await OpenAsync();
        await WriteManyAsync(store);
        int before = _written;
        using CancellationTokenSource enough = new();
        Task writing = Task.Run(() => UntilAsync(store, () => enough.IsCancellationRequested));
        await store.CopyToAsync(path, 0, default);
        await enough.CancelAsync();
        await writing;

        await SqliteEntityStore.VerifyAsync(path);
        await using SqliteEntityStore copy = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), SampleTables.All, Logger.None);
        int copied = 0;
        for (; (await copy.LoadAsync(StoreConformance.Run($"{copied}"))).LastSequence == 1; copied++)
        {
            Assert.NotNull(await copy.RowAsync("runs", $"{copied}"));
        }

        Assert.InRange(copied, before, _written);
    }

    [Fact]
    public async Task A_log_that_cannot_be_carried_over_is_told_of_once_and_again_when_it_can()
    {
        await (await OpenAsync()).DisposeAsync();
        DatabaseFile file = new(new SqliteStoreOptions(DatabasePath));
        using Database writer = file.OpenWriter(create: false);
        Checkpointer checkpointer = new(file, Pages, LogOf(_lines));
        int length = Pages;
        File.Move(DatabasePath, DatabasePath + ".away");
        GrowUntil("cannot be carried over");
        length += 3 * Pages;
        GrowUntil("commits waited");
        File.Move(DatabasePath + ".away", DatabasePath);
        GrowUntil("again");
        checkpointer.Close();

        Assert.Single(_lines, line => Says(line, "cannot be carried over"));

        // Each time that the thread is done the log is a little longer; at the latest when it is far too long the writer waits for the thread.
        void GrowUntil(string words)
        {
            while (!_lines.Any(line => Says(line, words)))
            {
                checkpointer.Grown(writer, length++);
            }
        }
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
        Assert.InRange(Log, 0, Longest);
        await store.DisposeAsync();
        await SqliteEntityStore.VerifyAsync(DatabasePath);
        await using SqliteEntityStore again = await OpenAsync();
        Assert.Equal(0, (await again.LoadAsync(StoreConformance.Run($"{before - 1}"))).LastSequence);
        Assert.Equal(1, (await again.LoadAsync(StoreConformance.Run($"{_written - 1}"))).LastSequence);
    }

    private Task<SqliteEntityStore> OpenAsync() => SqliteEntityStore.OpenAsync(
        new SqliteStoreOptions(DatabasePath) { CheckpointPages = Pages }, SampleTables.All,
        LogOf(_lines));

    private static bool Says(LogEvent line, string words) => line.RenderMessage(null).Contains(words, StringComparison.Ordinal);

    private static Logger LogOf(ConcurrentQueue<LogEvent> lines) => new LoggerConfiguration().WriteTo.Sink(new Lines(lines)).CreateLogger();

    private async Task WriteManyAsync(SqliteEntityStore store)
    {
        for (long written = 0; written < Longest; written += 20_000)
        {
            await WriteAsync(store);
        }
    }

    private async Task WriteAsync(SqliteEntityStore store)
    {
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(Numbered(_written)));
        Volatile.Write(ref _written, _written + 1);
    }

    private static EntityCommit Numbered(int number) => StoreConformance.Commit(
        new EntityWrite(StoreConformance.Run($"{number}"), 0, [StoreConformance.Event(1, new string('x', 20_000))]) { Rows = [SampleTables.Put(
            $"{number}", "Late", number)] });

    private async Task ReadAsync(SqliteEntityStore store, CancellationToken until)
    {
        for (int number = 0; !until.IsCancellationRequested; number++)
        {
            int there = Volatile.Read(ref _written);
            EntityHistory read = await store.LoadAsync(StoreConformance.Run($"{number % (there + 1)}"));
            Assert.True(read.LastSequence == 1 || number % (there + 1) == there, $"{number % (there + 1)} of {there} was not found");
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
