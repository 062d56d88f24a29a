using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>A checked <see cref="TableDefinition"/> with what looking up its columns needs.</summary>
internal sealed class TableSchema
{
    /// <summary>The most rows that one query may ask for.</summary>
    public const int LargestPage = 1_000;

    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);

    public TableSchema(TableDefinition definition)
    {
        Definition = definition;
        StoreSchema.CheckName(definition.Name);
        for (int i = 0; i < definition.Columns.Length; i++)
        {
            string column = definition.Columns[i].Name;
            StoreSchema.CheckName(column);
            if (column == "key" || !_ordinals.TryAdd(column, i))
            {
                throw new ArgumentException($"The table {definition.Name} has two columns named {column}; the key is one already.");
            }
        }

        foreach (string column in definition.Indexes.SelectMany(index => index).Concat(definition.SetOrder))
        {
            ScalarOrdinal(column);
        }

        Sets = [.. Enumerable.Range(0, definition.Columns.Length).Where(i => definition.Columns[i].Type == ColumnType.TextSet)];
        SetOrder = [.. definition.SetOrder.Select(ScalarOrdinal)];
    }

    public TableDefinition Definition { get; }

    public string Name => Definition.Name;

    public ImmutableArray<Column> Columns => Definition.Columns;

    /// <summary>Ordinals of the <see cref="ColumnType.TextSet"/> columns.</summary>
    public ImmutableArray<int> Sets { get; }

    /// <summary>Ordinals of <see cref="TableDefinition.SetOrder"/>.</summary>
    public ImmutableArray<int> SetOrder { get; }

    public int Ordinal(string column) => _ordinals.TryGetValue(column, out int ordinal)
        ? ordinal
        : throw new ArgumentException($"The table {Name} has no column {column}.");

    public int ScalarOrdinal(string column) => Ordinal(column) is var ordinal && Columns[ordinal].Type != ColumnType.TextSet
        ? ordinal
        : throw new ArgumentException($"{Name}.{column} is a set: it can be searched with Contains, not compared or ordered by.");

    /// <exception cref="ArgumentException">The change does not fit the table.</exception>
    public void Check(RowChange change)
    {
        ArgumentNullException.ThrowIfNull(change.Key);
        if (change.Values is not { } values)
        {
            return;
        }

        if (values.IsDefault || values.Length != Columns.Length)
        {
            throw new ArgumentException($"A row of {Name} has {Columns.Length} values, not {(values.IsDefault ? 0 : values.Length)}.");
        }

        for (int i = 0; i < values.Length; i++)
        {
            CheckValue(Columns[i], values[i]);
        }
    }

    /// <exception cref="ArgumentException">The query does not fit the table.</exception>
    public void Check(RowQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, LargestPage);
        if (query.Where.Count(filter => filter.Operator == RowOperator.Contains) > 1)
        {
            throw new ArgumentException($"A query of {Name} may search one set for one member.");
        }

        foreach (RowFilter filter in query.Where)
        {
            CheckFilter(filter);
        }

        foreach (RowOrder order in query.OrderBy)
        {
            ScalarOrdinal(order.Column);
        }

        if (query.After is { } after)
        {
            CheckPosition(query, after);
        }
    }

    /// <exception cref="ArgumentException">The query does not fit the table, or goes on after a place.</exception>
    public void CheckPlace(RowQuery query, long skip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        Check(query);
        if (query.After is not null)
        {
            throw new ArgumentException($"A place in {Name} is counted from the beginning of an order.");
        }
    }

    private void CheckPosition(RowQuery query, RowPosition after)
    {
        ArgumentNullException.ThrowIfNull(after.Key);
        if (after.Values.IsDefault || after.Values.Length != query.OrderBy.Length)
        {
            throw new ArgumentException($"A place in this order of {Name} has {query.OrderBy.Length} values.");
        }

        for (int i = 0; i < query.OrderBy.Length; i++)
        {
            CheckValue(Columns[Ordinal(query.OrderBy[i].Column)], after.Values[i]);
        }
    }

    private void CheckFilter(RowFilter filter)
    {
        Column column = Columns[Ordinal(filter.Column)];
        bool fits = filter.Operator switch
        {
            RowOperator.Contains => column.Type == ColumnType.TextSet && filter.Value is string,
            RowOperator.In => column.Type == ColumnType.Text && filter.Value is ImmutableArray<string> { IsDefault: false },
            RowOperator.Equal or RowOperator.AtLeast or RowOperator.Less =>
                column.Type == ColumnType.Text ? filter.Value is string : column.Type == ColumnType.Integer && filter.Value is long,
        };
        if (!fits)
        {
            throw new ArgumentException($"{Name}.{column.Name} is {column.Type}; it cannot be compared by {filter.Operator} to {filter.Value}.");
        }
    }

    private void CheckValue(Column column, object? value)
    {
        bool fits = value is null || column.Type switch
        {
            ColumnType.Text => value is string,
            ColumnType.Integer => value is long,
            ColumnType.TextSet => value is ImmutableArray<string> { IsDefault: false },
        };
        if (!fits)
        {
            throw new ArgumentException($"{Name}.{column.Name} is {column.Type}; it cannot hold a {value!.GetType().Name}.");
        }
    }
}
