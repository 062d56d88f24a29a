using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Runner.Actors.Processes;

/// <summary>
/// <c>{{ parameters.NAME }}</c> in commands and environment values. A text parameter is inserted as it is, anything else as JSON; the
/// result is one argument whatever it holds, for no shell ever sees it.
/// </summary>
internal static class Templates
{
    private const string Prefix = "parameters.";

    /// <summary>The text with every template filled in. One that cannot be is left as it stands: registration refuses those.</summary>
    public static string Fill(string text, ImmutableSortedDictionary<string, JsonElement> parameters)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, end, name) in Places(text))
        {
            result.Append(text, at, start - at);
            result.Append(name is not null && parameters.TryGetValue(name, out var value) ? Text(value) : text[start..end]);
            at = end;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>What is wrong with the templates of a text, in words; empty if nothing is.</summary>
    /// <param name="known">The names of the declared parameters; null if any name will do.</param>
    public static IEnumerable<string> Problems(string text, IReadOnlySet<string>? known)
    {
        foreach (var (start, end, name) in Places(text))
        {
            if (name is null)
            {
                yield return $"'{text[start..end]}' is not a template; expected {{{{ parameters.NAME }}}}";
            }
            else if (known is not null && !known.Contains(name))
            {
                yield return $"parameter '{name}' has no default in 'parameters', and no parameter_schema that is enforced requires it, so a run might lack it";
            }
        }
    }

    /// <summary>The names that a text's templates use and that are not given.</summary>
    public static IEnumerable<string> Missing(string text, IReadOnlySet<string> given) =>
        Places(text).Select(p => p.Name).OfType<string>().Where(name => !given.Contains(name));

    private static IEnumerable<(int Start, int End, string? Name)> Places(string text)
    {
        for (var start = text.IndexOf("{{", StringComparison.Ordinal); start >= 0;)
        {
            var close = text.IndexOf("}}", start, StringComparison.Ordinal);
            var end = close < 0 ? text.Length : close + 2;
            var inner = close < 0 ? "" : text[(start + 2)..close].Trim();
            yield return (start, end, inner.StartsWith(Prefix, StringComparison.Ordinal) && inner.Length > Prefix.Length ? inner[Prefix.Length..] : null);
            start = text.IndexOf("{{", end, StringComparison.Ordinal);
        }
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
