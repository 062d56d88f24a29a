using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages.Deployments;

namespace Runner.Messages.Serialization;

/// <summary>
/// Requirements in JSON, as the deployment file has them: an object of labels, with a text or a list of texts for the values that will do, and with
/// null where <c>!</c> stands before the name. What is not possible is read, too: the node names it.
/// </summary>
public sealed class NodeRequirementsConverter : JsonConverter<NodeRequirements>
{
    private const string Expected = "Expected an object of labels: a text, a list of texts, or null for \"!NAME\".";

    /// <inheritdoc/>
    public override NodeRequirements Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException(Expected);
        }

        var rules = ImmutableArray.CreateBuilder<LabelRule>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            rules.Add(Rule(name, ref reader));
        }

        return new(rules);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, NodeRequirements value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var rule in value.Rules)
        {
            switch (rule.AnyOf)
            {
                case null:
                    writer.WriteNull(rule.Key);
                    break;
                case [var one]:
                    writer.WriteString(rule.Key, one);
                    break;
                case { } values:
                    writer.WriteStartArray(rule.Key);
                    foreach (var text in values)
                    {
                        writer.WriteStringValue(text);
                    }

                    writer.WriteEndArray();
                    break;
            }
        }

        writer.WriteEndObject();
    }

    private static LabelRule Rule(string key, ref Utf8JsonReader reader)
    {
        var absent = key.StartsWith(LabelRule.Not);
        return new(absent ? key[1..] : key, reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => [reader.GetString()!],
            JsonTokenType.StartArray => Texts(ref reader),
            _ => throw new JsonException(Expected),
        }, absent);
    }

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
