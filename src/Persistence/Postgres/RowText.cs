using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Runner.Persistence.Postgres;

/// <summary>Values of rows as PostgreSQL keeps them. A set is a JSON array, in the order it was given.</summary>
internal static class RowText
{
    /// <summary>
    /// Text as the database can hold it: U+0000 and halves of surrogate pairs, which it refuses, are replaced as undecodable bytes are.
    /// </summary>
    public static string? Clean(string? text)
    {
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return clean.ToString();
    }

    public static string? EncodeSet(object? value)
    {
        if (value is not ImmutableArray<string> set)
        {
            return null;
        }

        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (string member in set)
            {
                writer.WriteStringValue(Clean(member));
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The text itself where it is no set: that cannot be taken for one.</summary>
    public static object DecodeSet(string json)
    {
        try
        {
            return ReadSet(json);
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private static ImmutableArray<string> ReadSet(string json)
    {
        ImmutableArray<string>.Builder set = ImmutableArray.CreateBuilder<string>();
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                set.Add(reader.GetString()!);
            }
        }

        return set.ToImmutable();
    }
}
