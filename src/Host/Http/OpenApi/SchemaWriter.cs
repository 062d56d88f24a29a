using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// JSON Schemas of what the serializer reads and writes, from its own generated contracts: what it knows of a type is what is described. Each
/// object is a component. What is read (<c>…Input</c>) differs from what is written: a null may be said, durations may be numbers, and only
/// what has no default is required; what is written leaves nulls out and has everything else.
/// </summary>
internal sealed class SchemaWriter(JsonObject components)
{
    private const string Written = @"^-?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+(\.[0-9]+)?s)?([0-9]+ms)?$";
    private const string Read = @"^[0-9.]+((ms|s|m|h|d|w)[0-9.]+)*(ms|s|m|h|d|w)?$";

    /// <param name="input">Whether it is described as it is read.</param>
    public JsonObject Of(JsonTypeInfo info, bool input)
    {
        if (Nullable.GetUnderlyingType(info.Type) is { } underlying)
        {
            return Of(info.Options.GetTypeInfo(underlying), input);
        }

        return info.Kind switch
        {
            JsonTypeInfoKind.Object => Json.Reference(Component(info, input)),
            JsonTypeInfoKind.Enumerable => new JsonObject { ["type"] = "array", ["items"] = Of(info.Options.GetTypeInfo(info.ElementType!), input) },
            JsonTypeInfoKind.Dictionary => new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(info.Options.GetTypeInfo(info.ElementType!), input) },
            _ => Simple(info, input),
        };
    }

    private string Component(JsonTypeInfo info, bool input)
    {
        var name = info.Type.Name + (input && !info.Type.Name.EndsWith("Body", StringComparison.Ordinal) ? "Input" : "");
        if (components.ContainsKey(name))
        {
            return name;
        }

        // Its place is taken first: what it has of its own kind refers to it.
        var schema = new JsonObject { ["type"] = "object" };
        components[name] = schema;
        var properties = new JsonObject();
        var required = new List<string>();
        foreach (var property in info.Properties.Where(p => input ? p.Set is not null || p.AssociatedParameter is not null : p.Get is not null))
        {
            properties[property.Name] = Property(info, property, input);
            if (input ? MustBeSaid(property) : !IsNullable(property, input))
            {
                required.Add(property.Name);
            }
        }

        schema["properties"] = properties;
        if (required.Count > 0)
        {
            schema["required"] = Json.Array(required);
        }

        schema["additionalProperties"] = false;
        return name;
    }

    private JsonObject Property(JsonTypeInfo owner, JsonPropertyInfo property, bool input)
    {
        var note = SchemaNotes.Of(owner.Type, property.Name);
        var schema = note?.Schema ?? Of(owner.Options.GetTypeInfo(property.PropertyType), input);
        note?.Bound?.Invoke(schema);
        if (input && IsNullable(property, input))
        {
            schema = OrNull(schema);
        }

        if (note?.Description is { } description)
        {
            schema["description"] = description;
        }

        return schema;
    }

    private static JsonObject OrNull(JsonObject schema)
    {
        if (schema["type"] is JsonValue type && !schema.ContainsKey("enum"))
        {
            schema["type"] = Json.Array([type.GetValue<string>(), "null"]);
            return schema;
        }

        var none = new JsonObject { ["type"] = "null" };
        if (schema["anyOf"] is JsonArray choices)
        {
            choices.Add((JsonNode)none);
            return schema;
        }

        return new JsonObject { ["anyOf"] = new JsonArray(schema, none) };
    }

    private static bool IsNullable(JsonPropertyInfo property, bool input) => property.PropertyType.IsValueType
        ? Nullable.GetUnderlyingType(property.PropertyType) is not null
        : input ? property.AssociatedParameter?.IsNullable ?? property.IsSetNullable : property.IsGetNullable;

    private static bool MustBeSaid(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { IsMemberInitializer: false, HasDefaultValue: false };

    private static JsonObject Simple(JsonTypeInfo info, bool input) => info.Type switch
    {
        { IsEnum: true } => ValueSchema.OneOf([.. Words(info)]).ToJson(),
        var type when type == typeof(string) => new ValueSchema("string").ToJson(),
        var type when type == typeof(bool) => new ValueSchema("boolean").ToJson(),
        var type when type == typeof(int) => new ValueSchema("integer") { Format = "int32" }.ToJson(),
        var type when type == typeof(long) => new ValueSchema("integer") { Format = "int64" }.ToJson(),
        var type when type == typeof(double) => new ValueSchema("number") { Format = "double" }.ToJson(),
        var type when type == typeof(Guid) => ValueSchema.Uuid.ToJson(),
        var type when type == typeof(DateTimeOffset) => ValueSchema.Instant.ToJson(),
        var type when type == typeof(TimeSpan) => Duration(input),
        var type when type == typeof(JsonElement) => [],
        var type => throw new NotSupportedException($"The API's document cannot describe {type}: teach {nameof(SchemaWriter)} what its JSON looks like."),
    };

    // As the serializer spells them, which may be otherwise than the code does.
    private static IEnumerable<string> Words(JsonTypeInfo info) => Enum.GetValuesAsUnderlyingType(info.Type).Cast<object>()
        .Select(value => JsonSerializer.SerializeToNode(Enum.ToObject(info.Type, value), info)!.GetValue<string>());

    private static JsonObject Duration(bool input)
    {
        var text = new ValueSchema("string") { Pattern = input ? Read : Written }.ToJson();
        return input
            ? new JsonObject { ["anyOf"] = new JsonArray(text, new ValueSchema("number") { Minimum = 0 }.ToJson()) }
            : text;
    }
}
