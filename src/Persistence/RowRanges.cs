using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>
/// Takes a query with <see cref="RowOperator.In"/> apart into one query for each value, where an index has the rows of each value in the
/// query's order. The first rows of each, merged, are the query's: at most values × limit places are looked at, however many rows match.
/// One scan for all values at once would have to sort them all.
/// </summary>
internal static class RowRanges
{
    /// <summary>The queries to merge; the query itself, alone, if no index is made for it. None if there is no value to be equal to.</summary>
    public static ImmutableArray<RowQuery> Of(TableSchema table, RowQuery query)
    {
        ImmutableArray<RowFilter> choices = [.. query.Where.Where(filter => filter.Operator == RowOperator.In)];
        if (choices.Any(filter => ((ImmutableArray<string>)filter.Value).IsEmpty))
        {
            return [];
        }

        if (choices is not [var choice] || !HasRangePerValue(table, query))
        {
            return [query];
        }

        int place = query.Where.IndexOf(choice);
        return
        [
            .. ((ImmutableArray<string>)choice.Value).Distinct()
                .Select(value => query with { Where = query.Where.SetItem(place, new(choice.Column, RowOperator.Equal, value)) }),
        ];
    }

    private static bool HasRangePerValue(TableSchema table, RowQuery query)
    {
        HashSet<string> entered =
            [.. query.Where.Where(filter => filter.Operator is RowOperator.Equal or RowOperator.In).Select(filter => filter.Column)];
        ImmutableArray<RowOrder> free = [.. query.OrderBy.Where(order => !entered.Contains(order.Column))];
        bool descending = QueryOrder.KeyDescending(query);
        // The values of a range are all alike in the columns it is entered with: to order by one of those would be to order the ranges.
        return free.Length == query.OrderBy.Length && free.All(order => order.Descending == descending) && Indexes(table, query).Any(index =>
            index.Length == entered.Count + free.Length
            && entered.SetEquals(index.Take(entered.Count))
            && index.Skip(entered.Count).SequenceEqual(free.Select(order => order.Column)));
    }

    private static ImmutableArray<ImmutableArray<string>> Indexes(TableSchema table, RowQuery query) =>
        query.Where.Any(filter => filter.Operator == RowOperator.Contains) ? [table.Definition.SetOrder] : table.Definition.Indexes;
}
