using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runner.Messages.Serialization;

/// <summary>Durations in JSON are texts as in <see cref="DurationText"/>; a number is seconds.</summary>
public sealed class DurationConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds) && seconds >= 0
            && seconds < TimeSpan.MaxValue.TotalSeconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return reader.TokenType == JsonTokenType.String && DurationText.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"Expected {DurationText.Expected}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(DurationText.Format(value));
}
