using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

internal static class RowPages
{
    /// <summary>Keys of all rows of a query, read page by page.</summary>
    public static async Task<List<string>> KeysAsync(IEntityStore store, RowQuery query)
    {
        List<string> keys = [];
        while (true)
        {
            ImmutableArray<Row> page = await store.RowsAsync(query);
            keys.AddRange(page.Select(row => row.Key));
            // A store that puts a row behind its own place would be read for ever.
            Assert.True(keys.Count <= 2_000, "the pages do not end");
            if (page.Length < query.Limit)
            {
                return keys;
            }

            query = query with { After = Position(page[^1], query) };
        }
    }

    private static RowPosition Position(Row row, RowQuery query)
    {
        ImmutableArray<Column> columns = SampleTables.All.Single(table => table.Name == query.Table).Columns;
        return new RowPosition(
            [.. query.OrderBy.Select(order => row.Values[columns.IndexOf(columns.Single(column => column.Name == order.Column))])], row.Key);
    }
}
