using System.Collections.Immutable;
using System.Text;

namespace Runner.Engine.Store.Sqlite;

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
    private readonly ImmutableArray<(string Name, bool Text, bool Descending)> _order;

    private RowSql(TableSchema table, RowQuery query)
    {
        _table = table;
        _query = query;
        _set = query.Where.FirstOrDefault(filter => filter.Operator == RowOperator.Contains) is { } contains ? table.Ordinal(contains.Column) : null;
        bool last = !query.OrderBy.IsEmpty && query.OrderBy[^1].Descending;
        _order = [.. query.OrderBy.Select(order => (Name(order.Column), IsText(order.Column), order.Descending)), (KeyName, true, last)];
    }

    // The members' table has the key and the order's columns too, and only there does its index cover them.
    private string KeyName => _set is null ? "t.\"key\"" : "m.\"key\"";

    public static string Quoted(string name) => $"\"{name}\"";

    public static string MembersTable(string table, string set) => $"{table}__{set}";

    public static ImmutableArray<RowSelect> Selects(TableSchema table, RowQuery query) =>
        IsOfNone(query)
            ? []
            : [.. new RowSql(table, query).Selects()];

    /// <summary>
    /// Selects the place of one row, its order's values and its key; the last parameter is the number of rows before it. Only what an
    /// index holds is named, so that the rows skipped are not looked up. Null if no row can match.
    /// </summary>
    public static RowSelect? Place(TableSchema table, RowQuery query) => IsOfNone(query) ? null : new RowSql(table, query).Place();

    private static bool IsOfNone(RowQuery query) =>
        query.Where.Any(filter => filter is { Operator: RowOperator.In, Value: ImmutableArray<string> { IsEmpty: true } });

    private RowSelect Place()
    {
        StringBuilder sql = new StringBuilder("SELECT ").AppendJoin(", ", _order.Select(order => order.Name));
        List<object?> parameters = [];
        From(sql);
        foreach (RowFilter filter in _query.Where)
        {
            Condition(sql, parameters, filter);
        }

        OrderBy(sql, 0).Append(" LIMIT 1 OFFSET ?");
        return new RowSelect(sql.ToString(), [.. parameters]);
    }

    private IEnumerable<RowSelect> Selects()
    {
        if (_query.After is not { } after)
        {
            yield return Select([], [], 0);
            yield break;
        }

        ImmutableArray<object?> place = [.. after.Values, after.Key];
        for (int level = _order.Length - 1; level >= 0; level--)
        {
            (string name, bool text, bool descending) = _order[level];
            if (!descending)
            {
                // Every value is at least the least one: SQLite enters an index by that, and would not by IS NOT NULL.
                yield return place[level] is { } value
                    ? Select(place[..level], [($"{name} > ?", value)], level)
                    : Select(place[..level], [($"{name} >= ?", text ? "" : long.MinValue)], level);
            }
            else if (place[level] is { } value)
            {
                yield return Select(place[..level], [($"{name} < ?", value)], level);
                if (level < _order.Length - 1 && !_query.Where.Any(filter => filter.Column == _query.OrderBy[level].Column))
                {
                    // Nulls are last this way round; a column with a filter has none.
                    yield return Select([.. place[..level], null], [], level + 1);
                }
            }
        }
    }

    private RowSelect Select(ImmutableArray<object?> same, ImmutableArray<(string Condition, object Value)> bounds, int orderFrom)
    {
        StringBuilder sql = new("SELECT t.\"key\"");
        List<object?> parameters = [];
        foreach (Column column in _table.Columns)
        {
            sql.Append($", t.\"{column.Name}\"");
        }

        From(sql);
        foreach (RowFilter filter in _query.Where)
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

        OrderBy(sql, orderFrom).Append(" LIMIT ?");
        return new RowSelect(sql.ToString(), [.. parameters]);
    }

    // CROSS JOIN keeps SQLite to this order: members first.
    private void From(StringBuilder sql) => sql.Append(_set is { } set
        ? $" FROM \"{MembersTable(_table.Name, _table.Columns[set].Name)}\" m CROSS JOIN \"{_table.Name}\" t ON t.\"key\" = m.\"key\" WHERE 1"
        : $" FROM \"{_table.Name}\" t WHERE 1");

    private StringBuilder OrderBy(StringBuilder sql, int from) =>
        sql.Append(" ORDER BY ").AppendJoin(", ", _order.Skip(from).Select(order => order.Descending ? $"{order.Name} DESC" : order.Name));

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
            _ => " AND m.\"value\" = ?",
        });
        parameters.Add(filter.Value);
    }

    private string Name(string column) => _set is not null && _table.Definition.SetOrder.Contains(column) ? $"m.\"{column}\"" : $"t.\"{column}\"";

    private bool IsText(string column) => _table.Columns[_table.Ordinal(column)].Type == ColumnType.Text;
}
