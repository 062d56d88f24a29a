using System.Globalization;
using Microsoft.AspNetCore.Http;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Reads a request's query strictly: a parameter that is unknown, given twice or absurd is refused by name.</summary>
internal sealed class QueryReader
{
    private readonly IQueryCollection _query;

    /// <exception cref="RequestRefusedException">There is a parameter that is not among <paramref name="known"/>, or one twice.</exception>
    public QueryReader(HttpContext context, params string[] known)
    {
        _query = context.Request.Query;
        foreach (var (name, values) in _query)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                var takes = known.Length == 0 ? "none is known here" : $"known here: {string.Join(", ", known)}";
                throw Invalid(Short(name), $"unknown parameter; {takes}.{Hint.Of(name, known)}");
            }

            if (values.Count > 1)
            {
                throw Invalid(name, "given more than once.");
            }
        }
    }

    public static RequestRefusedException Invalid(string field, string message)
    {
        var refusal = new QueryInvalid(field, message);
        return new RequestRefusedException(RefusalMap.StatusOf(refusal), refusal.Code, refusal.Message, refusal.Problems);
    }

    /// <summary>The text, or null if it is not there or empty.</summary>
    public string? Text(string name, int maxLength = 500)
    {
        var text = _query[name].ToString();
        return text.Length > maxLength ? throw Invalid(name, $"longer than {maxLength} characters.") : text.Length == 0 ? null : text;
    }

    public long? Number(string name, long min, long max) =>
        Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Invalid(name, $"'{Short(text)}' is not a whole number from {min} to {max}.");

    public bool Flag(string name) => Text(name)?.ToUpperInvariant() switch
    {
        null or "FALSE" or "0" => false,
        "TRUE" or "1" => true,
        var other => throw Invalid(name, $"'{Short(other)}' is neither true nor false."),
    };

    public DateTimeOffset? Instant(string name) =>
        Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value) ? value
        : throw Invalid(name, $"'{Short(text)}' is not a time such as 2026-01-31T12:00:00Z.");

    /// <summary>One of a few words; the first is what is meant when nothing is said.</summary>
    public string Choice(string name, params string[] words)
    {
        var text = Text(name) ?? words[0];
        return words.Contains(text, StringComparer.Ordinal) ? text : throw Invalid(name, $"'{Short(text)}' is not one of {string.Join(", ", words)}.");
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
