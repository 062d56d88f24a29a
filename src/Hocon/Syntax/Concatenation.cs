namespace Runner.Hocon.Syntax;

/// <summary>Makes one value of parts that stand beside one another, as far as that can be done before substitution.</summary>
internal static class Concatenation
{
    public static Node Join(List<Node> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        var values = parts.Where(p => p is not SpaceNode).ToList();
        if (values.TrueForAll(p => p is ScalarNode))
        {
            return new ScalarNode(parts[0].Origin, HoconKind.String, string.Concat(parts.Select(TextOf)));
        }

        if (values.TrueForAll(p => p is ObjectNode))
        {
            var first = (ObjectNode)values[0];
            values.Skip(1).Cast<ObjectNode>().ToList().ForEach(first.MergeFrom);
            return first;
        }

        if (values.TrueForAll(p => p is ArrayNode))
        {
            var first = (ArrayNode)values[0];
            values.Skip(1).Cast<ArrayNode>().ToList().ForEach(a => first.Items.AddRange(a.Items));
            return first;
        }

        // Substitutions may become either; what cannot stand together whatever they become is wrong now.
        var container = values.Find(p => p is ArrayNode or ObjectNode);
        var text = values.Find(p => p is ScalarNode);
        return container is null || text is null
            ? new ConcatNode(parts[0].Origin, parts)
            : throw Mixed(values.IndexOf(container) < values.IndexOf(text) ? text : container);
    }

    public static HoconException Mixed(Node part) =>
        new(
            part.Origin, $"{Name(part)} stands on one line with values of another kind",
            "only simple values, only arrays or only objects; newlines or commas part them");

    private static string TextOf(Node part) => part is ScalarNode scalar ? scalar.Text : ((SpaceNode)part).Text;

    private static string Name(Node part) => part switch
    {
        ArrayNode => "an array",
        ObjectNode => "an object",
        SubstitutionNode s => $"{s}",
        _ => "text",
    };
}
