using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runner.Actors.FlowRunners.Secrets;

/// <summary>
/// JSON text with what a mask hides replaced in its texts, names and numbers, whatever escapes they are spelled with. The rest stays as it is.
/// </summary>
internal static class MaskedJson
{
    private static readonly JsonWriterOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 100 };

    // In one piece: one case for each kind of token.
    public static string Of(string json, SecretMask mask)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var masked = new ArrayBufferWriter<byte>(bytes.Length + 16);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 100 });
        using var writer = new Utf8JsonWriter(masked, Relaxed);
        var changed = false;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    writer.WritePropertyName(Text(reader.GetString()!, mask, ref changed));
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(Text(reader.GetString()!, mask, ref changed));
                    break;
                case JsonTokenType.Number when mask.IsIn(reader.ValueSpan):
                    writer.WriteStringValue(SecretMask.Shown);
                    changed = true;
                    break;
                default:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }

        writer.Flush();
        return changed ? Encoding.UTF8.GetString(masked.WrittenSpan) : json;
    }

    private static string Text(string text, SecretMask mask, ref bool changed)
    {
        var masked = mask.Of(text);
        changed |= masked != text;
        return masked;
    }
}
