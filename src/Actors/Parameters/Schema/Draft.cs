using System.Collections.Frozen;

namespace Runner.Actors.Parameters.Schema;

/// <summary>The drafts of JSON Schema that are understood.</summary>
internal enum Draft
{
    /// <summary>2020-12.</summary>
    Newest,

    /// <summary>7.</summary>
    Seven,
}

internal static class Drafts
{
    public const string Expected = "expected https://json-schema.org/draft/2020-12/schema (the default) or http://json-schema.org/draft-07/schema#";

    private static readonly FrozenSet<string> OldKeywords = FrozenSet.Create(
        StringComparer.Ordinal,
        "$id", "$schema", "$ref", "$comment", "title", "description", "default", "readOnly", "writeOnly", "examples", "multipleOf", "maximum",
        "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "additionalItems", "items", "maxItems", "minItems",
        "uniqueItems", "contains", "maxProperties", "minProperties", "required", "additionalProperties", "definitions", "properties",
        "patternProperties", "dependencies", "propertyNames", "const", "enum", "type", "format", "contentMediaType", "contentEncoding", "if", "then",
        "else", "allOf", "anyOf", "oneOf", "not");

    private static readonly FrozenSet<string> NewKeywords = FrozenSet.Create(
        StringComparer.Ordinal,
        [
            .. OldKeywords.Except(["additionalItems"]), "$anchor", "$dynamicAnchor", "$dynamicRef", "$defs", "prefixItems", "minContains",
            "maxContains", "dependentSchemas", "dependentRequired", "unevaluatedItems", "unevaluatedProperties", "deprecated", "contentSchema",
        ]);

    /// <summary>The draft that a <c>$schema</c> names; null for one that is not understood.</summary>
    public static Draft? Of(string uri) => uri.TrimEnd('#') switch
    {
        "https://json-schema.org/draft/2020-12/schema" or "http://json-schema.org/draft/2020-12/schema" => Draft.Newest,
        "http://json-schema.org/draft-07/schema" or "https://json-schema.org/draft-07/schema" => Draft.Seven,
        _ => null,
    };

    /// <summary>Whether the draft gives this keyword a meaning; what it does not know is ignored.</summary>
    public static bool Knows(this Draft draft, string keyword) => (draft == Draft.Seven ? OldKeywords : NewKeywords).Contains(keyword);
}
