using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>The order a query asks for, of rows and of the places where rows stand in it.</summary>
internal sealed class QueryOrder(TableSchema schema, RowQuery query) : IComparer<Row>, IComparer<RowPosition>
{
    private readonly ImmutableArray<int> _columns = [.. query.OrderBy.Select(order => schema.Ordinal(order.Column))];

    /// <summary>The key goes the way of the last column.</summary>
    public static bool KeyDescending(RowQuery query) => !query.OrderBy.IsEmpty && query.OrderBy[^1].Descending;

    public int Compare(Row? x, Row? y)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            int order = Directed(x!.Values[_columns[i]], y!.Values[_columns[i]], i);
            if (order != 0)
            {
                return order;
            }
        }

        return CompareKeys(x!.Key, y!.Key);
    }

    public int Compare(Row row, RowPosition position)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            int order = Directed(row.Values[_columns[i]], position.Values[i], i);
            if (order != 0)
            {
                return order;
            }
        }

        return CompareKeys(row.Key, position.Key);
    }

    public int Compare(RowPosition? x, RowPosition? y)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            int order = Directed(x!.Values[i], y!.Values[i], i);
            if (order != 0)
            {
                return order;
            }
        }

        return CompareKeys(x!.Key, y!.Key);
    }

    private int Directed(object? x, object? y, int column)
    {
        int order = ValueOrder.Compare(x, y);
        return query.OrderBy[column].Descending ? -order : order;
    }

    private int CompareKeys(string x, string y)
    {
        int order = Utf8Order.Instance.Compare(x, y);
        return KeyDescending(query) ? -order : order;
    }
}
