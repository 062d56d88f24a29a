using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>YAML values as JSON, with the types the core schema gives them.</summary>
internal static class JsonValues
{
    public static ImmutableSortedDictionary<string, JsonElement> Parameters(FieldReader fields, string name, string expected)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var path = fields.PathOf(name);
        var mapping = fields.Mapping(name, expected);
        if (mapping is not null)
        {
            ValuePlaces.Note(fields.Scope, mapping, path);
        }

        foreach (var entry in mapping?.Entries ?? [])
        {
            if (Read(fields.Scope, entry.Value, $"{path}.{entry.Key}") is { } value)
            {
                values[entry.Key] = value;
            }
        }

        return values.ToImmutable();
    }

    /// <summary>Null if JSON has no such value; that has been said.</summary>
    public static JsonElement? Read(FileScope scope, YamlItem item, string field)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (!Write(scope, writer, item, field))
            {
                return null;
            }
        }

        // Nested as deep as the file's bounds allow, which may be deeper than JSON's usual 64 levels.
        var reader = new Utf8JsonReader(buffer.WrittenSpan, new JsonReaderOptions { MaxDepth = 200 });
        return JsonElement.ParseValue(ref reader);
    }

    private static bool Write(FileScope scope, Utf8JsonWriter writer, YamlItem item, string field)
    {
        switch (item)
        {
            case YamlScalar { Kind: ScalarKind.Text } text:
                writer.WriteStringValue(text.Value);
                return true;
            case YamlScalar scalar when CoreSchema.ToJson(scalar.Value, scalar.Kind) is { } json:
                writer.WriteRawValue(json);
                return true;
            case YamlList list:
                writer.WriteStartArray();
                var complete = list.Items.All(i => Write(scope, writer, i, field));
                writer.WriteEndArray();
                return complete;
            case YamlMap map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    if (!Write(scope, writer, entry.Value, field))
                    {
                        return false;
                    }
                }

                writer.WriteEndObject();
                return true;
            default:
                scope.Problem(item, field, $"expected a value that JSON has; there is {item.Described} (put it in quotes to make it a text)");
                return false;
        }
    }
}
