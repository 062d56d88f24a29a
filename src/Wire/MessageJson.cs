using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Wire;

/// <summary>
/// The JSON of messages between nodes: as everywhere else, but made for programs. Durations are ticks, a JSON null that was sent arrives as
/// one, dictionaries are in ordinal order on every node, and what can be computed is not sent. Unknown fields are passed over, so that a node
/// understands one of the next version.
/// </summary>
internal static class MessageJson
{
    /// <summary>Deeper than anything that a file or the API lets in, with what a message adds around it.</summary>
    private const int MaxDepth = 512;

    /// <summary>For what an application and a node say to each other.</summary>
    public static JsonSerializerOptions Options { get; } = With();

    /// <summary>For that and more.</summary>
    public static JsonSerializerOptions With(params ReadOnlySpan<IJsonTypeInfoResolver> more)
    {
        var options = new JsonSerializerOptions(MessagesJson.Default.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine([MessagesJson.Default, WireMessagesJson.Default, .. more]),
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            IgnoreReadOnlyProperties = true,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
            MaxDepth = MaxDepth,
        };
        options.Converters.Insert(0, new TicksConverter());
        options.Converters.Insert(0, new NamedMessageConverter());
        options.Converters.Insert(0, new OptionalElementConverter());
        options.Converters.Insert(0, new OrdinalDictionaryConverter<EnvValue?>(
            static (ref r) => r.TokenType == JsonTokenType.Null ? null : JsonSerializer.Deserialize(ref r, MessagesJson.Default.EnvValue),
            static (w, v) =>
            {
                if (v is null)
                {
                    w.WriteNullValue();
                }
                else
                {
                    JsonSerializer.Serialize(w, v, MessagesJson.Default.EnvValue);
                }
            }));
        options.Converters.Insert(0, new OrdinalDictionaryConverter<string>(
            static (ref r) => r.GetString()!, static (w, v) => w.WriteStringValue(v)));
        options.Converters.Insert(0, new OrdinalDictionaryConverter<JsonElement>(JsonElement.ParseValue, static (w, v) => v.WriteTo(w)));
        options.MakeReadOnly();
        return options;
    }

    /// <summary>The text of <see cref="DurationConverter"/> is for people and knows nothing below zero.</summary>
    private sealed class TicksConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Ticks);
    }

    /// <summary>A message within another, by its name: <c>{"RS":{…}}</c>.</summary>
    private sealed class NamedMessageConverter : JsonConverter<IWireMessage>
    {
        public override IWireMessage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            {
                throw new JsonException("Expected an object with a message by its name.");
            }

            var entry = MessageManifests.Table.Of(reader.GetString()!);
            reader.Read();
            var message = (IWireMessage?)JsonSerializer.Deserialize(ref reader, entry.Json);
            return message is not null && reader.Read() && reader.TokenType == JsonTokenType.EndObject ? message
                : throw new JsonException("Expected one message by its name, and nothing else.");
        }

        public override void Write(Utf8JsonWriter writer, IWireMessage value, JsonSerializerOptions options)
        {
            var entry = MessageManifests.Table.Of(value);
            writer.WriteStartObject();
            writer.WritePropertyName(entry.Manifest);
            JsonSerializer.Serialize(writer, value, entry.Json);
            writer.WriteEndObject();
        }
    }

    /// <summary>Tells a JSON null, e.g. as a program's result, from nothing at all, which is left out.</summary>
    private sealed class OptionalElementConverter : JsonConverter<JsonElement?>
    {
        public override bool HandleNull => true;

        public override JsonElement? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonElement.ParseValue(ref reader);

        public override void Write(Utf8JsonWriter writer, JsonElement? value, JsonSerializerOptions options)
        {
            if (value is { } element)
            {
                element.WriteTo(writer);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }

    /// <summary>The order of keys is part of what nodes have to agree on; by itself a dictionary takes that of the machine's culture.</summary>
    private sealed class OrdinalDictionaryConverter<TValue>(ReadValue<TValue> read, Action<Utf8JsonWriter, TValue> write)
        : JsonConverter<ImmutableSortedDictionary<string, TValue>>
    {
        public override ImmutableSortedDictionary<string, TValue> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("Expected an object.");
            }

            var values = ImmutableSortedDictionary.CreateBuilder<string, TValue>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = reader.GetString()!;
                reader.Read();
                values[key] = read(ref reader);
            }

            return values.ToImmutable();
        }

        public override void Write(Utf8JsonWriter writer, ImmutableSortedDictionary<string, TValue> value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var (key, item) in value)
            {
                writer.WritePropertyName(key);
                write(writer, item);
            }

            writer.WriteEndObject();
        }
    }

    private delegate TValue ReadValue<out TValue>(ref Utf8JsonReader reader);
}
