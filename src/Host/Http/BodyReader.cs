using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Connections;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>Reads JSON bodies strictly: what is malformed is refused with its place, what is unknown with the nearest known name.</summary>
internal static class BodyReader
{
    private const string Code = "body-invalid";
    private const int MaxProblems = 50;

    /// <summary>The body; if there is none and need not be, what <c>{}</c> is.</summary>
    /// <exception cref="RequestRefusedException">It is not JSON, or not the JSON that is expected here.</exception>
    public static async Task<T> ReadAsync<T, TAnswer>(HttpContext context, Operation<T, TAnswer> operation)
    {
        var bytes = await ReadBytesAsync(context);
        return bytes.Length > 0 ? Parse<T>(bytes)
            : operation.MayBeLeftOut ? Parse<T>("{}"u8.ToArray())
            : throw Refused([new Problem("", "the body is empty; expected JSON.")]);
    }

    private static T Parse<T>(ReadOnlyMemory<byte> bytes)
    {
        var info = (JsonTypeInfo<T>)StrictJson.Options.GetTypeInfo(typeof(T));
        try
        {
            RefuseUnknownFields(bytes, info);
            return JsonSerializer.Deserialize(bytes.Span, info) ?? throw Refused([new Problem("", "the body is null.")]);
        }
        catch (JsonException e)
        {
            throw Refused([JsonProblem.From(e, info)]);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpContext context)
    {
        // Kestrel refuses what is over the limit as soon as it knows; what arrives here is bounded.
        using var buffer = new MemoryStream((int)Math.Clamp(context.Request.ContentLength ?? 0, 0, 1 << 20));
        try
        {
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // Such as a chunk whose size is no number of 64 bits; the others the server has named itself.
            throw new BadHttpRequestException(e.Message, StatusCodes.Status400BadRequest, e);
        }

        var bytes = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        return bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
    }

    /// <summary>All unknown fields at once, where the serializer would name the first by a .NET type.</summary>
    private static void RefuseUnknownFields(ReadOnlyMemory<byte> bytes, JsonTypeInfo info)
    {
        RefuseWhatIsNoText(bytes.Span);
        using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
        var problems = ImmutableArray.CreateBuilder<Problem>();
        Walk(document.RootElement, info, "", problems);
        if (problems.Count > 0)
        {
            throw Refused(problems.ToImmutable());
        }
    }

    /// <summary>JSON's grammar lets a string hold what is no text; whoever reads it as text later could only fail.</summary>
    private static void RefuseWhatIsNoText(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsText(ref reader))
            {
                throw Refused([new Problem("", "half of a surrogate pair (such as \\ud800 alone), or what is no UTF-8, is no character; "
                    + $"there is some in the string at byte {reader.TokenStartIndex}.")]);
            }
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return Utf8.IsValid(reader.ValueSpan);
        }

        try
        {
            _ = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void Walk(JsonElement element, JsonTypeInfo info, string path, ImmutableArray<Problem>.Builder problems)
    {
        if (element.ValueKind == JsonValueKind.Array && info.Kind == JsonTypeInfoKind.Enumerable && info.ElementType is { } item)
        {
            var index = 0;
            foreach (var child in element.EnumerateArray())
            {
                var place = $"{path}[{index++}]";
                if (child.ValueKind == JsonValueKind.Null && problems.Count < MaxProblems)
                {
                    problems.Add(new Problem(place, "is null."));
                }

                Walk(child, info.Options.GetTypeInfo(item), place, problems);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object && info.Kind == JsonTypeInfoKind.Object)
        {
            WalkFields(element, info, path, problems);
        }
    }

    private static void WalkFields(JsonElement element, JsonTypeInfo info, string path, ImmutableArray<Problem>.Builder problems)
    {
        foreach (var field in element.EnumerateObject())
        {
            var place = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            if (info.Properties.FirstOrDefault(p => p.Name == field.Name) is { } known)
            {
                Walk(field.Value, info.Options.GetTypeInfo(Nullable.GetUnderlyingType(known.PropertyType) ?? known.PropertyType), place, problems);
            }
            else if (problems.Count < MaxProblems)
            {
                problems.Add(new Problem(place, $"unknown field.{Hint.Of(field.Name, info.Properties.Select(p => p.Name))}"));
            }
        }
    }

    public static RequestRefusedException Refused(ImmutableArray<Problem> problems) => new(
        StatusCodes.Status400BadRequest, Code,
        $"The body was not accepted: {string.Join("; ", problems.Take(5).Select(p => p.Field.Length == 0 ? p.Message : $"{p.Field}: {p.Message}"))}",
        problems);
}
