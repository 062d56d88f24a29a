namespace Runner.InMemoryStore;

/// <summary>
/// A row's place in an index, or a bound between places: a bound has the first values only, and stands before (-1) or after (+1)
/// all places that begin with them.
/// </summary>
internal sealed record RowEntry(object?[] Values, string Key, int Side = 0)
{
    public static RowEntry Before(object?[] values) => new(values, "", -1);

    public static RowEntry After(object?[] values) => new(values, "", 1);
}

/// <summary>By the values, nulls first, then by key.</summary>
internal sealed class RowEntryOrder : IComparer<RowEntry>
{
    public static RowEntryOrder Instance { get; } = new();

    public int Compare(RowEntry? x, RowEntry? y)
    {
        int shared = Math.Min(x!.Values.Length, y!.Values.Length);
        for (int i = 0; i < shared; i++)
        {
            int order = ValueOrder.Compare(x.Values[i], y.Values[i]);
            if (order != 0)
            {
                return order;
            }
        }

        if (x.Side != 0 || y.Side != 0)
        {
            return BoundOrder(x, y);
        }

        return Utf8Order.Instance.Compare(x.Key, y.Key);
    }

    // Of two bounds the longer one lies inside the range that the shorter one ends.
    private static int BoundOrder(RowEntry x, RowEntry y) => x.Values.Length.CompareTo(y.Values.Length) switch
    {
        < 0 => x.Side,
        > 0 => -y.Side,
        _ => x.Side.CompareTo(y.Side),
    };
}
