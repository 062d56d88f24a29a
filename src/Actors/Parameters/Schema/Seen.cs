namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// Which properties and items of one value schemas have looked at: what <c>unevaluatedProperties</c> and <c>unevaluatedItems</c> are about.
/// </summary>
internal sealed class Seen
{
    private readonly HashSet<string> _properties = new(StringComparer.Ordinal);
    private readonly HashSet<int> _items = [];
    private int _prefix;
    private bool _all;

    public void Property(string name) => _properties.Add(name);

    public void Item(int index) => _items.Add(index);

    /// <summary>The first so many items.</summary>
    public void Prefix(int count) => _prefix = Math.Max(_prefix, count);

    /// <summary>All there are.</summary>
    public void All() => _all = true;

    public bool Has(string property) => _all || _properties.Contains(property);

    public bool Has(int item) => _all || item < _prefix || _items.Contains(item);

    public void Add(Seen other)
    {
        _properties.UnionWith(other._properties);
        _items.UnionWith(other._items);
        _prefix = Math.Max(_prefix, other._prefix);
        _all |= other._all;
    }
}
