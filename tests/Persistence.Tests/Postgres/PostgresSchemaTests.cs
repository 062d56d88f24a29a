using System.Collections.Immutable;
using Npgsql;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;

namespace Runner.Persistence.Tests.Postgres;

[Collection(PostgresTests.Name)]
public sealed class PostgresSchemaTests(SharedPostgres shared) : IAsyncLifetime
{
    private PostgresStoreOptions _options = null!;

    public async Task InitializeAsync() => _options = new PostgresStoreOptions(await shared.Server.CreateDatabaseAsync());

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_database_opened_again_has_everything()
    {
        await using (PostgresEntityStore store = await OpenAsync(SampleTables.All))
        {
            await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write("a", 0, 3) with
            {
                Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()), WakeUp = new(DateTimeOffset.UnixEpoch),
                Rows = [SampleTables.Put("a", "Late", 1, null, "tag")], Slots = [new("limit", 3, true)],
            }));
        }

        await using PostgresEntityStore again = await OpenAsync(SampleTables.All);
        EntityHistory history = await again.LoadAsync(StoreConformance.Run("a"));
        Assert.Equal((2, 3, 1), (history.Snapshot!.Sequence, history.LastSequence, history.Events.Length));
        Assert.Single(await again.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        Assert.Single(await again.SlotsAsync());
        Assert.Single(await again.RowsAsync(new RowQuery("runs", [new("tags", RowOperator.Contains, "tag")], [new("due")], 10)));
        Assert.True((await again.SpaceAsync()).Bytes > 1_000_000);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        await ExecuteAsync($"UPDATE runner_schema SET version = {PostgresSchema.Version + 6}");
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync());
        Assert.Contains(
            "was written by a newer version of this program (schema 8; this one knows 2): use the newer one", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        await ExecuteAsync("CREATE TABLE journal (theirs integer)");
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(SampleTables.All));
        Assert.Contains("has tables of another program: give another database", refused.Message, StringComparison.Ordinal);
        await ExecuteAsync("INSERT INTO journal (theirs) VALUES (1)");
    }

    [Fact]
    public Task Columns_sets_and_indexes_that_are_missing_are_added_to_the_rows_that_are_there() =>
        StoreConformance.AssertTablesGrowAsync(table => OpenAsync(table), (_, _) => Task.CompletedTask);

    [Fact]
    public async Task A_column_that_has_another_type_is_refused()
    {
        await (await OpenAsync(new TableDefinition("runs", [new("due", ColumnType.Text)], []))).DisposeAsync();
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => OpenAsync(new TableDefinition("runs", [new("due", ColumnType.Integer)], [])));
        Assert.Contains("runs.due is text there and bigint here", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_are_read_from_an_index_without_sorting_a_table()
    {
        await using PostgresEntityStore store = await OpenAsync(SampleTables.All);
        for (int i = 0; i < 20; i++)
        {
            await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write($"{i}", 0) with
            {
                Rows = [.. Enumerable.Range(0, 500).Select(n => SampleTables.Put($"{i}.{n}", n % 3 == 0 ? "Late" : n % 3 == 1 ? "Pending"
                    : null, n % 7 == 0 ? null : n, $"n{n % 5}", n % 2 == 0 ? "red" : "blue"))],
            }));
        }

        await ExecuteAsync("ANALYZE");
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
                await AssertByIndexAsync(store, new RowQuery("runs", [.. tagged, .. late], [due], 10, after));
                await AssertByIndexAsync(store, new RowQuery("runs", [.. late, new("due", RowOperator.Less, 9L)], [due], 10, after));
            }

            await AssertByIndexAsync(store, new RowQuery("runs", [], [new("state", descending), due], 10, new RowPosition(["Late", null], "k")));
        }

        await AssertByIndexAsync(store, new RowQuery("runs", [], [], 10, new RowPosition([], "k")));
        Assert.DoesNotContain(await store.ExplainPlaceAsync(new RowQuery("runs", choice, [new("due", true)], 1)), line =>
            line.Contains("Seq Scan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_journal_is_as_the_package_makes_it_and_keeps_no_fence()
    {
        await using PostgresEntityStore store = await OpenAsync(SampleTables.All);
        await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write("a", 0, 2)));
        await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write("a", 2, 0) with { WakeUp = new(DateTimeOffset.UnixEpoch) }));
        await store.CommitAsync(
            StoreConformance.Commit(StoreConformance.Write("a", 2, 2) with { Snapshot = new StoredSnapshot(3, 7, "{}"u8.ToArray()) }));
        Assert.Equal(
            [$"3 FlowRun/a 4 ;FlowRun; 12701 run.changed/1 {StoreConformance.Event(4).At.UtcTicks} f"],
            await ReadAsync(
                "SELECT concat_ws(' ', ordering, persistence_id, sequence_number, tags, identifier, manifest, created, deleted) FROM journal"));
        Assert.Equal(["FlowRun/a 3"], await ReadAsync("SELECT concat_ws(' ', persistence_id, sequence_number) FROM journal_metadata"));
        Assert.Equal(["FlowRun/a 3 FlowRun.snapshot/7 12701"], await ReadAsync(
            "SELECT concat_ws(' ', persistence_id, sequence_number, manifest, serializer_id) FROM snapshot"));
    }

    [Fact]
    public async Task Of_a_group_with_a_commit_that_cannot_be_written_the_others_stand()
    {
        await using PostgresEntityStore store = await OpenAsync(SampleTables.All);
        // More than an index takes, and nothing to compress.
        string huge = string.Concat(Enumerable.Range(0, 40_000).Select(i => (char)('a' + (i * 7919L * i % 1009 + i / 13) % 26)));
        Task<CommitResult>[] group = [.. Enumerable.Range(0, 20).Select(i => store.CommitAsync(StoreConformance.Commit(
            StoreConformance.Write($"{i}", 0) with { Rows = [SampleTables.Put(i == 10 ? huge : $"{i}", "Late", i)] })))];
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => group[10]);
        Assert.Contains("54000", refused.Message, StringComparison.Ordinal);
        Assert.All(await Task.WhenAll(group.Where((_, i) => i != 10)), result => Assert.IsType<CommitResult.Committed>(result));
        Assert.Equal(0, (await store.LoadAsync(StoreConformance.Run("10"))).LastSequence);
    }

    [Fact]
    public async Task Text_that_the_database_refuses_is_kept_as_near_as_it_can_be_and_an_id_of_it_is_a_mistake()
    {
        await using PostgresEntityStore store = await OpenAsync(SampleTables.All);
        await store.CommitAsync(
            StoreConformance.Commit(StoreConformance.Write("a", 0) with { Rows = [SampleTables.Put("a", "x\0y\uD800z", 1, null, "t\0")] }));
        Row row = (await store.RowAsync("runs", "a"))!;
        Assert.Equal("x\uFFFDy\uFFFDz", row.Values[0]);
        Assert.Single(await store.RowsAsync(new RowQuery("runs", [new("tags", RowOperator.Contains, "t\0")], [], 10)));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write("a\0", 0))));
    }

    private Task<PostgresEntityStore> OpenAsync(params ImmutableArray<TableDefinition> tables) =>
        PostgresEntityStore.OpenAsync(_options, tables, Serilog.Core.Logger.None);

    private Task ExecuteAsync(string sql) => shared.Server.ExecuteAsync(new NpgsqlConnectionStringBuilder(_options.Connection).Database!, sql);

    private async Task<List<string>> ReadAsync(string sql)
    {
        await using NpgsqlConnection connection = new(_options.Connection);
        await connection.OpenAsync();
        return await new PostgresSession(connection).QueryAsync(sql, row => row.GetString(0));
    }

    private static async Task AssertByIndexAsync(PostgresEntityStore store, RowQuery query)
    {
        ImmutableArray<string> plan = await store.ExplainAsync(query);
        Assert.True(
            !plan.Any(line => line.Contains("Seq Scan", StringComparison.Ordinal))
            && plan.Any(line => line.Contains("Index", StringComparison.Ordinal)),
            $"{string.Join(", ", query.Where)} by {string.Join(", ", query.OrderBy)} after "
            + $"{string.Join(", ", query.After?.Values ?? [])}:\n{string.Join('\n', plan)}");
    }
}
