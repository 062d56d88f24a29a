using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Puts the serializer's complaint into words for whoever wrote the JSON: the field, the place, and what was expected.</summary>
internal static class JsonProblem
{
    /// <param name="root">What was being read.</param>
    public static Problem From(JsonException e, JsonTypeInfo root)
    {
        var at = e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : "";
        return new Problem(Field(e.Path), $"{Words(e, root)}{at}.");
    }

    /// <summary><c>$[0].schedules[1].cron</c> as the deployment file spells it.</summary>
    private static string Field(string? path) => (path ?? "").TrimStart('$').TrimStart('.');

    private static string Words(JsonException e, JsonTypeInfo root)
    {
        // The serializer appends its own place to its sentence.
        var message = Before(Before(e.Message, " Path: "), " LineNumber: ").TrimEnd('.', ' ');
        if (After(message, "missing required properties including: ") is { } missing)
        {
            return $"missing: {missing.TrimEnd(';')}";
        }

        // It names the type around a constructor's parameter instead of the parameter's own, so that is looked up here.
        return message.Contains("could not be converted to ", StringComparison.Ordinal) ? $"expected {Expected(TypeAt(root, Field(e.Path)))}"
            : (message.Contains("allow", StringComparison.Ordinal) && message.Contains("null", StringComparison.Ordinal)) ? "may not be null"
            : message.StartsWith("Duplicate", StringComparison.OrdinalIgnoreCase)
                || message.StartsWith("Expected a ", StringComparison.Ordinal) ? message
            : $"this is not valid JSON: {message}";
    }

    private static JsonTypeInfo TypeAt(JsonTypeInfo root, string field)
    {
        var type = root;
        foreach (var part in field.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
        {
            var inner = type.Kind == JsonTypeInfoKind.Object ? type.Properties.FirstOrDefault(p => p.Name == part)?.PropertyType : type.ElementType;
            if (inner is null)
            {
                break;
            }

            type = type.Options.GetTypeInfo(Nullable.GetUnderlyingType(inner) ?? inner);
        }

        return type;
    }

    private static string Expected(JsonTypeInfo info) => info switch
    {
        { Kind: JsonTypeInfoKind.Enumerable } => "a list",
        { Kind: JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary } => "an object",
        { Type.IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(info.Type))}",
        _ when info.Type == typeof(string) => "a text",
        _ when info.Type == typeof(bool) => "true or false",
        _ when info.Type == typeof(DateTimeOffset) => "a time such as \"2026-01-31T12:00:00Z\"",
        _ when info.Type == typeof(double) => "a number",
        _ when info.Type == typeof(TimeSpan) => DurationText.Expected,
        _ => "a whole number",
    };

    private static string Before(string text, string mark) => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;

    private static string? After(string text, string mark) =>
        text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[(at + mark.Length)..] : null;
}
