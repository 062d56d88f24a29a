namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// Finds references that lead back to where they are while the value stays the same, so that a check would never end. One that goes on to a part of
/// the value each time round is no such loop: values end.
/// </summary>
internal sealed class EndlessReferences(Action<JsonPath, string> refuse)
{
    /// <summary>How many schemas may be applied to one value within each other.</summary>
    private const int Deepest = 200;

    /// <summary>Of those that are done, how deep it goes from there; of those on the way here, null.</summary>
    private readonly Dictionary<SchemaNode, int?> _depths = [];

    /// <summary>Looks from each of the schemas; the first thing found is all there is to say.</summary>
    public void Check(IEnumerable<SchemaNode> nodes)
    {
        foreach (var node in nodes)
        {
            if (DepthOf(node, 1) is null)
            {
                return;
            }
        }
    }

    private int? DepthOf(SchemaNode node, int above)
    {
        if (_depths.TryGetValue(node, out var known))
        {
            if (known is null)
            {
                refuse(node.Path, "a reference leads from here back to here without going on to a part of the value; checking would never end");
            }
            else if (above + known > Deepest)
            {
                return TooDeep(node);
            }

            return known;
        }

        if (above > Deepest)
        {
            return TooDeep(node);
        }

        _depths[node] = null;
        var deepest = 0;
        foreach (var next in node.Keywords.SelectMany(k => k.InPlace))
        {
            if (DepthOf(next, above + 1) is not { } depth)
            {
                return null;
            }

            deepest = Math.Max(deepest, depth);
        }

        _depths[node] = deepest + 1;
        return deepest + 1;
    }

    private int? TooDeep(SchemaNode node)
    {
        refuse(node.Path, $"more than {Deepest} schemas apply to one value within each other; make the schema simpler");
        return null;
    }
}
