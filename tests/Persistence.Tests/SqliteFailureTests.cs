using System.Diagnostics;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

public sealed class SqliteFailureTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("store");

    private string DatabasePath => Path.Combine(_directory.FullName, "runner.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_killed_process_keeps_everything_it_acknowledged()
    {
        List<string> acknowledged = [];
        using (Process writer = ChildProcess.Start(nameof(SqliteScenarios.WriteForeverAsync), DatabasePath))
        {
            while (acknowledged.Count < 3_000)
            {
                acknowledged.Add(
                    await writer.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await writer.StandardError.ReadToEndAsync()));
            }

            writer.Kill();
            // What it said before it died counts as well; the last line may be cut.
            string[] rest = (await writer.StandardOutput.ReadToEndAsync()).Split('\n');
            acknowledged.AddRange(rest[..^1]);
            await writer.WaitForExitAsync();
        }

        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(DatabasePath);
        await StoreConformance.AssertAllAsync(store, acknowledged);
    }

    [Fact]
    public async Task A_full_disk_is_reported_loses_nothing_and_is_forgotten_when_there_is_room() =>
        await ChildProcess.RunOnSmallDiskAsync(nameof(SqliteScenarios.FillTheDiskAsync), _directory.FullName);

    [Fact]
    public async Task A_read_only_file_system_is_reported() =>
        await ChildProcess.RunOnSmallDiskAsync(nameof(SqliteScenarios.WriteReadOnlyAsync), _directory.FullName);

    [Fact]
    public async Task A_database_at_its_largest_size_is_full_until_something_is_removed()
    {
        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(DatabasePath, options => options with { LargestSize = 2_000_000 });
        int written = await SqliteScenarios.FillAsync(store);
        Assert.InRange(written, 10, 20);
        await SqliteScenarios.AssertWrittenAsync(store, written);
        await Assert.ThrowsAsync<StoreFullException>(store.PingAsync);

        // A snapshot drops the events before it.
        EntityWrite snapshot = new(new EntityKey("FlowRun", "large"), written, []) { Snapshot = new StoredSnapshot(written, 1, "{}"u8.ToArray()) };
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new EntityCommit([snapshot])));
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(SqliteScenarios.LargeCommit(written)));
        await store.PingAsync();
    }

    [Fact]
    public async Task Of_a_group_that_does_not_fit_the_commits_that_fit_stand()
    {
        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(DatabasePath, options => options with { LargestSize = 1_000_000 });
        EntityWrite huge = new(StoreConformance.Run("huge"), 0, [StoreConformance.Event(1, new string('x', 3_000_000))]);
        Task<CommitResult>[] group =
            [.. Enumerable.Range(0, 20).Select(i => store.CommitAsync(StoreConformance.Commit(i == 10 ? huge : StoreConformance.Write($"{i}", 0))))];

        await Assert.ThrowsAsync<StoreFullException>(() => group[10]);
        Assert.All(await Task.WhenAll(group.Where((_, i) => i != 10)), result => Assert.IsType<CommitResult.Committed>(result));
        Assert.Equal(0, (await store.LoadAsync(StoreConformance.Run("huge"))).LastSequence);
    }

    [Fact]
    public async Task A_database_that_another_process_has_locked_is_unavailable_until_it_is_released()
    {
        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(
            DatabasePath, options => options with { BusyTimeout = TimeSpan.FromMilliseconds(20) });
        using (Database other = new DatabaseFile(new SqliteStoreOptions(DatabasePath)).OpenWriter(create: false))
        {
            other.Execute("BEGIN IMMEDIATE");
            StoreUnavailableException locked = await Assert.ThrowsAsync<StoreUnavailableException>(
                () => store.CommitAsync(SqliteScenarios.LargeCommit(0)));
            Assert.Contains("runner.db is locked by another process", locked.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StoreUnavailableException>(store.PingAsync);
            await SqliteScenarios.AssertWrittenAsync(store, 0);
        }

        await store.PingAsync();
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(SqliteScenarios.LargeCommit(0)));
    }

    [Fact]
    public async Task A_database_that_was_taken_away_is_not_written_until_it_is_back()
    {
        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(DatabasePath);
        await store.CommitAsync(SqliteScenarios.LargeCommit(0));
        File.Move(DatabasePath, DatabasePath + ".away");
        StoreUnavailableException gone = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(SqliteScenarios.LargeCommit(1)));
        Assert.Contains("runner.db cannot be opened", gone.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(DatabasePath));

        File.Move(DatabasePath + ".away", DatabasePath);
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(SqliteScenarios.LargeCommit(1)));
        await SqliteScenarios.AssertWrittenAsync(store, 2);
    }

    [Fact]
    public async Task A_backup_that_is_put_in_the_place_of_the_database_is_read_and_written()
    {
        string backup = DatabasePath + ".backup";
        await (await SqliteScenarios.OpenAsync(DatabasePath)).DisposeAsync();
        File.Copy(DatabasePath, backup);
        await using SqliteEntityStore store = await SqliteScenarios.OpenAsync(DatabasePath);
        await store.CommitAsync(SqliteScenarios.LargeCommit(0));
        await SqliteScenarios.AssertWrittenAsync(store, 1);

        File.Delete(DatabasePath);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(SqliteScenarios.LargeCommit(1)));
        File.Delete(DatabasePath + "-wal");
        File.Delete(DatabasePath + "-shm");
        File.Move(backup, DatabasePath);
        Assert.Equal(
            new CommitResult.SequenceConflict(new EntityKey("FlowRun", "large"), 0), await store.CommitAsync(SqliteScenarios.LargeCommit(1)));
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(SqliteScenarios.LargeCommit(0)));
        await SqliteScenarios.AssertWrittenAsync(store, 1);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        byte[] content = [.. Enumerable.Repeat((byte)'x', 5_000)];
        await File.WriteAllBytesAsync(DatabasePath, content);
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteScenarios.OpenAsync(DatabasePath));
        Assert.Contains("runner.db is not a SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(DatabasePath));
    }

    [Fact]
    public async Task A_missing_directory_is_named()
    {
        string path = Path.Combine(_directory.FullName, "missing", "runner.db");
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteScenarios.OpenAsync(path));
        Assert.Contains($"{path} cannot be opened", refused.Message, StringComparison.Ordinal);
    }
}
