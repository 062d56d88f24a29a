using Runner.Hocon.Syntax;

namespace Runner.Hocon.Resolution;

/// <summary>
/// What a value turns out to be, no deeper than needed: a scalar, an array whose items are not evaluated yet, or an object as layers (later ones
/// override) whose fields are not. So an object may refer to fields of itself.
/// </summary>
internal sealed class View
{
    private Dictionary<string, Cell>? _merged;
    private bool _inProgress;

    private View(HoconOrigin origin) => Origin = origin;

    public HoconOrigin Origin { get; }

    /// <summary>Null for arrays and objects.</summary>
    public ScalarNode? Scalar { get; private init; }

    /// <summary>Null for all but arrays.</summary>
    public IReadOnlyList<Cell>? Items { get; private init; }

    /// <summary>Lowest first; null for all but objects.</summary>
    public IReadOnlyList<ObjectNode>? Layers { get; private init; }

    /// <summary>The whole value, once it is known.</summary>
    public HoconValue? Value { get; set; }

    /// <summary>Whether the whole value is being made, or that of an object it consists of: to need it again is a circle.</summary>
    public bool IsInProgress => _inProgress || (Layers?.Any(l => l.UsesInProgress > 0) ?? false);

    public bool IsContainer => Scalar is null;

    public static View OfScalar(ScalarNode node) => new(node.Origin) { Scalar = node };

    public static View OfItems(HoconOrigin origin, IReadOnlyList<Cell> items) => new(origin) { Items = items };

    public static View OfLayers(HoconOrigin origin, IReadOnlyList<ObjectNode> layers) => new(origin) { Layers = layers };

    /// <summary>The keys of an object, in the order of their first mention.</summary>
    public IEnumerable<string> Keys =>
        Layers!.Count == 1 ? Layers[0].Fields.Keys : Layers.SelectMany(l => l.Fields.Keys).Distinct(StringComparer.Ordinal);

    /// <summary>What is assigned to a key over all layers; null if nothing is.</summary>
    public Cell? Find(string key)
    {
        if (Layers!.Count == 1)
        {
            return Layers[0].Fields.GetValueOrDefault(key);
        }

        _merged ??= new(StringComparer.Ordinal);
        if (!_merged.TryGetValue(key, out var cell))
        {
            var cells = Layers.Select(l => l.Fields.GetValueOrDefault(key)).OfType<Cell>().ToList();
            if (cells.Count == 0)
            {
                return null;
            }

            cell = cells.Count == 1 ? cells[0] : Join(cells);
            _merged.Add(key, cell);
        }

        return cell;
    }

    /// <summary>Marks the beginning and the end of making the whole value.</summary>
    public void SetInProgress(bool value)
    {
        _inProgress = value;
        foreach (var layer in Layers ?? [])
        {
            layer.UsesInProgress += value ? 1 : -1;
        }
    }

    // Not by Push: that would merge objects into nodes that other values share.
    private static Cell Join(List<Cell> cells)
    {
        var joined = new Cell();
        foreach (var node in cells.SelectMany(c => c.Stack))
        {
            if (node.HidesEarlier)
            {
                joined.Stack.Clear();
            }

            joined.Stack.Add(node);
        }

        return joined;
    }
}
