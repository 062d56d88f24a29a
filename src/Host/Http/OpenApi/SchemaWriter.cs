using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// JSON Schemas of what the serializer reads and writes, from its own generated contracts: what it knows of a type is what is described. Each
/// object is a component. What is read (<c>…Input</c>) differs from what is written: a null may be said, durations may be numbers, and only
/// what has no default is required; what is written leaves nulls out and has everything else. The generator that the document is made with has
/// one schema for both.
/// </summary>
internal sealed class SchemaWriter(OpenApiDocument document)
{
    private const string Written = @"^-?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+(\.[0-9]+)?s)?([0-9]+ms)?$";
    private const string Read = @"^[0-9.]+((ms|s|m|h|d|w)[0-9.]+)*(ms|s|m|h|d|w)?$";

    /// <param name="input">Whether it is described as it is read.</param>
    public IOpenApiSchema Of(JsonTypeInfo info, bool input)
    {
        if (Nullable.GetUnderlyingType(info.Type) is { } underlying)
        {
            return Of(info.Options.GetTypeInfo(underlying), input);
        }

        return info.Kind switch
        {
            JsonTypeInfoKind.Object => new OpenApiSchemaReference(Component(info, input), document),
            JsonTypeInfoKind.Enumerable =>
                new OpenApiSchema { Type = JsonSchemaType.Array, Items = Of(info.Options.GetTypeInfo(info.ElementType!), input) },
            JsonTypeInfoKind.Dictionary =>
                new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = Of(info.Options.GetTypeInfo(info.ElementType!), input) },
            _ => Simple(info, input),
        };
    }

    /// <summary>The name of an object's component, which is made if it is not there yet.</summary>
    public string Component(JsonTypeInfo info, bool input)
    {
        var name = info.Type.Name + (input && !info.Type.Name.EndsWith("Body", StringComparison.Ordinal) ? "Input" : "");
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>(), AdditionalPropertiesAllowed = false
        };
        // Its place is taken first: what it has of its own kind refers to it.
        if (document.Components?.Schemas?.ContainsKey(name) == true || !document.AddComponent(name, schema))
        {
            return name;
        }

        foreach (var property in info.Properties.Where(p => input ? p.Set is not null || p.AssociatedParameter is not null : p.Get is not null))
        {
            schema.Properties[property.Name] = Property(info, property, input);
            if (input ? MustBeSaid(property) : !IsNullable(property, input))
            {
                (schema.Required ??= new HashSet<string>()).Add(property.Name);
            }
        }

        return name;
    }

    private IOpenApiSchema Property(JsonTypeInfo owner, JsonPropertyInfo property, bool input)
    {
        var note = SchemaNotes.Of(owner.Type, property.Name);
        var schema = note?.Schema ?? Of(owner.Options.GetTypeInfo(property.PropertyType), input);
        if (schema is OpenApiSchema own)
        {
            note?.Bound?.Invoke(own);
        }

        if (input && IsNullable(property, input))
        {
            schema = OrNull(schema);
        }

        if (note?.Description is { } description)
        {
            schema.Description = description;
        }

        return schema;
    }

    private static OpenApiSchema OrNull(IOpenApiSchema schema)
    {
        var none = new OpenApiSchema { Type = JsonSchemaType.Null };
        switch (schema)
        {
            case OpenApiSchema { Type: not null, Enum: null } own:
                own.Type |= JsonSchemaType.Null;
                return own;
            case OpenApiSchema { AnyOf: { } choices } own:
                choices.Add(none);
                return own;
            default:
                return new OpenApiSchema { AnyOf = [schema, none] };
        }
    }

    private static bool IsNullable(JsonPropertyInfo property, bool input) => property.PropertyType.IsValueType
        ? Nullable.GetUnderlyingType(property.PropertyType) is not null
        : input ? property.AssociatedParameter?.IsNullable ?? property.IsSetNullable : property.IsGetNullable;

    private static bool MustBeSaid(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { IsMemberInitializer: false, HasDefaultValue: false };

    private static OpenApiSchema Simple(JsonTypeInfo info, bool input) => info.Type switch
    {
        { IsEnum: true } => ValueSchema.OneOf(Words(info)),
        var type when type == typeof(string) => ValueSchema.Text(),
        var type when type == typeof(bool) => new() { Type = JsonSchemaType.Boolean },
        var type when type == typeof(int) => new() { Type = JsonSchemaType.Integer, Format = "int32" },
        var type when type == typeof(long) => new() { Type = JsonSchemaType.Integer, Format = "int64" },
        var type when type == typeof(double) => new() { Type = JsonSchemaType.Number, Format = "double" },
        var type when type == typeof(Guid) => ValueSchema.Uuid,
        var type when type == typeof(DateTimeOffset) => ValueSchema.Instant,
        var type when type == typeof(TimeSpan) => Duration(input),
        var type when type == typeof(JsonElement) => new(),
        var type =>
            throw new NotSupportedException($"The API's document cannot describe {type}: teach {nameof(SchemaWriter)} what its JSON looks like."),
    };

    // As the serializer spells them, which may be otherwise than the code does.
    private static IEnumerable<string> Words(JsonTypeInfo info) => Enum.GetValuesAsUnderlyingType(info.Type).Cast<object>()
        .Select(value => JsonSerializer.SerializeToNode(Enum.ToObject(info.Type, value), info)!.GetValue<string>());

    private static OpenApiSchema Duration(bool input) => input
        ? new() { AnyOf = [ValueSchema.Pattern(Read), new OpenApiSchema { Type = JsonSchemaType.Number, Minimum = "0" }] }
        : ValueSchema.Pattern(Written);
}
