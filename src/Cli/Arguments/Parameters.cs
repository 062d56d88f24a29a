using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runner.Cli.Arguments;

/// <summary>A run's parameters from the command line.</summary>
internal static class Parameters
{
    /// <summary>
    /// <paramref name="whole"/> (<c>--parameters</c>: a JSON object, or <c>@FILE</c> with one) with <paramref name="single"/>
    /// (<c>-p key=value</c>) over it. A value that is JSON is taken as that, any other as text. Null if there are none.
    /// </summary>
    /// <exception cref="UsageException">One of them cannot be read.</exception>
    public static ImmutableSortedDictionary<string, JsonElement>? Read(string? whole, IEnumerable<string> single)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        if (whole is not null)
        {
            foreach (var property in ReadObject(whole).EnumerateObject())
            {
                values[property.Name] = property.Value.Clone();
            }
        }

        foreach (var pair in single)
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            if (cut <= 0)
            {
                throw new UsageException($"-p: expected KEY=VALUE, such as -p name=world; there is '{pair}'.");
            }

            values[pair[..cut]] = ReadValue(pair[(cut + 1)..]);
        }

        return values.Count == 0 ? null : values.ToImmutable();
    }

    private static JsonElement ReadValue(string text) => TryParse(text, out var value, out _) ? value : Text(text);

    private static JsonElement Text(string text)
    {
        // Arguments may hold bytes that are no UTF-8; JSON has only well-formed text.
        var wellFormed = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStringValue(wellFormed);
        }

        return JsonElement.Parse(stream.ToArray());
    }

    private static JsonElement ReadObject(string whole)
    {
        var (text, source) = (whole, "--parameters");
        if (whole.StartsWith('@'))
        {
            source = whole[1..];
            try
            {
                text = File.ReadAllText(source);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new UsageException($"--parameters: '{source}' cannot be read: {e.Message}");
            }
        }

        if (!TryParse(text, out var value, out var why))
        {
            throw new UsageException($"{source}: expected a JSON object: {why}");
        }

        return value.ValueKind == JsonValueKind.Object
            ? value
            : throw new UsageException($"{source}: expected a JSON object, such as {{\"name\": \"world\"}}; there is {Kind(value.ValueKind)}.");
    }

    private static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static bool TryParse(string text, out JsonElement value, out string why)
    {
        try
        {
            value = JsonElement.Parse(text);
            why = "";
            return true;
        }
        catch (JsonException e)
        {
            value = default;
            // Where it is, as people count, instead of the parser's own words for it.
            why = string.Create(
                CultureInfo.InvariantCulture, $"{e.Message.Split(" LineNumber:")[0]} (line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1})");
            return false;
        }
        catch (ArgumentException e)
        {
            value = default;
            why = e.Message;
            return false;
        }
    }
}
