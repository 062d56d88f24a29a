using System.Text.Json;
using Runner.Actors.Parameters.Schema.Patterns;

namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// The first of two passes over a schema: finds every schema within it with its URI and the names it has, and checks that each keyword has a value of
/// the form its draft's own metaschema asks for.
/// </summary>
internal sealed class SchemaReader
{
    /// <summary>What a schema without an URI of its own resolves references against.</summary>
    private static readonly Uri Nameless = new("runner:///parameter-schema");

    /// <summary>What the patterns of one schema may be together in .NET's words: 20 of all letters of all scripts, thousands of usual ones.</summary>
    private const int MostPatternSize = 100_000;

    private readonly Dictionary<JsonData, SchemaNode> _nodes = new(ReferenceEqualityComparer.Instance);
    private readonly List<SchemaNode> _found = [];
    private readonly Dictionary<string, SchemaResource> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EcmaPattern> _patterns = new(StringComparer.Ordinal);
    private readonly Action<JsonPath, string> _refuse;
    private int _patternSize;

    /// <param name="draft">Which it is of if it does not say.</param>
    /// <param name="refuse">Told of each thing that is wrong.</param>
    public SchemaReader(JsonData root, JsonPath path, Draft draft, Action<JsonPath, string> refuse)
    {
        _refuse = refuse;
        var resource = new SchemaResource(Nameless, draft);
        _resources.Add(Key(Nameless), resource);
        Root = Visit(root, path, resource);
        resource.Root ??= Root;
    }

    public SchemaNode Root { get; }

    /// <summary>Every schema that was found so far, in that order; references may lead to more.</summary>
    public IReadOnlyList<SchemaNode> Nodes => _found;

    public IEnumerable<SchemaResource> Resources => _resources.Values;

    public SchemaNode? At(JsonData source) => _nodes.GetValueOrDefault(source);

    public SchemaResource? ResourceOf(Uri uri) => _resources.GetValueOrDefault(Key(uri));

    public EcmaPattern Pattern(string text) => _patterns[text];

    /// <summary>Reads a schema and all that are within it.</summary>
    /// <param name="around">The resource it stands in, if it is none of its own.</param>
    public SchemaNode Visit(JsonData source, JsonPath path, SchemaResource around)
    {
        if (source.Kind != JsonValueKind.Object)
        {
            if (!source.IsBoolean)
            {
                _refuse(path, $"expected a schema: an object, true or false; there is {source.Described}");
            }

            return Found(new SchemaNode(source, path, around));
        }

        var node = new SchemaNode(source, path, Enter(source, path, around));
        node.Resource.Root ??= node;
        Found(node);
        Name(node);
        var form = new KeywordForm(node, _refuse, child => Visit(child.Source, child.Path, node.Resource), CompilePattern);
        foreach (var (keyword, value) in source.Properties)
        {
            if (node.Resource.Draft.Knows(keyword))
            {
                form.Check(keyword, value, path.Property(keyword));
            }
        }

        return node;
    }

    private SchemaNode Found(SchemaNode node)
    {
        _nodes[node.Source] = node;
        _found.Add(node);
        return node;
    }

    /// <summary>The resource that a schema begins or stands in.</summary>
    private SchemaResource Enter(JsonData source, JsonPath path, SchemaResource around)
    {
        var draft = around.Root is null ? DraftOf(source, path) ?? around.Draft : around.Draft;
        if (!source.Properties.TryGetValue("$id", out var id) || id.Kind != JsonValueKind.String || IsOverruled(source, draft))
        {
            return around.Root is null && draft != around.Draft ? Add(around.Uri, draft, replaces: true) : around;
        }

        var (reference, fragment) = Split(id.Text);
        if (fragment.Length > 0 && draft == Draft.Newest)
        {
            _refuse(path.Property("$id"), "expected an URI without a fragment; a name within a schema is '$anchor'");
        }

        if (reference.Length == 0)
        {
            return around.Root is null && draft != around.Draft ? Add(around.Uri, draft, replaces: true) : around;
        }

        if (!Uri.TryCreate(around.Uri, reference, out var uri))
        {
            _refuse(path.Property("$id"), $"{JsonPath.Quote(id.Text)} is no URI");
            return around;
        }

        if (around.Root is not null)
        {
            draft = DraftOf(source, path) ?? draft;
        }

        if (_resources.ContainsKey(Key(uri)))
        {
            _refuse(path.Property("$id"), $"{JsonPath.Quote(id.Text)} is the '$id' of another schema here");
            return around;
        }

        return Add(uri, draft, replaces: false);
    }

