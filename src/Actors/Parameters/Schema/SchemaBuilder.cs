using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters.Schema.Keywords;

namespace Runner.Actors.Parameters.Schema;

/// <summary>The second pass over a schema: gives each schema within it its keywords, with references led to where they point.</summary>
/// <param name="isRefused">Whether anything is wrong so far.</param>
internal sealed class SchemaBuilder(SchemaReader reader, Action<JsonPath, string> refuse, Func<bool> isRefused)
{
    private const int LongestList = 200;

    private readonly References _references = new(reader, refuse);

    /// <summary>Builds them all, those included that only references lead to.</summary>
    public void Build()
    {
        for (var i = 0; i < reader.Nodes.Count; i++)
        {
            var node = reader.Nodes[i];
            if (isRefused())
            {
                // What only a reference leads to has just been read, and keywords are made of what is right alone. What is wrong further on is told,
                // too.
                LookFurther(node);
                continue;
            }

            var keywords = Keywords(node).ToImmutableArray();
            node.NeedsSeen = keywords.Any(k => k is UnevaluatedItemsKeyword or UnevaluatedPropertiesKeyword);
            node.Keywords = keywords;
        }
    }

    private void LookFurther(SchemaNode node)
    {
        if (node.Source.Kind == JsonValueKind.Object)
        {
            _references.Static(node, "$ref");
            if (node.Resource.Draft != Draft.Seven)
            {
                _references.Static(node, "$dynamicRef");
            }
        }
    }

    /// <summary>In the order in which people read what is wrong; those that have to know what others have looked at are last.</summary>
    // In one piece: one line for each keyword, and their order is that of the problems.
    private IEnumerable<Keyword> Keywords(SchemaNode node)
    {
        var (source, draft) = (node.Source, node.Resource.Draft);
        if (source.IsBoolean)
        {
            return source.Kind == JsonValueKind.False ? [new NothingKeyword()] : [];
        }

        if (SchemaReader.IsOverruled(source, draft))
        {
            return _references.Static(node, "$ref") is { } target ? [new ReferenceKeyword(target)] : [];
        }

        var old = draft == Draft.Seven;
        IEnumerable<Keyword?> all =
        [
            !old && _references.Static(node, "$ref") is { } referred ? new ReferenceKeyword(referred) : null,
            old ? null : _references.Dynamic(node),
            Of(node, "type") is { } type ? new TypeKeyword([.. (type.Kind == JsonValueKind.Array ? type.Items : [type]).Select(t => t.Text)]) : null,
            Of(node, "enum") is { } allowed ? Values(allowed.Items) : null,
            Of(node, "const") is { } only ? Values([only]) : null,
            Bound(node, "minimum", -1, false, "at least"),
            Bound(node, "exclusiveMinimum", -1, true, "more than"),
            Bound(node, "maximum", 1, false, "at most"),
            Bound(node, "exclusiveMaximum", 1, true, "less than"),
            Of(node, "multipleOf") is { } divisor ? new MultipleOfKeyword(divisor.Number, $"expected a multiple of {InWords(divisor)}") : null,
            Count(node, "minLength") is { } shortest ? new LengthKeyword(shortest, int.MaxValue) : null,
            Count(node, "maxLength") is { } longest ? new LengthKeyword(0, longest) : null,
            Of(node, "pattern") is { } pattern ? new PatternKeyword(reader.Pattern(pattern.Text)) : null,
            Of(node, "required") is { } required ? new RequiredKeyword([.. required.Items.Select(n => n.Text)]) : null,
            .. Dependent(node, old),
            Properties(node),
            Schema(node, "propertyNames") is { } names ? new PropertyNamesKeyword(names) : null,
            Count(node, "minProperties") is { } fewest ? new LeastPropertiesKeyword(fewest) : null,
            Count(node, "maxProperties") is { } most ? new MostPropertiesKeyword(most) : null,
            Items(node, old),
            Schema(node, "contains") is { } contained
                ? new ContainsKeyword(contained, Count(node, "minContains") ?? 1, Count(node, "maxContains") ?? int.MaxValue, !old) : null,
            Count(node, "minItems") is { } least ? new ItemCountKeyword(least, int.MaxValue) : null,
            Count(node, "maxItems") is { } atMost ? new ItemCountKeyword(0, atMost) : null,
            Of(node, "uniqueItems") is { Kind: JsonValueKind.True } ? new UniqueItemsKeyword() : null,
            Schemas(node, "allOf") is { } every ? new AllOfKeyword(every) : null,
            Schemas(node, "anyOf") is { } any ? new AlternativesKeyword("anyOf", any, exactlyOne: false) : null,
            Schemas(node, "oneOf") is { } one ? new AlternativesKeyword("oneOf", one, exactlyOne: true) : null,
            Schema(node, "not") is { } excluded ? new NotKeyword(excluded) : null,
            Schema(node, "if") is { } condition ? new ConditionKeyword(condition, Schema(node, "then"), Schema(node, "else")) : null,
            Schema(node, "unevaluatedItems") is { } unseen ? new UnevaluatedItemsKeyword(unseen) : null,
            Schema(node, "unevaluatedProperties") is { } unread
                ? new UnevaluatedPropertiesKeyword(unread, unread.Source.Kind == JsonValueKind.False) : null,
        ];
        return all.OfType<Keyword>();
    }

