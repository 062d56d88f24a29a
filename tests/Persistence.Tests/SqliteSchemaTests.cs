using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

public sealed class SqliteSchemaTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("store");

    private SqliteStoreOptions Options => new(Path.Combine(_directory.FullName, "runner.db"));

    public void Dispose() => _directory.Delete(recursive: true);

    private Task<SqliteEntityStore> OpenAsync(params ImmutableArray<TableDefinition> tables) =>
        SqliteEntityStore.OpenAsync(Options, tables, Serilog.Core.Logger.None);

    private void Execute(string sql)
    {
        using Database database = new DatabaseFile(Options).OpenWriter(create: true);
        database.Execute(sql);
    }

    [Fact]
    public async Task A_database_opened_again_has_everything()
    {
        await using (SqliteEntityStore store = await OpenAsync(SampleTables.All))
        {
            EntityWrite write = StoreConformance.Write("a", 0, 3) with
            {
                Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()),
                WakeUp = new(DateTimeOffset.UnixEpoch),
                Rows = [SampleTables.Put("a", "Late", 1, null, "tag")],
                Slots = [new("limit", 3, true)],
            };
            await store.CommitAsync(StoreConformance.Commit(write));
        }

        Assert.False(File.Exists(Options.Path + "-wal"));
        await using SqliteEntityStore again = await OpenAsync(SampleTables.All);
        EntityHistory history = await again.LoadAsync(StoreConformance.Run("a"));
        Assert.Equal((2, 3, 1), (history.Snapshot!.Sequence, history.LastSequence, history.Events.Length));
        Assert.Single(await again.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        Assert.Single(await again.SlotsAsync());
        Assert.Single(await again.RowsAsync(new RowQuery("runs", [new("tags", RowOperator.Contains, "tag")], [new("due")], 10)));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        Execute($"PRAGMA user_version = {DatabaseSchema.Version + 6}");
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync());
        Assert.Contains("written by a newer version of this program (schema 8; this one knows 2)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_the_former_format_is_refused_says_how_to_go_on_and_is_not_touched()
    {
        MakeFormer(Options.Path);
        byte[] before = await File.ReadAllBytesAsync(Options.Path);
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(SampleTables.All));
        Assert.Equal(
            $"{Options.Path} is in the format of an older version of this program, which this one does not read: nothing in it was changed; "
            + "bring its deployments over with `runner export` of the version that wrote it, then `runner import` into a new data folder.",
            refused.Message);
        Assert.Equal(before, await File.ReadAllBytesAsync(Options.Path));
    }

    [Fact]
    public async Task What_a_killed_process_of_the_former_format_left_in_its_log_stays_there()
    {
        string original = Path.Combine(_directory.FullName, "original.db");
        MakeFormer(original);
        using (Database database = new(original, SQLitePCL.raw.SQLITE_OPEN_READWRITE, TimeSpan.Zero))
        {
            database.Execute("INSERT INTO slots VALUES ('limit', 1, 'FlowRun', 'a')");
            File.Copy(original, Options.Path);
            File.Copy(original + "-wal", Options.Path + "-wal");
        }

        byte[] log = await File.ReadAllBytesAsync(Options.Path + "-wal");
        Assert.NotEmpty(log);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(SampleTables.All));
        Assert.Equal(log, await File.ReadAllBytesAsync(Options.Path + "-wal"));
    }

    [Fact]
    public async Task A_copy_of_the_former_format_does_not_pass()
    {
        MakeFormer(Options.Path);
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => SqliteEntityStore.VerifyAsync(Options.Path));
        Assert.Contains("`runner export` of the version that wrote it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        using (Database database = new(Options.Path, SQLitePCL.raw.SQLITE_OPEN_READWRITE | SQLitePCL.raw.SQLITE_OPEN_CREATE, TimeSpan.Zero))
        {
            database.Execute("CREATE TABLE journal (theirs)");
        }

        byte[] before = await File.ReadAllBytesAsync(Options.Path);
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(SampleTables.All));
        Assert.Contains("database of another program", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Options.Path));
    }

    [Fact]
    public Task Columns_sets_and_indexes_that_are_missing_are_added_to_the_rows_that_are_there() =>
        StoreConformance.AssertTablesGrowAsync(table => OpenAsync(table), async (store, red) =>
        {
            await AssertByIndexAsync(store, red);
            await AssertByIndexAsync(store, new RowQuery("runs", [new("state", RowOperator.Equal, "Late")], [new("due")], 10));
        });

    [Fact]
    public async Task A_column_that_has_another_type_is_refused()
    {
        await (await OpenAsync(new TableDefinition("runs", [new("due", ColumnType.Text)], []))).DisposeAsync();
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => OpenAsync(new TableDefinition("runs", [new("due", ColumnType.Integer)], [])));
        Assert.Contains("runs.due is TEXT there and INTEGER here", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_are_read_from_an_index_without_sorting()
    {
        await using SqliteEntityStore store = await OpenAsync(SampleTables.All);
        ImmutableArray<RowFilter> late = [new("state", RowOperator.Equal, "Late")];
        ImmutableArray<RowFilter> choice = [new("state", RowOperator.In, ImmutableArray.Create("Late", "Pending"))];
        ImmutableArray<RowFilter> tagged = [new("tags", RowOperator.Contains, "red")];
        foreach (bool descending in (bool[])[false, true])
        {
            RowOrder due = new("due", descending);
            foreach (RowPosition? after in (RowPosition?[])[null, new([5L], "k"), new([null], "k")])
            {
                await AssertByIndexAsync(store, new RowQuery("runs", late, [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", choice, [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [.. choice, new("due", RowOperator.AtLeast, 2L)], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [.. tagged, .. choice], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [new("name", RowOperator.Equal, "n"), .. choice], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [.. tagged, .. late], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [.. late, new("due", RowOperator.Less, 9L)], [due], 10, after));
            }

            await AssertByIndexAsync(store, new RowQuery("runs", [], [new("state", descending), due], 10, new RowPosition(["Late", null], "k")));
            await AssertByIndexAsync(store, new RowQuery("runs", [], [new("name", descending), due], 10, new RowPosition([null, 5L], "k")));
        }

        await AssertByIndexAsync(store, new RowQuery("runs", [], [], 10, new RowPosition([], "k")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wake_ups_are_read_from_their_index_without_sorting(bool all)
    {
        await using SqliteEntityStore store = await OpenAsync();
        Assert.All(
            await store.ExplainWakeUpsAsync(all),
            line => Assert.True(line.Contains("USING COVERING INDEX wakeups_by_slice (slice=? AND (due", StringComparison.Ordinal)
                || line is "LEFT" or "RIGHT" or "MERGE (UNION ALL)", line));
    }

    [Fact]
    public async Task A_place_is_counted_off_in_indexes_alone_without_sorting()
    {
        await using SqliteEntityStore store = await OpenAsync(SampleTables.All);
        RowFilter late = new("state", RowOperator.Equal, "Late");
        RowFilter some = new("state", RowOperator.In, ImmutableArray.Create("Late", "Pending", "Early"));
        foreach (RowQuery query in (RowQuery[])[new("runs", [], [new("due", true)], 1), new("runs", [late], [new("due", true)], 1), new(
            "runs", [some], [new("due", true)], 1)])
        {
            Assert.All(
                await store.ExplainPlaceAsync(query),
                line => Assert.True(
                    line.Contains("USING COVERING INDEX", StringComparison.Ordinal) || line is "LEFT" or "RIGHT" or "MERGE (UNION ALL)", line));
        }
    }

    /// <summary>A database as the version before this format has made it; one of its tables is enough.</summary>
    private static void MakeFormer(string path)
    {
        using Database database = new DatabaseFile(new SqliteStoreOptions(path)).OpenWriter(create: true);
        database.Execute("CREATE TABLE slots (limit_name TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
            + "PRIMARY KEY (limit_name, number)) WITHOUT ROWID");
        database.Execute("PRAGMA application_id = 1382957411");
        database.Execute("PRAGMA user_version = 1");
    }

    private static async Task AssertByIndexAsync(SqliteEntityStore store, RowQuery query)
    {
        foreach (string line in await store.ExplainAsync(query))
        {
            // «SCAN … USING INDEX» walks an index in order and stops at the limit; a SCAN without one reads the whole table.
            Assert.True(
                line.StartsWith("SEARCH", StringComparison.Ordinal) || query.After is null && line.Contains("USING INDEX", StringComparison.Ordinal),
                $"{string.Join(", ", query.Where)} by {string.Join(", ", query.OrderBy)} after "
                + $"{string.Join(", ", query.After?.Values ?? [])}: {line}");
        }
    }
}
