using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Actors;

/// <summary>Reads more rows than one page holds.</summary>
internal static class RowPages
{
    /// <summary>As large as a store gives.</summary>
    private const int PageSize = 1000;

    /// <summary>All rows of a table by key, a page at a time. What is put or removed meanwhile may be among them or not.</summary>
    public static IAsyncEnumerable<Row> AllAsync(this IEntityStore store, TableDefinition table) =>
        store.AllAsync(table, new RowQuery(table.Name, [], [], PageSize));

    /// <summary>All rows that a query finds, in its order, a page of its limit at a time.</summary>
    public static async IAsyncEnumerable<Row> AllAsync(this IEntityStore store, TableDefinition table, RowQuery query)
    {
        ImmutableArray<string> columns = [.. table.Columns.Select(column => column.Name)];
        ImmutableArray<int> order = [.. query.OrderBy.Select(by => columns.IndexOf(by.Column))];
        while (true)
        {
            var page = await store.RowsAsync(query).ConfigureAwait(false);
            foreach (var row in page)
            {
                yield return row;
            }

            if (page.Length < query.Limit)
            {
                yield break;
            }

            query = query with { After = new RowPosition([.. order.Select(column => page[^1].Values[column])], page[^1].Key) };
        }
    }
}
