using System.Collections.Immutable;
using System.Text;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>A SELECT and what its parameters are, in order: <see cref="string"/>, <see cref="long"/> or <c>string[]</c>.</summary>
internal readonly record struct Select(string Text, ImmutableArray<object> Parameters);

/// <summary>
/// Makes a <see cref="RowQuery"/> into one SELECT, so that it is answered from one state of the database. What comes after a place (a, b, key)
/// is: the same a and b and a later key; then the same a and a later b; then a later a. Each of these is one range of an index, nulls and
/// mixed directions included, where one condition with OR would be a scan with a sort; so is each value of an <see cref="RowOperator.In"/>
/// (<see cref="RowRanges"/>). The first places of each range are merged, and only the rows of those that come first are looked up.
/// </summary>
internal sealed class SelectSql
{
    /// <summary>So many values no list asks for.</summary>
    private const int MostMerged = 100;

    private readonly TableSchema _table;
    private readonly RowQuery _query;
    private readonly List<object> _parameters;
    private readonly int? _set;
    private readonly ImmutableArray<(string Name, bool Descending)> _order;

    private SelectSql(TableSchema table, RowQuery query, List<object> parameters)
    {
        (_table, _query, _parameters) = (table, query, parameters);
        _set = query.Where.FirstOrDefault(filter => filter.Operator == RowOperator.Contains) is { } contains ? table.Ordinal(contains.Column) : null;
        _order =
        [
            .. query.OrderBy.Select(order => (Name(order.Column), order.Descending)),
            (_set is null ? "t.\"key\"" : "m.\"key\"", QueryOrder.KeyDescending(query)),
        ];
    }

    /// <summary>
    /// Gives the rows of a query, the key and then every column, in no order if they come of several ranges; null if there can be none.
    /// </summary>
    public static Select? Rows(TableSchema table, RowQuery query)
    {
        List<object> parameters = [];
        ImmutableArray<RowQuery> ranges = Ranges(table, query);
        if (ranges is [var only] && query.After is null)
        {
            return new Select(new SelectSql(table, only, parameters).AllColumns(), [.. parameters]);
        }

        string[] places = [.. ranges.SelectMany(range => new SelectSql(table, range, parameters).Places())];
        if (places.Length == 0)
        {
            return null;
        }

        string first = $"SELECT * FROM ({string.Join(" UNION ALL ", places)}) u{ByPosition(query)} LIMIT {query.Limit}";
        return new Select($"SELECT {Columns(table)} FROM ({first}) p JOIN {TableSql.Quoted(table.Name)} t ON t.\"key\" = p.\"key\"", [.. parameters]);
    }

    /// <summary>
    /// Gives the place of one row of a query: the key, then the order's columns. The ranges are merged as they are read: nothing is sorted or
    /// kept, and no row that is skipped is looked up where an index has the range.
    /// </summary>
    public static Select? Place(TableSchema table, RowQuery query, long skip)
    {
        // No range has more before the row than all have together; told so, the server reads their beginnings from indexes.
        List<object> parameters = [skip, skip + 1];
        string[] ranges = [.. Ranges(table, query).Select(range => new SelectSql(table, range, parameters))
            .Select(sql => $"({sql.RangePlaces()}{sql.OrderBy()} LIMIT $2)")];
        return ranges.Length == 0 ? null
            : new Select($"SELECT * FROM ({string.Join(" UNION ALL ", ranges)}) u{ByPosition(query)} LIMIT 1 OFFSET $1", [.. parameters]);
    }

    /// <summary>Gives a row by its key, as <see cref="Rows"/> does.</summary>
    public static string ByKey(TableSchema table) => $"SELECT {Columns(table)} FROM {TableSql.Quoted(table.Name)} t WHERE t.\"key\" = $1";

    private static ImmutableArray<RowQuery> Ranges(TableSchema table, RowQuery query)
    {
        ImmutableArray<RowQuery> ranges = RowRanges.Of(table, query);
        return ranges.Length <= MostMerged ? ranges : [query];
    }

    private static string Columns(TableSchema table) =>
        string.Concat(table.Columns.Select(column => $", t.{TableSql.Quoted(column.Name)}").Prepend("t.\"key\""));

