using System.Buffers;
using System.Text.Json;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Wire;

namespace Runner.Actors.Wire;

/// <summary>
/// The envelope of a message to an entity: <c>{"kind":"FlowRun","id":"…","manifest":"RC","message":{…}}</c>. What else is in it is passed
/// over.
/// </summary>
internal static class EnvelopeFormat
{
    private static readonly JsonEncodedText Kind = JsonEncodedText.Encode("kind");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Manifest = JsonEncodedText.Encode("manifest");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = WireJson.Options.Encoder, MaxDepth = WireJson.Options.MaxDepth };
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = WireJson.Options.MaxDepth };

    public static byte[] Write(EntityMessage envelope)
    {
        var entry = WireManifests.Table.Of(envelope.Message);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString(Kind, envelope.Entity.Kind);
            writer.WriteString(Id, envelope.Entity.Id);
            writer.WriteString(Manifest, entry.Manifest);
            writer.WritePropertyName(Message);
            JsonSerializer.Serialize(writer, envelope.Message, entry.Json);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static EntityMessage Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        string? kind = null, id = null, manifest = null;
        var message = default(ReadOnlySpan<byte>);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(Kind.EncodedUtf8Bytes))
            {
                kind = Text(ref reader);
            }
            else if (reader.ValueTextEquals(Id.EncodedUtf8Bytes))
            {
                id = Text(ref reader);
            }
            else if (reader.ValueTextEquals(Manifest.EncodedUtf8Bytes))
            {
                manifest = Text(ref reader);
            }
            else
            {
                var isMessage = reader.ValueTextEquals(Message.EncodedUtf8Bytes);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                message = isMessage ? utf8[start..(int)reader.BytesConsumed] : message;
            }
        }

        Expect(kind is not null && id is not null && manifest is not null && !message.IsEmpty);
        return new EntityMessage(new EntityKey(kind!, id!), TableSerializer.Read(message, WireManifests.Table.Of(manifest!)));
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.String);
        return reader.GetString();
    }

    private static void Expect(bool isSo)
    {
        if (!isSo)
        {
            throw new JsonException("Expected an object with kind, id, manifest and message.");
        }
    }
}
