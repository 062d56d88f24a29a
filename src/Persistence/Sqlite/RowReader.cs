using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Answers one <see cref="RowQuery"/>. Of several ranges (see <see cref="RowRanges"/>) only the places are read at first, from the index
/// alone; they are merged, and the rows of those that come first are looked up by key.
/// </summary>
internal sealed class RowReader(TableSchema table, RowQuery query)
{
    /// <summary>SQLite merges at most 500 selects; so many values no list asks for.</summary>
    private const int MostMerged = 100;

    private readonly ImmutableArray<RowQuery> _ranges = RowRanges.Of(table, query);

    /// <summary>Reads on one state of the database.</summary>
    public ImmutableArray<Row> Read(Database database)
    {
        if (_ranges.Length != 1)
        {
            return Merged(database);
        }

        ImmutableArray<Row>.Builder rows = ImmutableArray.CreateBuilder<Row>();
        foreach (RowSelect select in RowSql.Rows(table, _ranges[0]).TakeWhile(_ => rows.Count < query.Limit))
        {
            Bound(database, select, query.Limit - rows.Count).ReadAll(rows, row => RowCodec.Read(row, table));
        }

        return rows.ToImmutable();
    }

    /// <summary>The place of the row that has so many before it; null if there are not so many.</summary>
    public RowPosition? PlaceAfter(Database database, long skip) =>
        _ranges.IsEmpty ? null : Bound(database, RowSql.Place(table, _ranges.Length <= MostMerged ? _ranges : [query]), skip).First(Place);

    /// <summary>How SQLite would find a place, line by line.</summary>
    public ImmutableArray<string> ExplainPlace(Database database)
    {
        List<string> lines = [];
        RowSelect select = RowSql.Place(table, _ranges);
        Bound(database, select with { Text = "EXPLAIN QUERY PLAN " + select.Text }, 0).ReadAll(lines, row => row.Text(3));
        return [.. lines];
    }

    /// <summary>How SQLite would answer, line by line (EXPLAIN QUERY PLAN).</summary>
    public ImmutableArray<string> Explain(Database database)
    {
        List<string> lines = [];
        foreach (RowSelect select in _ranges.Length == 1 ? RowSql.Rows(table, _ranges[0])
            : [.. _ranges.SelectMany(range => RowSql.Places(table, range))])
        {
            Bound(database, select with { Text = "EXPLAIN QUERY PLAN " + select.Text }, query.Limit).ReadAll(lines, row => row.Text(3));
        }

        if (_ranges.Length > 1)
        {
            database.Cached("EXPLAIN QUERY PLAN " + RowSql.ByKey(table)).Bind(1, "").ReadAll(lines, row => row.Text(3));
        }

        return [.. lines];
    }

    private ImmutableArray<Row> Merged(Database database)
    {
        List<RowPosition> places = [];
        foreach (RowQuery range in _ranges)
        {
            int before = places.Count;
            foreach (RowSelect select in RowSql.Places(table, range).TakeWhile(_ => places.Count - before < query.Limit))
            {
                Bound(database, select, query.Limit - (places.Count - before)).ReadAll(places, Place);
            }
        }

        places.Sort(new QueryOrder(table, query));
        Statement byKey = database.Cached(RowSql.ByKey(table));
        return [.. places.Take(query.Limit).Select(place => byKey.Bind(1, place.Key).First(row => RowCodec.Read(row, table))!)];
    }

    private RowPosition Place(Statement row)
    {
        object?[] values = new object?[query.OrderBy.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!row.IsNull(i + 1))
            {
                values[i] = table.Columns[table.Ordinal(query.OrderBy[i].Column)].Type == ColumnType.Integer ? row.Int64(i + 1) : row.Text(i + 1);
            }
        }

        return new RowPosition([.. values], row.Text(0));
    }

    private static Statement Bound(Database database, RowSelect select, long last)
    {
        Statement statement = database.Cached(select.Text);
        for (int i = 0; i < select.Parameters.Length; i++)
        {
            statement.Bind(i + 1, select.Parameters[i]);
        }

        return statement.Bind(select.Parameters.Length + 1, last);
    }
}
