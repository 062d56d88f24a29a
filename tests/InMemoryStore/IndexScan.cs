using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.InMemoryStore;

/// <summary>How one index would answer a query: the values it is entered with, and whether it yields the query's order.</summary>
internal sealed class IndexScan
{
    private readonly RowIndex _index;
    private readonly object?[] _entered;
    private readonly object? _from;
    private readonly object? _below;
    private readonly object?[]? _after;

    public IndexScan(RowIndex index, TableSchema schema, RowQuery query)
    {
        _index = index;
        List<object?> entered = [];
        if (index.SetColumn is not null)
        {
            entered.Add(Value(query, schema.Columns[index.SetColumn.Value].Name, RowOperator.Contains));
        }

        int used = 0;
        while (used < index.Columns.Length && Value(query, Name(used), RowOperator.Equal) is { } value)
        {
            entered.Add(value);
            used++;
        }

        _entered = [.. entered];
        if (used < index.Columns.Length)
        {
            _from = Value(query, Name(used), RowOperator.AtLeast);
            _below = Value(query, Name(used), RowOperator.Less);
        }

        ImmutableArray<int> free = [.. Enumerable.Range(0, query.OrderBy.Length)
            .Where(i => Value(query, query.OrderBy[i].Column, RowOperator.Equal) is null)];
        bool descending = QueryOrder.KeyDescending(query);
        InOrder = free.Length == index.Columns.Length - used
            && Enumerable.Range(0, free.Length)
                .All(i => query.OrderBy[free[i]].Column == Name(used + i) && query.OrderBy[free[i]].Descending == descending);
        Rank = index.SetColumn is not null && _entered[0] is null ? -1 : (InOrder ? 100 : 0) + _entered.Length;
        if (InOrder && query.After is { } after && EntersWhereItStood(query, after))
        {
            _after = [.. _entered, .. free.Select(i => after.Values[i])];
        }

        string Name(int column) => schema.Columns[index.Columns[column]].Name;
    }

    /// <summary>Whether no sorting is needed.</summary>
    public bool InOrder { get; }

    /// <summary>The best index has the highest; one that cannot be entered has less than none.</summary>
    public int Rank { get; }

    /// <summary>Keys of the rows that may match, and of all that do.</summary>
    public IEnumerable<string> Keys(RowQuery query)
    {
        RowEntry low = _from is null ? RowEntry.Before(_entered) : RowEntry.Before([.. _entered, _from]);
        RowEntry high = _below is null ? RowEntry.After(_entered) : RowEntry.Before([.. _entered, _below]);
        bool descending = InOrder && QueryOrder.KeyDescending(query);
        if (_after is not null)
        {
            RowEntry place = new(_after, query.After!.Key);
            if (descending)
            {
                high = RowEntryOrder.Instance.Compare(place, high) < 0 ? place : high;
            }
            else
            {
                low = RowEntryOrder.Instance.Compare(place, low) > 0 ? place : low;
            }
        }

        return _index.Range(low, high, descending);
    }

    // A position may stand outside the range that the filters allow; then it does not bound the scan, and each row is compared.
    private static bool EntersWhereItStood(RowQuery query, RowPosition after) => Enumerable.Range(0, query.OrderBy.Length)
        .All(i => Value(query, query.OrderBy[i].Column, RowOperator.Equal) is not { } value || ValueOrder.Compare(value, after.Values[i]) == 0);

    private static object? Value(RowQuery query, string column, RowOperator comparison)
    {
        foreach (RowFilter filter in query.Where)
        {
            if (filter.Operator == comparison && filter.Column == column)
            {
                return filter.Value;
            }
        }

        return null;
    }
}
