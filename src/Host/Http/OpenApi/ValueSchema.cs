using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Runner.Messages.Http;

namespace Runner.Host.Http.OpenApi;

/// <summary>Schemas of texts, numbers and truth values with their bounds. Each is a new one: who gets it may change it.</summary>
internal static class ValueSchema
{
    public static OpenApiSchema Of(Query query) => query switch
    {
        TextQuery { Pattern: { } pattern } => Pattern(pattern),
        NumberQuery number => Integer(number.Min, number.Max, number.Usual),
        WordQuery words => OneOf(words.Words, words.Usual),
        FlagQuery => Flag,
        InstantQuery => Instant,
        _ => Text(query.MaxLength),
    };

    /// <summary>A truth value that is false when nothing is said.</summary>
    public static OpenApiSchema Flag => new() { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) };

    public static OpenApiSchema Instant => new() { Type = JsonSchemaType.String, Format = "date-time" };

    public static OpenApiSchema Uuid => new() { Type = JsonSchemaType.String, Format = "uuid" };

    /// <summary>Part of a deployment's name, or the name of a limit.</summary>
    public static OpenApiSchema Name => Pattern("^[A-Za-z0-9._-]{1,100}$");

    public static OpenApiSchema Pattern(string pattern) => new() { Type = JsonSchemaType.String, Pattern = pattern };

    public static OpenApiSchema Text(int? maxLength = null) =>
        new() { Type = JsonSchemaType.String, MinLength = maxLength is null ? null : 1, MaxLength = maxLength };

    public static OpenApiSchema Integer(long minimum, long maximum, long? usual = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Format = maximum > int.MaxValue ? "int64" : "int32",
        Minimum = Number(minimum),
        Maximum = Number(maximum),
        Default = usual is { } value ? JsonValue.Create(value) : null,
    };

    public static OpenApiSchema OneOf(IEnumerable<string> words, string? usual = null) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))], Default = usual is null ? null
            : JsonValue.Create(usual) };

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
