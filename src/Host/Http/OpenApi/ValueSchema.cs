using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Runner.Host.Http.OpenApi;

/// <summary>The JSON Schema of a text, number or truth value with its bounds.</summary>
internal sealed record ValueSchema(string Type)
{
    public string? Format { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public string? Pattern { get; init; }

    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>What is meant when nothing is said.</summary>
    public object? Default { get; init; }

    /// <summary>A truth value that is false when nothing is said.</summary>
    public static ValueSchema Flag { get; } = new("boolean") { Default = false };

    public static ValueSchema Instant { get; } = new("string") { Format = "date-time" };

    public static ValueSchema Uuid { get; } = new("string") { Format = "uuid" };

    /// <summary>Part of a deployment's name, or the name of a limit.</summary>
    public static ValueSchema Name { get; } = new("string") { Pattern = "^[A-Za-z0-9._-]{1,100}$" };

    public static ValueSchema Text(int maxLength) => new("string") { MinLength = 1, MaxLength = maxLength };

    public static ValueSchema Integer(long minimum, long maximum, long? @default = null) =>
        new("integer") { Format = maximum > int.MaxValue ? "int64" : "int32", Minimum = minimum, Maximum = maximum, Default = @default };

    public static ValueSchema OneOf(ImmutableArray<string> words, string? @default = null) => new("string") { Words = words, Default = @default };

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["type"] = Type };
        Add("format", Format);
        Add("minimum", Minimum);
        Add("maximum", Maximum);
        Add("minLength", MinLength);
        Add("maxLength", MaxLength);
        Add("pattern", Pattern);
        if (!Words.IsEmpty)
        {
            json["enum"] = Json.Array(Words);
        }

        Add("default", Default);
        return json;

        void Add(string name, object? value)
        {
            if (value is not null)
            {
                json[name] = value switch
                {
                    bool flag => JsonValue.Create(flag),
                    int number => JsonValue.Create(number),
                    long number => JsonValue.Create(number),
                    _ => JsonValue.Create((string)value),
                };
            }
        }
    }
}

/// <summary>Small pieces of JSON.</summary>
internal static class Json
{
    public static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode?)JsonValue.Create(text))];

    public static JsonObject Reference(string component) => new() { ["$ref"] = $"#/components/schemas/{component}" };
}