    // A union has no tables to name columns of, but columns of its own: the key, then those of the order.
    private static string ByPosition(RowQuery query) =>
        " ORDER BY " + string.Join(", ", query.OrderBy.Select((order, i) => Directed($"o{i}", order.Descending))
            .Append(QueryOrder.KeyDescending(query) ? "\"key\" DESC" : "\"key\""));

    private static string Directed(string name, bool descending) => descending ? $"{name} DESC NULLS LAST" : $"{name} NULLS FIRST";

    // The key is never null, and its indexes do not say where nulls would be.
    private string OrderBy() => " ORDER BY " + string.Join(", ", _order.Select((order, i) =>
        i < _order.Length - 1 ? Directed(order.Name, order.Descending) : order.Descending ? $"{order.Name} DESC" : order.Name));

    private string AllColumns() => $"SELECT {Columns(_table)}{From(rows: true)}{Where()}{OrderBy()} LIMIT {_query.Limit}";

    private string RangePlaces() => PlaceColumns() + Where();

    private IEnumerable<string> Places()
    {
        if (_query.After is not { } after)
        {
            yield return Limited(RangePlaces());
            yield break;
        }

        ImmutableArray<object?> place = [.. after.Values, after.Key];
        for (int level = place.Length - 1; level >= 0; level--)
        {
            string name = _order[level].Name;
            if (!_order[level].Descending)
            {
                yield return Beyond(place, level, place[level] is { } value ? $"{name} > {Parameter(value)}" : $"{name} IS NOT NULL");
            }
            else if (place[level] is { } value)
            {
                yield return Beyond(place, level, $"{name} < {Parameter(value)}");
                if (level < place.Length - 1)
                {
                    // Nulls are last this way round.
                    yield return Beyond(place, level, $"{name} IS NULL");
                }
            }
        }
    }

    /// <summary>Places that are like a place in the columns before a level, and after it there.</summary>
    private string Beyond(ImmutableArray<object?> place, int level, string condition)
    {
        StringBuilder sql = new(RangePlaces());
        for (int i = 0; i < level; i++)
        {
            sql.Append(place[i] is { } value ? $" AND {_order[i].Name} = {Parameter(value)}" : $" AND {_order[i].Name} IS NULL");
        }

        return Limited(sql.Append($" AND {condition}").ToString());
    }

    private string Limited(string select) => $"({select}{OrderBy()} LIMIT {_query.Limit})";

    private string PlaceColumns() =>
        $"SELECT {_order[^1].Name} AS \"key\"{string.Concat(_order.SkipLast(1).Select((order, i) => $", {order.Name} AS o{i}"))}{From(rows: false)}";

    private string From(bool rows)
    {
        if (_set is not { } set)
        {
            return $" FROM {TableSql.Quoted(_table.Name)} t";
        }

        string members = $" FROM {TableSql.Quoted(TableSql.MembersTable(_table, set))} m";
        bool covered = _query.Where.Where(filter => filter.Operator != RowOperator.Contains).Select(filter => filter.Column)
            .Concat(_query.OrderBy.Select(order => order.Column)).All(column => _table.Definition.SetOrder.Contains(column));
        return covered && !rows ? members : $"{members} JOIN {TableSql.Quoted(_table.Name)} t ON t.\"key\" = m.\"key\"";
    }

    private string Where()
    {
        StringBuilder sql = new(" WHERE true");
        foreach (RowFilter filter in _query.Where)
        {
            sql.Append(" AND ").Append(filter.Operator switch
            {
                RowOperator.Equal => $"{Name(filter.Column)} = {Parameter(filter.Value)}",
                RowOperator.AtLeast => $"{Name(filter.Column)} >= {Parameter(filter.Value)}",
                RowOperator.Less => $"{Name(filter.Column)} < {Parameter(filter.Value)}",
                RowOperator.In =>
                    $"{Name(filter.Column)} = ANY ({Parameter(((ImmutableArray<string>)filter.Value).Select(RowText.Clean).ToArray())})",
                RowOperator.Contains => $"m.\"value\" = {Parameter(filter.Value)}",
            });
        }

        return sql.ToString();
    }

    private string Parameter(object value)
    {
        _parameters.Add(value is string text ? RowText.Clean(text)! : value);
        return $"${_parameters.Count}";
    }

    private string Name(string column) => (_set is not null && _table.Definition.SetOrder.Contains(column) ? "m." : "t.") + TableSql.Quoted(column);
}
