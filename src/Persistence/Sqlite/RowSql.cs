using System.Collections.Immutable;
using System.Text;
using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>A SELECT and what its parameters are, in order; the last one, the limit, is bound when it runs.</summary>
internal readonly record struct RowSelect(string Text, ImmutableArray<object?> Parameters);

/// <summary>
/// Makes a <see cref="RowQuery"/> into SELECTs that, run one after the other, give its rows in order. What comes after a place
/// (a, b, key) is: the same a and b and a later key; then the same a and a later b; then a later a. Each of these is one range of an
/// index, nulls and mixed directions included, where one condition with OR would be a scan with a sort.
/// </summary>
internal sealed class RowSql
{
    private readonly TableSchema _table;
    private readonly RowQuery _query;
    private readonly int? _set;
    private readonly bool _places;
    private readonly ImmutableArray<string> _ordered;
    private readonly ImmutableArray<(string Name, bool Text, bool Descending)> _order;

    private RowSql(TableSchema table, RowQuery query, bool places)
    {
        _places = places;
        _table = table;
        _query = query;
        _set = query.Where.FirstOrDefault(filter => filter.Operator == RowOperator.Contains) is { } contains ? table.Ordinal(contains.Column) : null;
        _ordered = [.. query.OrderBy.Select(order => order.Column)];
        bool last = !query.OrderBy.IsEmpty && query.OrderBy[^1].Descending;
        _order = [.. query.OrderBy.Select(order => (Name(order.Column), IsText(order.Column), order.Descending)), (KeyName, true, last)];
    }

    // The members' table has the key and the order's columns too, and only there does its index cover them.
    private string KeyName => _set is null ? "t.\"key\"" : "m.\"key\"";

    public static string Quoted(string name) => $"\"{name}\"";

    public static string IndexName(string table, IEnumerable<string> columns) => $"{table}__by({string.Join(", ", columns)})";

    public static string MembersTable(string table, string set) => $"{table}__{set}";

    /// <summary>Gives the rows of one range: the key, then every column.</summary>
    public static ImmutableArray<RowSelect> Rows(TableSchema table, RowQuery range) => [.. new RowSql(table, range, places: false).Selects()];

    /// <summary>Gives the places of one range's rows: the key, then the order's columns. An index that has the range has these, too.</summary>
    public static ImmutableArray<RowSelect> Places(TableSchema table, RowQuery range) => [.. new RowSql(table, range, places: true).Selects()];

    /// <summary>
    /// Gives the place of one row of some ranges together: the key, then the order's columns; the last parameter is the number of rows before
    /// it. SQLite merges the ranges as it goes: nothing is sorted or kept, and no row that is skipped is looked up where an index has the range.
    /// </summary>
    public static RowSelect Place(TableSchema table, ImmutableArray<RowQuery> ranges)
    {
        List<object?> parameters = [];
        string union = string.Join(" UNION ALL ", ranges.Select(range => new RowSql(table, range, places: false).RangePlaces(parameters)));
        ImmutableArray<RowOrder> orders = ranges[0].OrderBy;
        // By position: a union has no tables to name columns of.
        IEnumerable<string> order = orders.Select((by, i) => Directed($"{i + 2}", by.Descending))
            .Append(Directed("1", QueryOrder.KeyDescending(ranges[0])));
        return new RowSelect($"{union} ORDER BY {string.Join(", ", order)} LIMIT 1 OFFSET ?", [.. parameters]);
    }