    private SchemaResource Add(Uri uri, Draft draft, bool replaces)
    {
        var resource = new SchemaResource(uri, draft);
        if (replaces)
        {
            _resources[Key(uri)] = resource;
        }
        else
        {
            _resources.Add(Key(uri), resource);
        }

        return resource;
    }

    private Draft? DraftOf(JsonData source, JsonPath path)
    {
        if (!source.Properties.TryGetValue("$schema", out var named) || named.Kind != JsonValueKind.String)
        {
            return null;
        }

        if (Drafts.Of(named.Text) is { } draft)
        {
            return draft;
        }

        _refuse(path.Property("$schema"), $"{JsonPath.Quote(named.Text)} is no draft that is understood; {Drafts.Expected}");
        return null;
    }

    /// <summary>Takes note of the names that references may use for a schema.</summary>
    private void Name(SchemaNode node)
    {
        if (node.Resource.Draft == Draft.Seven)
        {
            if (!IsOverruled(node.Source, Draft.Seven) && Text(node, "$id") is { } id && Split(id).Fragment is { Length: > 0 } fragment)
            {
                Anchor(node, "$id", fragment);
            }

            return;
        }

        if (Text(node, "$anchor") is { } anchor)
        {
            Anchor(node, "$anchor", anchor);
        }

        if (Text(node, "$dynamicAnchor") is { } dynamic)
        {
            Anchor(node, "$dynamicAnchor", dynamic);
            node.Resource.DynamicAnchors.TryAdd(dynamic, node);
        }
    }

    private void Anchor(SchemaNode node, string keyword, string name)
    {
        if (!IsAnchor(name))
        {
            _refuse(
                node.Path.Property(keyword), $"{JsonPath.Quote(name)} is no name; expected a letter or _, then letters, digits, '-', '_' and '.'");
        }
        else if (!node.Resource.Anchors.TryAdd(name, node) && node.Resource.Anchors[name] != node)
        {
            _refuse(node.Path.Property(keyword), $"{JsonPath.Quote(name)} names another schema too");
        }
    }

    private void CompilePattern(string text, JsonPath path)
    {
        if (_patterns.ContainsKey(text) || _patternSize > MostPatternSize)
        {
            return;
        }

        try
        {
            var pattern = EcmaPattern.Of(text);
            _patterns.Add(text, pattern);
            _patternSize += pattern.Size;
            if (_patternSize > MostPatternSize)
            {
                _refuse(path, "with this one, the patterns of this schema are too large together; make them fewer or simpler");
            }
        }
        catch (PatternFormatException e)
        {
            _refuse(path, $"{JsonPath.Quote(text)} is no regular expression: {e.Message}");
        }
    }

    /// <summary>Beside <c>$ref</c> draft 7 ignores everything.</summary>
    public static bool IsOverruled(JsonData source, Draft draft) =>
        draft == Draft.Seven && source.Properties.TryGetValue("$ref", out var reference) && reference.Kind == JsonValueKind.String;

    public static (string Reference, string Fragment) Split(string uri)
    {
        var hash = uri.IndexOf('#', StringComparison.Ordinal);
        return hash < 0 ? (uri, "") : (uri[..hash], uri[(hash + 1)..]);
    }

    private static string? Text(SchemaNode node, string keyword) =>
        node.Source.Properties.TryGetValue(keyword, out var value) && value.Kind == JsonValueKind.String ? value.Text : null;

    private static bool IsAnchor(string name) =>
        (char.IsAsciiLetter(name.FirstOrDefault()) || name.StartsWith('_'))
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string Key(Uri uri) => Split(uri.AbsoluteUri).Reference;
}
