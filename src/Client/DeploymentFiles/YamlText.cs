using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>Writes values so that <see cref="YamlReader"/> reads exactly them: what might be taken for anything else stands in quotes.</summary>
internal static class YamlText
{
    /// <summary>A key longer than YAML allows one to be without being announced (1,024 characters, escapes counted).</summary>
    private const int LongestPlainKey = 500;

    public static string Scalar(string text) => IsPlain(text) ? text : Quoted(text);

    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    /// <summary>In one line, with braces.</summary>
    public static string Map(IEnumerable<KeyValuePair<string, string>> entries) =>
        $"{{{string.Join(", ", entries.Select(e => Key(e.Key) + e.Value))}}}";

    public static string Json(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Scalar(value.GetString()!),
        JsonValueKind.Array => List(value.EnumerateArray().Select(Json)),
        // JSON lets a name stand twice, and the last one counts.
        JsonValueKind.Object =>
            Map(value.EnumerateObject().GroupBy(p => p.Name, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, Json(g.Last().Value)))),
        _ => value.GetRawText(),
    };

    private static string Key(string name)
    {
        var key = Scalar(name);
        return key.Length > LongestPlainKey ? $"? {key} : " : key + ": ";
    }

    private static bool IsPlain(string text)
    {
        if (text.Length is 0 or > 200 || !(char.IsAsciiLetter(text[0]) || text[0] == '/') || text[^1] == ' '
            || text.Contains("  ", StringComparison.Ordinal))
        {
            return false;
        }

        return text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or ' ')
            && CoreSchema.KindOf(text) == ScalarKind.Text;
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                >= ' ' and < 0x7f => quoted.Append((char)rune.Value),
                _ when Rune.IsLetterOrDigit(rune) && rune.IsBmp => quoted.Append(rune),
                <= 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        return quoted.Append('"').ToString();
    }
}
