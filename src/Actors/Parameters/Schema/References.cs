using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.Parameters.Schema.Keywords;

namespace Runner.Actors.Parameters.Schema;

/// <summary>Leads <c>$ref</c> and <c>$dynamicRef</c> to schemas. All of them stand in the schema itself: nothing is ever fetched.</summary>
internal sealed class References(SchemaReader reader, Action<JsonPath, string> refuse)
{
    private readonly Dictionary<string, (int Of, ImmutableArray<SchemaNode> Nodes)> _named = new(StringComparer.Ordinal);

    /// <summary>What a reference leads to as it stands; null if there is none, or it leads nowhere, which has been said.</summary>
    public SchemaNode? Static(SchemaNode node, string keyword) =>
        node.Source.Properties.TryGetValue(keyword, out var text) && text.Kind == JsonValueKind.String
            ? Resolve(text.Text, node, keyword)?.Target : null;

    public Keyword? Dynamic(SchemaNode node)
    {
        const string keyword = "$dynamicRef";
        if (!node.Source.Properties.TryGetValue(keyword, out var text) || text.Kind != JsonValueKind.String
            || Resolve(text.Text, node, keyword) is not { } found)
        {
            return null;
        }

        // It is dynamic only if what it leads to says that it is meant to be found that way.
        return found.Anchor is { } anchor && found.Resource.DynamicAnchors.TryGetValue(anchor, out var named) && named == found.Target
            ? new DynamicReferenceKeyword(anchor, found.Target, Named(anchor))
            : new ReferenceKeyword(found.Target);
    }

    /// <summary>Those of a name, kept as long as no schema has been found since: a schema may refer to one name thousands of times.</summary>
    private ImmutableArray<SchemaNode> Named(string anchor)
    {
        if (_named.TryGetValue(anchor, out var known) && known.Of == reader.Nodes.Count)
        {
            return known.Nodes;
        }

        ImmutableArray<SchemaNode> nodes =
            [.. reader.Resources.Select(r => r.DynamicAnchors.GetValueOrDefault(anchor)).OfType<SchemaNode>().Distinct()];
        _named[anchor] = (reader.Nodes.Count, nodes);
        return nodes;
    }

    private (SchemaNode Target, SchemaResource Resource, string? Anchor)? Resolve(string text, SchemaNode node, string keyword)
    {
        var (reference, fragment) = SchemaReader.Split(text);
        var resource = node.Resource;
        if (reference.Length > 0)
        {
            if (!Uri.TryCreate(resource.Uri, reference, out var uri) || reader.ResourceOf(uri) is not { } other)
            {
                if (fragment.Length == 0 && Drafts.Of(reference) is { } draft)
                {
                    return (OfSchemas(draft, node), resource, null);
                }

                refuse(
                    node.Path.Property(keyword),
                    $"{JsonPath.Quote(text)} is not in this schema; nothing is fetched: put it in '$defs' and refer to it there");
                return null;
            }

            resource = other;
        }

        fragment = Uri.UnescapeDataString(fragment);
        var target = fragment.Length == 0 ? resource.Root
            : fragment.StartsWith('/') ? AtPointer(resource, fragment)
            : resource.Anchors.GetValueOrDefault(fragment);
        if (target is null)
        {
            refuse(node.Path.Property(keyword), $"{JsonPath.Quote(text)} leads to no schema");
            return null;
        }

        return (target, resource, fragment.Length == 0 || fragment.StartsWith('/') ? null : fragment);
    }

    /// <summary>The draft's schema of schemas, which is built in.</summary>
    private static SchemaNode OfSchemas(Draft draft, SchemaNode from) =>
        new(from.Source, from.Path, from.Resource) { Keywords = [new IsSchemaKeyword(draft)] };

    /// <summary>The schema at a JSON pointer, which may be one that no keyword has: then it is read now.</summary>
    private SchemaNode? AtPointer(SchemaResource resource, string pointer)
    {
        var (at, path, around) = (resource.Root!.Source, resource.Root.Path, resource);
        foreach (var escaped in pointer[1..].Split('/'))
        {
            var token = escaped.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.Kind == JsonValueKind.Object && at.Properties.TryGetValue(token, out var property))
            {
                (at, path) = (property, path.Property(token));
            }
            else if (at.Kind == JsonValueKind.Array && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
                && i < at.Items.Count)
            {
                (at, path) = (at.Items[i], path.Item(i));
            }
            else
            {
                return null;
            }

            around = reader.At(at)?.Resource ?? around;
        }

        return reader.At(at) ?? (at.Kind == JsonValueKind.Object || at.IsBoolean ? reader.Visit(at, path, around) : null);
    }
}
