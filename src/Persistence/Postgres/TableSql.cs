using System.Collections.Immutable;
using Npgsql;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>
/// The statements that put and remove rows of one table, for all rows of a group at once. The members of a set have a table of their own, each
/// with the columns it is ordered by.
/// </summary>
internal sealed class TableSql
{
    private readonly TableSchema _table;
    private readonly string _put;
    private readonly string _delete;
    private readonly ImmutableArray<(int Set, string Add, string Remove)> _members;

    public TableSql(TableSchema table)
    {
        _table = table;
        string[] names = [.. table.Columns.Select(column => Quoted(column.Name)).Prepend(Quoted("key"))];
        string updates = names.Length == 1 ? "NOTHING" : "UPDATE SET " + string.Join(", ", names.Skip(1).Select(name => $"{name} = excluded.{name}"));
        _put =
            $"INSERT INTO {Quoted(table.Name)} ({string.Join(", ", names)}) SELECT * FROM {Unnest(names.Length)} ON CONFLICT (\"key\") DO {updates}";
        _delete = $"DELETE FROM {Quoted(table.Name)} WHERE \"key\" = ANY ($1)";
        string[] placed = [Quoted("key"), Quoted("value"), .. table.Definition.SetOrder.Select(Quoted)];
        _members = [.. table.Sets.Select(set => (
            set,
            $"INSERT INTO {Quoted(MembersTable(table, set))} ({string.Join(", ", placed)}) "
            + $"SELECT * FROM {Unnest(placed.Length)} ON CONFLICT (\"key\", \"value\") DO NOTHING",
            $"DELETE FROM {Quoted(MembersTable(table, set))} WHERE \"key\" = ANY ($1)"))];
    }

    public static string Quoted(string name) => $"\"{name}\"";

    public static string MembersTable(TableSchema table, int set) => $"{table.Name}__{table.Columns[set].Name}";

    /// <summary>Writes the last change of each row.</summary>
    public void Write(NpgsqlBatch batch, IEnumerable<RowChange> changes)
    {
        // In the order of keys, so that two writers that change the same rows wait for one another instead of dead-locking.
        RowChange[] all = [.. changes.OrderBy(change => change.Key, StringComparer.Ordinal)];
        RowChange[] put = [.. all.Where(change => change.Values is not null)];
        if (put.Length < all.Length)
        {
            GroupSql.Add(batch, _delete, Keys([.. all.Where(change => change.Values is null)]));
        }

        if (put.Length > 0)
        {
            GroupSql.Add(batch, _put, [Keys(put), .. _table.Columns.Select((_, i) => Values(put, change => change.Values!.Value, i))]);
        }

        foreach ((int set, string add, string remove) in _members)
        {
            GroupSql.Add(batch, remove, Keys(all));
            (RowChange Row, string Member)[] members = [.. put.Where(change => change.Values!.Value[set] is ImmutableArray<string>)
                .SelectMany(change => ((ImmutableArray<string>)change.Values!.Value[set]!).Select(member => (change, RowText.Clean(member)!)))];
            if (members.Length > 0)
            {
                GroupSql.Add(batch, add, [GroupSql.Texts(members, member => RowText.Clean(member.Row.Key)),
                    GroupSql.Texts(members, member => member.Member),
                    .. _table.SetOrder.Select(column => Values(members, member => member.Row.Values!.Value, column))]);
            }
        }
    }

    private static string Unnest(int columns) => $"unnest({string.Join(", ", Enumerable.Range(1, columns).Select(i => $"${i}"))})";

    private static NpgsqlParameter Keys(RowChange[] changes) => GroupSql.Texts(changes, change => RowText.Clean(change.Key));

    private NpgsqlParameter Values<T>(T[] rows, Func<T, ImmutableArray<object?>> values, int column) => _table.Columns[column].Type switch
    {
        ColumnType.Integer => GroupSql.NullableLongs(rows, row => (long?)values(row)[column]),
        ColumnType.Text => GroupSql.Texts(rows, row => RowText.Clean((string?)values(row)[column])),
        ColumnType.TextSet => GroupSql.Texts(rows, row => RowText.EncodeSet(values(row)[column])),
    };
}
