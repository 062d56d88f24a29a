using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    private long _rowWrites;

    private static RowQuery Query(ImmutableArray<RowFilter> where, ImmutableArray<RowOrder> orderBy, int limit = 100, RowPosition? after = null) =>
        new("runs", where, orderBy, limit, after);

    private async Task PutAsync(params ImmutableArray<RowChange> rows)
    {
        await MustCommitAsync(Write("rows", _rowWrites) with { Rows = rows });
        _rowWrites++;
    }

    private async Task<string> KeysAsync(RowQuery query) => string.Join(' ', (await Store.RowsAsync(query)).Select(row => row.Key));

    [Fact]
    public async Task A_row_is_put_replaced_and_removed()
    {
        await PutAsync(SampleTables.Put("a", "Late", 5, "größer", "x", "y"));
        Row row = (await Store.RowAsync("runs", "a"))!;
        Assert.Equal(("a", "Late", 5L, "größer"), (row.Key, row.Values[0], row.Values[1], row.Values[2]));
        AssertSame(["x", "y"], Assert.IsType<ImmutableArray<string>>(row.Values[3]));

        await PutAsync(RowChange.Put("runs", "a", null, null, "", null));
        AssertSame([null, null, "", null], (await Store.RowAsync("runs", "a"))!.Values);
        await PutAsync(RowChange.Delete("runs", "a"), RowChange.Delete("runs", "never"));
        Assert.Null(await Store.RowAsync("runs", "a"));
        Assert.Equal("", await KeysAsync(Query([], [])));
    }

    [Fact]
    public async Task Changes_of_a_row_within_a_write_hold_in_their_order()
    {
        await PutAsync(
            SampleTables.Put("a", "Late", 1), RowChange.Delete("runs", "a"), SampleTables.Put("a", "Pending", 2, null, "t"),
            SampleTables.Put("b", "Late", 3), RowChange.Delete("runs", "b"));
        Assert.Equal("a", await KeysAsync(Query([], [])));
        Assert.Equal("Pending", (await Store.RowAsync("runs", "a"))!.Values[0]);
    }

    [Fact]
    public async Task Each_operator_filters_and_null_never_matches()
    {
        await PutAsync(SampleTables.Put("a", "Late", 1), SampleTables.Put("b", "Pending", 2), SampleTables.Put("c", "Running", 3), SampleTables.Put(
            "n", null, null));
        Assert.Equal("b", await KeysAsync(Query([new("state", RowOperator.Equal, "Pending")], [])));
        Assert.Equal("a c", await KeysAsync(Query([new("state", RowOperator.In, ImmutableArray.Create("Running", "Late", "None"))], [])));
        Assert.Equal("", await KeysAsync(Query([new("state", RowOperator.In, ImmutableArray<string>.Empty)], [])));
        Assert.Equal("b c", await KeysAsync(Query([new("due", RowOperator.AtLeast, 2L)], [])));
        Assert.Equal("a b", await KeysAsync(Query([new("due", RowOperator.Less, 3L)], [])));
        Assert.Equal("b", await KeysAsync(Query([new("due", RowOperator.AtLeast, 2L), new("due", RowOperator.Less, 3L)], [new("due")])));
        Assert.Equal("b c", await KeysAsync(Query([new("state", RowOperator.AtLeast, "P"), new("state", RowOperator.Less, "S")], [])));
        Assert.Equal("c", await KeysAsync(Query([new("state", RowOperator.Equal, "Running"), new("due", RowOperator.Equal, 3L)], [])));
    }

    [Fact]
    public async Task Rows_come_in_the_order_asked_for_with_nulls_before_everything_and_the_key_last()
    {
        await PutAsync(
            SampleTables.Put("a", "x", 2), SampleTables.Put("b", "x", null), SampleTables.Put("c", "y", 2), SampleTables.Put("d", null, 1),
            SampleTables.Put("e", "y", -5));
        Assert.Equal("a b c d e", await KeysAsync(Query([], [])));
        Assert.Equal("b e d a c", await KeysAsync(Query([], [new("due")])));
        Assert.Equal("c a d e b", await KeysAsync(Query([], [new("due", true)])));
        Assert.Equal("d b a e c", await KeysAsync(Query([], [new("state"), new("due")])));
        Assert.Equal("c e a b d", await KeysAsync(Query([], [new("state", true), new("due", true)])));
        Assert.Equal("d a b c e", await KeysAsync(Query([], [new("state"), new("due", true)])));
        Assert.Equal("b a", await KeysAsync(Query([new("state", RowOperator.Equal, "x")], [new("due")])));
        Assert.Equal("b e", await KeysAsync(Query([], [new("due")], limit: 2)));
    }

    [Fact]
    public async Task Text_is_ordered_by_code_points()
    {
        await PutAsync([.. new[] { "Z", "a", "ä", "\uFF5E", "😀", "", "ab", "é" }.Select((name, i) => SampleTables.Put($"{i}", "s", 1, name))]);
        Assert.Equal(["", "Z", "a", "ab", "ä", "é", "\uFF5E", "😀"], (await Store.RowsAsync(Query([], [new("name"), new("due")])))
            .Select(row => row.Values[2]));
    }

    [Fact]
    public async Task A_set_is_searched_by_member_in_its_order()
    {
        await PutAsync(
            SampleTables.Put("a", "x", 3, null, "red", "blue"), SampleTables.Put("b", "x", 1, null, "red"),
            SampleTables.Put("c", "y", null, null, "red"), SampleTables.Put("d", "x", 2));
        RowFilter red = new("tags", RowOperator.Contains, "red");
        Assert.Equal("c b a", await KeysAsync(Query([red], [new("due")])));
        Assert.Equal("a b c", await KeysAsync(Query([red], [new("due", true)])));
        Assert.Equal("b a", await KeysAsync(Query([red, new("state", RowOperator.Equal, "x")], [new("due")])));
        Assert.Equal("b", await KeysAsync(Query([red, new("due", RowOperator.Less, 3L)], [new("due")])));
        Assert.Equal("a b c", await KeysAsync(Query([red], [])));
        Assert.Equal("", await KeysAsync(Query([new("tags", RowOperator.Contains, "re")], [])));

        await PutAsync(
            SampleTables.Put("a", "x", 0, null, "red", "blue"), SampleTables.Put("b", "x", 1, null, "blue"), RowChange.Delete("runs", "c"));
        Assert.Equal("a", await KeysAsync(Query([red], [new("due")])));
        Assert.Equal("a b", await KeysAsync(Query([new("tags", RowOperator.Contains, "blue")], [new("due")])));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Pages_have_neither_gaps_nor_doubles_also_where_values_are_null_or_equal(bool firstDescending, bool secondDescending)
    {
        await PutAsync([.. Enumerable.Range(0, 60)
            .Select(i => SampleTables.Put($"k{i * 7 % 60:00}", i % 5 == 0 ? null : $"s{i % 3}", i % 4 == 0 ? null : i % 6, null, "tag"))]);
        foreach (ImmutableArray<RowFilter> where in (ImmutableArray<RowFilter>[])[[], [new("tags", RowOperator.Contains, "tag")],
            [new("state", RowOperator.Equal, "s1")], [new("state", RowOperator.In, ImmutableArray.Create("s2", "s0"))]])
        {
            RowQuery all = Query(where, [new("state", firstDescending), new("due", secondDescending)]);
            string expected = await KeysAsync(all);
            Assert.Equal(expected, string.Join(' ', await PagedAsync(all with { Limit = 7 })));
            Assert.NotEqual("", expected);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_of_several_values_come_as_one_list_in_order_page_by_page(bool descending)
    {
        await PutAsync([.. Enumerable.Range(0, 90)
            .Select(i => SampleTables.Put($"k{i * 7 % 90:00}", $"s{i % 4}", i % 4 == 0 ? null : i % 11, $"n{i % 2}", i % 3 == 0 ? "red" : "blue"))]);
        RowFilter choice = new("state", RowOperator.In, ImmutableArray.Create("s3", "s0", "s3", "none", "s2"));
        foreach (ImmutableArray<RowFilter> where in (ImmutableArray<RowFilter>[])
        [
            [choice],
            [choice, new("due", RowOperator.AtLeast, 4L)],
            [new("name", RowOperator.Equal, "n1"), choice],
            [new("tags", RowOperator.Contains, "red"), choice],
            [choice, new("tags", RowOperator.Contains, "blue"), new("due", RowOperator.Less, 9L)],
        ])
        {
            RowQuery query = Query(where, [new("due", descending)], 1_000);
            List<Row> each = [];
            foreach (string state in (string[])["s0", "s2", "s3"])
            {
                each.AddRange(await Store.RowsAsync(
                    query with { Where = [.. where.Select(filter => filter == choice ? new("state", RowOperator.Equal, state) : filter)] }));
            }

            IOrderedEnumerable<Row> expected = descending
                ? each.OrderByDescending(row => (long?)row.Values[1] ?? long.MinValue).ThenByDescending(row => row.Key, StringComparer.Ordinal)
                : each.OrderBy(row => (long?)row.Values[1] ?? long.MinValue).ThenBy(row => row.Key, StringComparer.Ordinal);
            Assert.NotEmpty(each);
            Assert.Equal(expected.Select(row => row.Key), await PagedAsync(query with { Limit = 4 }));
        }
    }

    [Fact]
    public async Task A_page_goes_on_where_its_last_row_stood_while_rows_move()
    {
        await PutAsync([.. Enumerable.Range(0, 10).Select(i => SampleTables.Put($"{i}", "s", i * 10))]);
        RowQuery query = Query([], [new("due")], 4);
        ImmutableArray<Row> first = await Store.RowsAsync(query);
        Assert.Equal(["0", "1", "2", "3"], first.Select(row => row.Key));

        await PutAsync(
            RowChange.Delete("runs", "3"), SampleTables.Put("2", "s", 500), SampleTables.Put("5", "s", 1), SampleTables.Put("new", "s", 45),
            SampleTables.Put("before", "s", 5));
        Assert.Equal("4 new 6 7", await KeysAsync(query with { After = new RowPosition([30L], "3") }));
        Assert.Equal("8 9 2", await KeysAsync(query with { After = new RowPosition([70L], "7") }));
    }

    [Fact]
    public async Task Queries_that_break_the_contract_are_refused_as_mistakes_of_the_caller()
    {
        foreach (RowQuery query in (RowQuery[])
        [
            Query([], []) with { Table = "unknown" },
            Query([], [], 0),
            Query([], [], 1_001),
            Query([], [new("unknown")]),
            Query([], [new("tags")]),
            Query([new("state", RowOperator.Equal, 1L)], []),
            Query([new("due", RowOperator.Less, "1")], []),
            Query([new("state", RowOperator.Contains, "x")], []),
            Query([new("tags", RowOperator.Contains, "x"), new("tags", RowOperator.Contains, "y")], []),
            Query([], [new("due")], 5, new RowPosition([], "k")),
            Query([], [new("due")], 5, new RowPosition(["text"], "k")),
        ])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.RowsAsync(query));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.RowAsync("unknown", "k"));
    }

    private Task<List<string>> PagedAsync(RowQuery query) => RowPages.KeysAsync(Store, query);
}
