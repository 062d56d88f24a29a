using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.InMemoryStore;

/// <summary>An index of a table: its rows by some columns, or by the members of a set and then some columns.</summary>
/// <param name="setColumn">Ordinal of the set whose members come first, or null.</param>
/// <param name="columns">Ordinals of the columns.</param>
internal sealed class RowIndex(int? setColumn, ImmutableArray<int> columns)
{
    private readonly SortedSet<RowEntry> _entries = new(RowEntryOrder.Instance);

    public int? SetColumn => setColumn;

    public ImmutableArray<int> Columns => columns;

    /// <summary>Takes a row from where it stood to where it stands now; null if it was not or is not any more.</summary>
    public void Move(Row? old, Row? row)
    {
        if (old is not null && row is not null && StandsStill(old, row))
        {
            return;
        }

        if (old is not null)
        {
            foreach (string member in Members(old))
            {
                _entries.Remove(Entry(old, member));
            }
        }

        if (row is not null)
        {
            foreach (string member in Members(row))
            {
                _entries.Add(Entry(row, member));
            }
        }
    }

    /// <summary>Keys of the rows between two places, both included, in the index's order or against it.</summary>
    public IEnumerable<string> Range(RowEntry low, RowEntry high, bool descending)
    {
        if (RowEntryOrder.Instance.Compare(low, high) > 0)
        {
            return [];
        }

        SortedSet<RowEntry> range = _entries.GetViewBetween(low, high);
        return (descending ? range.Reverse() : range).Select(entry => entry.Key);
    }

    private bool StandsStill(Row old, Row row)
    {
        foreach (int column in columns)
        {
            if (ValueOrder.Compare(old.Values[column], row.Values[column]) != 0)
            {
                return false;
            }
        }

        return setColumn is null || Members(old).SequenceEqual(Members(row));
    }

    // A row of an index without a set has one place, as if it had one member.
    private ImmutableArray<string> Members(Row row) => setColumn is not { } set
        ? [""]
        : row.Values[set] is ImmutableArray<string> members ? members : [];

    private RowEntry Entry(Row row, string member)
    {
        int offset = setColumn is null ? 0 : 1;
        object?[] values = new object?[columns.Length + offset];
        if (offset == 1)
        {
            values[0] = member;
        }

        for (int i = 0; i < columns.Length; i++)
        {
            values[i + offset] = row.Values[columns[i]];
        }

        return new RowEntry(values, row.Key);
    }
}
