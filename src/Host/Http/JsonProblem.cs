using System.Text.Json;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Puts the serializer's complaint into words for whoever wrote the JSON: the field, the place, and what was expected.</summary>
internal static class JsonProblem
{
    private static readonly (string DotNet, string Words)[] Expectations =
    [
        ("System.Int32", "a whole number"), ("System.Int64", "a whole number"), ("System.Double", "a number"), ("System.Boolean", "true or false"),
        ("System.String", "a text"), ("System.DateTimeOffset", "a time such as \"2026-01-31T12:00:00Z\""), ("ImmutableArray", "a list"),
        ("ImmutableSortedDictionary", "an object"), ("CatchUpPolicy", "one of latest, all, none"), ("OnFull", "one of queue, cancelNew"),
    ];

    public static Problem From(JsonException e)
    {
        var field = Field(e.Path);
        var at = e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : "";
        return new Problem(field, Words(e) + at + ".");
    }

    /// <summary><c>$[0].schedules[1].cron</c> as the deployment file spells it.</summary>
    private static string Field(string? path) => (path ?? "").TrimStart('$').TrimStart('.');

    private static string Words(JsonException e)
    {
        // The serializer appends its own place to its sentence.
        var message = Before(Before(e.Message, " Path: "), " LineNumber: ").TrimEnd('.', ' ');
        if (After(message, "missing required properties including: ") is { } missing)
        {
            return $"missing: {missing}";
        }

        if (After(message, "could not be converted to ") is { } type)
        {
            var expected = Expectations.FirstOrDefault(x => type.Contains(x.DotNet, StringComparison.Ordinal)).Words ?? "an object";
            return $"expected {expected}";
        }

        return message.Contains("doesn't allow null", StringComparison.OrdinalIgnoreCase) || message.Contains("null values", StringComparison.OrdinalIgnoreCase)
            ? "may not be null"
            : message.StartsWith("Duplicate", StringComparison.OrdinalIgnoreCase) || message.StartsWith("Expected", StringComparison.Ordinal) ? message
            : $"this is not valid JSON: {message}";
    }

    private static string Before(string text, string mark) => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;

    private static string? After(string text, string mark) =>
        text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[(at + mark.Length)..] : null;
}
