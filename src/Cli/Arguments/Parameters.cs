using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Client.DeploymentFiles;

namespace Runner.Cli.Arguments;

/// <summary>A run's parameters from the command line.</summary>
internal static class Parameters
{
    /// <summary>Refuses bytes that are no text, rather than to hand on others than were written.</summary>
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

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

            values[pair[..cut]] = ReadValue(pair[..cut], pair[(cut + 1)..]);
        }

        return values.Count == 0 ? null : values.ToImmutable();
    }

    private static JsonElement ReadValue(string key, string text) =>
        !IsJson(text) ? Text(text)
        : TryParse(text, out var value, out var why) ? value
        : throw new UsageException($"-p {key}: {why}");

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return false;
        }
    }

    private static JsonElement Text(string text)
    {
        // Arguments may hold bytes that are no UTF-8; JSON has only well-formed text.
        var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
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
                text = File.ReadAllText(source, Strict);
            }
            catch (DecoderFallbackException)
            {
                throw new UsageException($"--parameters: '{source}' is not UTF-8; save it as that.");
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
            value = ValueFile.ParseJson(text);
            why = "";
            return true;
        }
        catch (JsonException e)
        {
            value = default;
            // Where it is, as people count, instead of the parser's own words for it, where it knows.
            var at = e.LineNumber is { } line
                ? string.Create(CultureInfo.InvariantCulture, $" (line {line + 1}, column {(e.BytePositionInLine ?? 0) + 1})") : "";
            why = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0] + at;
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