    /// <summary>Gives a row by its key, as <see cref="Rows"/> does.</summary>
    public static string ByKey(TableSchema table) =>
        $"SELECT t.\"key\"{string.Concat(table.Columns.Select(column => $", t.\"{column.Name}\""))} FROM \"{table.Name}\" t WHERE t.\"key\" = ?";

    private string RangePlaces(List<object?> parameters)
    {
        StringBuilder sql = new StringBuilder($"SELECT {KeyName}").AppendJoin("", _order.SkipLast(1).Select(order => $", {order.Name}"));
        sql.Append(From()).Append(" WHERE 1");
        foreach (RowFilter filter in _query.Where)
        {
            Condition(sql, parameters, filter);
        }

        return sql.ToString();
    }

    private static string Directed(string name, bool descending) => descending ? $"{name} DESC" : name;

    private string OrderBy(int from) => " ORDER BY " + string.Join(", ", _order.Skip(from).Select(order => Directed(order.Name, order.Descending)));

    private IEnumerable<RowSelect> Selects()
    {
        if (_query.After is not { } after)
        {
            return [Select(_query.Where, [], [], 0)];
        }

        ImmutableArray<object?> place = [.. after.Values, after.Key];
        return Enumerable.Range(0, _order.Length).Reverse().SelectMany(level => After(place, level));
    }

    /// <summary>Rows that are like the place in the columns before a level, and after it there.</summary>
    private IEnumerable<RowSelect> After(ImmutableArray<object?> place, int level)
    {
        if (FiltersWith(place[..level]) is not { } filters)
        {
            yield break;
        }

        (string name, bool text, bool descending) = _order[level];
        if (!descending)
        {
            // Every value is at least the least one: SQLite enters an index by that, and would not by IS NOT NULL.
            yield return place[level] is { } value
                ? Beyond(filters, place[..level], $"{name} > ?", value, RowOperator.AtLeast)
                : Beyond(filters, place[..level], $"{name} >= ?", text ? "" : long.MinValue, RowOperator.AtLeast);
        }
        else if (place[level] is { } value)
        {
            yield return Beyond(filters, place[..level], $"{name} < ?", value, RowOperator.Less);
            if (level < _order.Length - 1 && !_query.Where.Any(filter => filter.Column == _query.OrderBy[level].Column))
            {
                // Nulls are last this way round; a column with a filter has none.
                yield return Select(filters, [.. place[..level], null], [], level + 1);
            }
        }
    }

    /// <summary>
    /// The filters that are left to ask where the order's first columns have these values; null if one of them does not hold there.
    /// </summary>
    /// <remarks>A range beside an equality in one column could make SQLite enter an index by the range, and sort.</remarks>
    private ImmutableArray<RowFilter>? FiltersWith(ImmutableArray<object?> same)
    {
        ImmutableArray<RowFilter>.Builder left = ImmutableArray.CreateBuilder<RowFilter>();
        foreach (RowFilter filter in _query.Where)
        {
            int column = ColumnOf(filter);
            if (column < 0 || column >= same.Length)
            {
                left.Add(filter);
            }
            else if (same[column] is not { } value || !Holds(filter, ValueOrder.Compare(value, filter.Value)))
            {
                return null;
            }
        }

        return left.ToImmutable();
    }

    /// <summary>
    /// Of a bound that the place sets and one that a filter sets on the same side, only the narrower: SQLite enters an index by one.
    /// </summary>
    private RowSelect Beyond(ImmutableArray<RowFilter> filters, ImmutableArray<object?> same, string condition, object value, RowOperator side)
    {
        int level = same.Length;
        RowFilter? other = filters.FirstOrDefault(filter => filter.Operator == side && ColumnOf(filter) == level);
        int order = other is null ? 0 : ValueOrder.Compare(other.Value, value);
        return other is not null && (side == RowOperator.AtLeast ? order > 0 : order < 0)
            ? Select(filters, same, [], level)
            : Select(other is null ? filters : filters.Remove(other), same, [(condition, value)], level);
    }

    private int ColumnOf(RowFilter filter) => filter.Operator is RowOperator.Equal or RowOperator.AtLeast or RowOperator.Less
        ? _ordered.IndexOf(filter.Column)
        : -1;

    private static bool Holds(RowFilter filter, int order) => filter.Operator switch
    {
        RowOperator.Equal => order == 0,
        RowOperator.AtLeast => order >= 0,
        RowOperator.Less or RowOperator.In or RowOperator.Contains => order < 0,
    };

    private RowSelect Select(
        ImmutableArray<RowFilter> filters, ImmutableArray<object?> same, ImmutableArray<(string Condition, object Value)> bounds, int orderFrom)
    {
        StringBuilder sql = new($"SELECT {KeyName}");
        foreach (string column in _places ? _order.SkipLast(1).Select(order => order.Name) : _table.Columns.Select(column => $"t.\"{column.Name}\""))
        {
            sql.Append($", {column}");
        }

        List<object?> parameters = [];
        sql.Append(From()).Append(" WHERE 1");
        foreach (RowFilter filter in filters)
        {
            Condition(sql, parameters, filter);
        }

        for (int i = 0; i < same.Length; i++)
        {
            sql.Append($" AND {_order[i].Name} IS ?");
            parameters.Add(same[i]);
        }

        foreach ((string condition, object value) in bounds)
        {
            sql.Append($" AND {condition}");
            parameters.Add(value);
        }

        sql.Append(OrderBy(orderFrom)).Append(" LIMIT ?");
        return new RowSelect(sql.ToString(), [.. parameters]);
    }

    /// <summary>
    /// Names the index that has the equal columns first and the order's after them. SQLite, which knows nothing of how many rows there are, may
    /// otherwise enter one that has fewer of them and look at all the rest.
    /// </summary>
    private string IndexedBy()
    {
        HashSet<string> equal = [.. _query.Where.Where(filter => filter.Operator == RowOperator.Equal).Select(filter => filter.Column)];
        return equal.Count > 0
            && _table.Definition.Indexes.FirstOrDefault(index =>
                index.Length == equal.Count + _ordered.Length && equal.SetEquals(index.Take(equal.Count))
                && index.Skip(equal.Count).SequenceEqual(_ordered)) is { IsDefault: false } found
            ? $" INDEXED BY \"{IndexName(_table.Name, found)}\""
            : "";
    }

    private string From()
    {
        if (_set is not { } set)
        {
            return $" FROM \"{_table.Name}\" t{IndexedBy()}";
        }

        string members = $" FROM \"{MembersTable(_table.Name, _table.Columns[set].Name)}\" m";
        // CROSS JOIN keeps SQLite to this order: members first.
        return _places ? members : $"{members} CROSS JOIN \"{_table.Name}\" t ON t.\"key\" = m.\"key\"";
    }

    private void Condition(StringBuilder sql, List<object?> parameters, RowFilter filter)
    {
        if (filter.Value is ImmutableArray<string> values)
        {
            sql.Append($" AND {Name(filter.Column)} IN (?").Insert(sql.Length, ", ?", values.Length - 1).Append(')');
            parameters.AddRange(values);
            return;
        }

        sql.Append(filter.Operator switch
        {
            RowOperator.Equal => $" AND {Name(filter.Column)} = ?",
            RowOperator.AtLeast => $" AND {Name(filter.Column)} >= ?",
            RowOperator.Less => $" AND {Name(filter.Column)} < ?",
            RowOperator.Contains or RowOperator.In => " AND m.\"value\" = ?",
        });
        parameters.Add(filter.Value);
    }

    private string Name(string column) => _set is not null && _table.Definition.SetOrder.Contains(column) ? $"m.\"{column}\"" : $"t.\"{column}\"";

    private bool IsText(string column) => _table.Columns[_table.Ordinal(column)].Type == ColumnType.Text;
}
