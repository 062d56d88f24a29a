using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages.Deployments;

namespace Runner.Messages.Serialization;

/// <summary>
/// A variable's value in JSON: a text as a text, as it was before there was anything else; a source as an object with one field,
/// <c>fromEnv</c>, <c>fromFile</c> or <c>fromCommand</c>.
/// </summary>
public sealed class EnvValueConverter : JsonConverter<EnvValue>
{
    private const string Expected = "Expected a text, null, or one of {\"fromEnv\": NAME}, {\"fromFile\": PATH} and {\"fromCommand\": [PROGRAM, …]}.";

    /// <inheritdoc/>
    public override EnvValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new EnvValue.Text(reader.GetString()!);
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException(Expected);
        }

        EnvValue? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (name is "fromEnv" or "fromFile" or "fromCommand")
            {
                value = value is null ? Source(name, ref reader) : throw new JsonException(Expected);
            }
            else if (options.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
            {
                throw new JsonException(Expected);
            }
            else
            {
                // A field of a later version.
                _ = reader.TrySkip();
            }
        }

        return value ?? throw new JsonException(Expected);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, EnvValue value, JsonSerializerOptions options)
    {
        if (value is EnvValue.Text(var text))
        {
            writer.WriteStringValue(text);
            return;
        }

        writer.WriteStartObject();
        switch (value)
        {
            case EnvValue.FromEnv(var name):
                writer.WriteString("fromEnv", name);
                break;
            case EnvValue.FromFile(var path):
                writer.WriteString("fromFile", path);
                break;
            case EnvValue.FromCommand(var command):
                writer.WriteStartArray("fromCommand");
                foreach (var argument in command.IsDefault ? [] : command)
                {
                    writer.WriteStringValue(argument);
                }

                writer.WriteEndArray();
                break;
            default:
                break;
        }

        writer.WriteEndObject();
    }

    private static EnvValue Source(string name, ref Utf8JsonReader reader) => (name, reader.TokenType) switch
    {
        ("fromEnv", JsonTokenType.String) => new EnvValue.FromEnv(reader.GetString()!),
        ("fromFile", JsonTokenType.String) => new EnvValue.FromFile(reader.GetString()!),
        ("fromCommand", JsonTokenType.StartArray) => new EnvValue.FromCommand(Texts(ref reader)),
        _ => throw new JsonException(Expected),
    };

    private static ImmutableArray<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            texts.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray ? texts.DrainToImmutable() : throw new JsonException(Expected);
    }
}