    private static OneOfValuesKeyword Values(IReadOnlyList<JsonData> values)
    {
        var shown = string.Join(", ", values.Take(20).Select(InWords));
        shown = values.Count > 20 || shown.Length > LongestList ? $"one of {values.Count} values that the schema lists" : values.Count switch
        {
            0 => "nothing: the schema lists no value",
            1 => shown,
            _ => $"one of {shown}",
        };
        return new OneOfValuesKeyword(values.ToFrozenSet(), shown);
    }

    private static BoundKeyword? Bound(SchemaNode node, string keyword, int sign, bool exclusive, string words) =>
        Of(node, keyword) is { } bound ? new BoundKeyword(bound.Number, sign, exclusive, $"expected {words} {InWords(bound)}") : null;

    private static string InWords(JsonData value) => value.Kind switch
    {
        JsonValueKind.String => JsonPath.Quote(value.Text),
        JsonValueKind.Number => value.Number.ToString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.Described,
    };

    private IEnumerable<DependentKeyword> Dependent(SchemaNode node, bool old)
    {
        if (old)
        {
            return (Of(node, "dependencies")?.Properties ?? []).Select(d => d.Value.Kind == JsonValueKind.Array
                ? new DependentKeyword(d.Key, [.. d.Value.Items.Select(n => n.Text)], null)
                : new DependentKeyword(d.Key, [], reader.At(d.Value)));
        }

        return (Of(node, "dependentRequired")?.Properties ?? [])
            .Select(d => new DependentKeyword(d.Key, [.. d.Value.Items.Select(n => n.Text)], null))
            .Concat((Of(node, "dependentSchemas")?.Properties ?? []).Select(d => new DependentKeyword(d.Key, [], reader.At(d.Value))));
    }

    private PropertiesKeyword? Properties(SchemaNode node)
    {
        var (named, matched, others) = (Of(node, "properties"), Of(node, "patternProperties"), Schema(node, "additionalProperties"));
        return named is null && matched is null && others is null ? null : new PropertiesKeyword(
            (named?.Properties ?? []).ToFrozenDictionary(p => p.Key, p => reader.At(p.Value)!, StringComparer.Ordinal),
            [.. (matched?.Properties ?? []).Select(p => (reader.Pattern(p.Key), reader.At(p.Value)!))],
            others,
            others?.Source.Kind == JsonValueKind.False);
    }

    private ItemsKeyword? Items(SchemaNode node, bool old)
    {
        if (!old)
        {
            var (prefix, rest) = (Schemas(node, "prefixItems"), Schema(node, "items"));
            return prefix is null && rest is null ? null : new ItemsKeyword(prefix ?? [], rest);
        }

        return Of(node, "items") switch
        {
            null => null,
            { Kind: JsonValueKind.Array } => new ItemsKeyword(Schemas(node, "items")!.Value, Schema(node, "additionalItems")),
            _ => new ItemsKeyword([], Schema(node, "items")),
        };
    }

    private static JsonData? Of(SchemaNode node, string keyword) =>
        node.Resource.Draft.Knows(keyword) && node.Source.Properties.TryGetValue(keyword, out var value) ? value : null;

    private static int? Count(SchemaNode node, string keyword) => Of(node, keyword)?.Number.AsCount();

    private SchemaNode? Schema(SchemaNode node, string keyword) => Of(node, keyword) is { } value ? reader.At(value) : null;

    private ImmutableArray<SchemaNode>? Schemas(SchemaNode node, string keyword) =>
        Of(node, keyword) is { } value ? [.. value.Items.Select(i => reader.At(i)!)] : null;
}
