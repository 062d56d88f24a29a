using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.InMemoryStore;

/// <summary>The rows of one table with their indexes.</summary>
internal sealed class MemoryTable
{
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly ImmutableArray<RowIndex> _indexes;

    public MemoryTable(TableSchema schema)
    {
        Schema = schema;
        _indexes =
        [
            new RowIndex(null, []),
            .. schema.Definition.Indexes.Select(columns => new RowIndex(null, [.. columns.Select(schema.Ordinal)])),
            .. schema.Sets.Select(set => new RowIndex(set, schema.SetOrder)),
        ];
    }

    public TableSchema Schema { get; }

    public Row? Find(string key) => _rows.GetValueOrDefault(key);

    public void Change(RowChange change)
    {
        Row? old = _rows.GetValueOrDefault(change.Key);
        Row? row = change.Values is { } values ? new Row(change.Key, values) : null;
        foreach (RowIndex index in _indexes)
        {
            index.Move(old, row);
        }

        if (row is null)
        {
            _rows.Remove(change.Key);
        }
        else
        {
            _rows[change.Key] = row;
        }
    }

    public ImmutableArray<Row> Query(RowQuery query)
    {
        QueryOrder order = new(Schema, query);
        ImmutableArray<RowQuery> ranges = RowRanges.Of(Schema, query);
        return ranges.Length == 1
            ? [.. Rows(ranges[0], order)]
            : [.. ranges.SelectMany(range => Rows(range, order)).Order(order).Take(query.Limit)];
    }

    public RowPosition? Place(RowQuery query, long skip)
    {
        ImmutableArray<Row> rows = Query(query with { Limit = (int)Math.Min(skip + 1, int.MaxValue) });
        return rows.Length > skip
            ? new RowPosition([.. query.OrderBy.Select(order => rows[^1].Values[Schema.Ordinal(order.Column)])], rows[^1].Key) : null;
    }

    private IEnumerable<Row> Rows(RowQuery query, QueryOrder order)
    {
        IndexScan scan = _indexes.Select(index => new IndexScan(index, Schema, query)).MaxBy(scan => scan.Rank)!;
        IEnumerable<Row> found = scan.Keys(query).Select(key => _rows[key]).Where(row => Matches(row, query.Where));
        if (query.After is { } after)
        {
            found = found.Where(row => order.Compare(row, after) > 0);
        }

        return (scan.InOrder ? found : found.Order(order)).Take(query.Limit);
    }

    private bool Matches(Row row, ImmutableArray<RowFilter> filters)
    {
        foreach (RowFilter filter in filters)
        {
            object? value = row.Values[Schema.Ordinal(filter.Column)];
            bool holds = value is not null && filter.Operator switch
            {
                RowOperator.Equal => ValueOrder.Compare(value, filter.Value) == 0,
                RowOperator.In => ((ImmutableArray<string>)filter.Value).Contains((string)value),
                RowOperator.AtLeast => ValueOrder.Compare(value, filter.Value) >= 0,
                RowOperator.Less => ValueOrder.Compare(value, filter.Value) < 0,
                RowOperator.Contains => ((ImmutableArray<string>)value).Contains((string)filter.Value),
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }
}
