using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>Puts and removes rows of one table, with statements prepared once.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly Statement _put;
    private readonly Statement _delete;
    private readonly Statement _old;
    private readonly TableSchema _table;
    private readonly ImmutableArray<(Statement Add, Statement Remove, Statement? Move)> _members;

    public TableWriter(Database database, TableSchema table)
    {
        _table = table;
        string names = string.Concat(table.Columns.Select(column => $", \"{column.Name}\""));
        string values = string.Concat(Enumerable.Repeat(", ?", table.Columns.Length));
        string updates = table.Columns.IsEmpty
            ? "NOTHING"
            : "UPDATE SET " + string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\" = excluded.\"{column.Name}\""));
        _put = database.Prepare($"INSERT INTO \"{table.Name}\" (\"key\"{names}) VALUES (?{values}) ON CONFLICT (\"key\") DO {updates}");
        _delete = database.Prepare($"DELETE FROM \"{table.Name}\" WHERE \"key\" = ?");
        _old = database.Prepare($"SELECT \"key\"{names} FROM \"{table.Name}\" WHERE \"key\" = ?");
        string order = string.Concat(table.Definition.SetOrder.Select(column => $", \"{column}\""));
        string orderValues = string.Concat(Enumerable.Repeat(", ?", table.SetOrder.Length));
        string places = string.Join(", ", table.Definition.SetOrder.Select(column => $"\"{column}\" = ?"));
        _members = [.. table.Sets.Select(set => RowSql.MembersTable(table.Name, table.Columns[set].Name)).Select(members => (
            database.Prepare($"INSERT OR IGNORE INTO \"{members}\" (\"key\", \"value\"{order}) VALUES (?, ?{orderValues})"),
            database.Prepare($"DELETE FROM \"{members}\" WHERE \"key\" = ?"),
            table.SetOrder.IsEmpty ? null : database.Prepare($"UPDATE \"{members}\" SET {places} WHERE \"key\" = ?")))];
    }

    public void Apply(RowChange change)
    {
        if (!_members.IsEmpty)
        {
            ApplyMembers(change);
        }

        if (change.Values is not { } values)
        {
            _delete.Bind(1, change.Key).Execute();
            return;
        }

        _put.Bind(1, change.Key);
        for (int i = 0; i < values.Length; i++)
        {
            _put.Bind(i + 2, RowCodec.Encode(values[i]));
        }

        _put.Execute();
    }

    public void Dispose()
    {
        _put.Dispose();
        _delete.Dispose();
        _old.Dispose();
        foreach ((Statement add, Statement remove, Statement? move) in _members)
        {
            add.Dispose();
            remove.Dispose();
            move?.Dispose();
        }
    }

    // A row changes far more often than its sets do; then one look saves writing them all again.
    private void ApplyMembers(RowChange change)
    {
        Row? old = _old.Bind(1, change.Key).First(row => RowCodec.Read(row, _table));
        for (int i = 0; i < _members.Length; i++)
        {
            ImmutableArray<string> before = Members(old?.Values, _table.Sets[i]);
            ImmutableArray<string> now = Members(change.Values, _table.Sets[i]);
            // What it was before cannot be told from a damaged row: whatever members it has go.
            bool damaged = old?.Values[_table.Sets[i]] is not (null or ImmutableArray<string>);
            if (!damaged && before.SequenceEqual(now))
            {
                if (!now.IsEmpty && !InSamePlace(old!.Values, change.Values!.Value))
                {
                    Move(_members[i].Move!, change.Key, change.Values!.Value);
                }

                continue;
            }

            if (damaged || !before.IsEmpty)
            {
                _members[i].Remove.Bind(1, change.Key).Execute();
            }

            foreach (string member in now)
            {
                AddMember(_members[i].Add, change.Key, member, change.Values!.Value);
            }
        }
    }

    private void AddMember(Statement add, string key, string member, ImmutableArray<object?> values)
    {
        add.Bind(1, key).Bind(2, member);
        for (int i = 0; i < _table.SetOrder.Length; i++)
        {
            add.Bind(i + 3, values[_table.SetOrder[i]]);
        }

        add.Execute();
    }

    private void Move(Statement move, string key, ImmutableArray<object?> values)
    {
        for (int i = 0; i < _table.SetOrder.Length; i++)
        {
            move.Bind(i + 1, values[_table.SetOrder[i]]);
        }

        move.Bind(_table.SetOrder.Length + 1, key).Execute();
    }

    private bool InSamePlace(ImmutableArray<object?> before, ImmutableArray<object?> now)
    {
        foreach (int column in _table.SetOrder)
        {
            if (!Equals(before[column], now[column]))
            {
                return false;
            }
        }

        return true;
    }

    private static ImmutableArray<string> Members(ImmutableArray<object?>? values, int set) =>
        values is { } row && row[set] is ImmutableArray<string> members ? members : [];
}
