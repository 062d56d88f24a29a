using System.Collections.Immutable;

namespace Runner.Entities.Store;

/// <summary>The type of a column.</summary>
public enum ColumnType
{
    /// <summary>A <see cref="string"/> or null.</summary>
    Text,

    /// <summary>A <see cref="long"/> or null.</summary>
    Integer,

    /// <summary>
    /// A set of strings (<c>ImmutableArray&lt;string&gt;</c>, no duplicates), each of which can be searched for with
    /// <see cref="RowOperator.Contains"/> in the order of the table's <see cref="TableDefinition.SetOrder"/> columns.
    /// </summary>
    TextSet,
}

/// <summary>A column of a <see cref="TableDefinition"/>.</summary>
public sealed record Column(string Name, ColumnType Type);

/// <summary>
/// A table of rows that lists and pages read. The engine does not know what they mean. Names are lower-case ASCII with underscores.
/// </summary>
/// <param name="Columns">Besides the key, which every table has as its primary key.</param>
/// <param name="Indexes">Columns of each index, in order; the key is always the last one, unsaid.</param>
public sealed record TableDefinition(string Name, ImmutableArray<Column> Columns, ImmutableArray<ImmutableArray<string>> Indexes)
{
    /// <summary>The columns by which members of a <see cref="ColumnType.TextSet"/> column are ordered in their index, before the key.</summary>
    public ImmutableArray<string> SetOrder { get; init; } = [];
}

/// <summary>A row as it was put.</summary>
/// <param name="Values">One for each column in the table's order: <see cref="string"/>, <see cref="long"/>, <c>ImmutableArray&lt;string&gt;</c> or
/// null.</param>
public sealed record Row(string Key, ImmutableArray<object?> Values);

/// <summary>How a filter compares.</summary>
public enum RowOperator
{
    /// <summary>Equal to the value.</summary>
    Equal,

    /// <summary>
    /// Equal to one of the values (<c>ImmutableArray&lt;string&gt;</c>). Where this column and those of the <see cref="Equal"/> filters are the
    /// first of an index whose others are the query's order, the first rows of each value are merged: it costs values × limit at most.
    /// </summary>
    In,

    /// <summary>Greater than or equal to the value.</summary>
    AtLeast,

    /// <summary>Less than the value.</summary>
    Less,

    /// <summary>The set column has this member. At most one such filter in a query.</summary>
    Contains,
}

/// <summary>One condition; those of a query all hold. Null never matches.</summary>
public sealed record RowFilter(string Column, RowOperator Operator, object Value);

/// <summary>One column to order by; a null sorts before everything.</summary>
public sealed record RowOrder(string Column, bool Descending = false);

/// <summary>Asks for a page of rows.</summary>
/// <param name="OrderBy">After these columns, by key in the direction of the last of them (ascending if there is none).</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="After">The last row of the page before: rows strictly after it in the order are returned, wherever they are now.</param>
public sealed record RowQuery(string Table, ImmutableArray<RowFilter> Where, ImmutableArray<RowOrder> OrderBy, int Limit, RowPosition? After = null);

/// <summary>A place in an order: the values of the order's columns and the key of the row that stood there.</summary>
public sealed record RowPosition(ImmutableArray<object?> Values, string Key);
