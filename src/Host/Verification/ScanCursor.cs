using Runner.Entities.Store;

namespace Runner.Host.Verification;

/// <summary>A stream of a store with the next item at hand. One that cannot be read on ends, and says why.</summary>
internal sealed class ScanCursor<T> : IDisposable
{
    private readonly IEnumerator<T> _items;
    private readonly Func<T, string> _id;

    /// <param name="id">The id of an item's entity.</param>
    public ScanCursor(string name, IEnumerable<T> items, Func<T, string> id)
    {
        (Name, _items, _id) = (name, items.GetEnumerator(), id);
        Read();
    }

    /// <summary>What it reads, for messages.</summary>
    public string Name { get; }

    /// <summary>The id of the next item's entity; null at the end.</summary>
    public string? Id { get; private set; }

    /// <summary>Why nothing more can be read; null where all was.</summary>
    public string? Broken { get; private set; }

    /// <summary>How many items were taken.</summary>
    public long Count { get; private set; }

    /// <summary>The items of one entity.</summary>
    public IEnumerable<T> Take(string id)
    {
        while (Id == id)
        {
            var item = _items.Current;
            Count++;
            Read();
            yield return item;
        }
    }

    public void Dispose() => _items.Dispose();

    private void Read()
    {
        try
        {
            Id = _items.MoveNext() ? _id(_items.Current) : null;
        }
        catch (StoreUnavailableException e) when (e.IsDamage)
        {
            (Id, Broken) = (null, e.Message);
        }
    }
}

/// <summary>The order of ids in a store: by the bytes of their UTF-8.</summary>
internal static class IdOrder
{
    public static int Compare(string a, string b)
    {
        var length = Math.Min(a.Length, b.Length);
        for (var i = 0; i < length; i++)
        {
            if (a[i] != b[i])
            {
                // Beyond the first 65,536 characters come those that UTF-16 writes as two, from the middle of these.
                return char.IsSurrogate(a[i]) == char.IsSurrogate(b[i]) ? a[i].CompareTo(b[i]) : char.IsSurrogate(a[i]) ? 1 : -1;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    public static string? Least(string? a, string? b) => a is null ? b : b is null || Compare(a, b) <= 0 ? a : b;
}
