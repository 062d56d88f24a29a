using System.Globalization;
using System.Text;
using Runner.Hocon.Syntax;

namespace Runner.Hocon.Loading;

/// <summary>
/// Java's properties as an object: each key is split at its dots (empty names count), each value is a string. Where a key is both a string and an
/// object, the object wins.
/// </summary>
internal static class PropertiesFile
{
    public static ObjectNode Parse(string text, string file, int depth, HoconOptions options)
    {
        var root = new ObjectNode(new HoconOrigin(file, 1, 1));
        foreach (var (origin, line) in LogicalLines(text.TrimStart('\uFEFF'), file))
        {
            var (key, value) = Split(line, origin);
            var path = key.Split('.');
            if (depth + path.Length > options.MaxNesting)
            {
                throw new HoconException(origin, "the key has too many elements", $"at most {options.MaxNesting} levels");
            }

            Put(root, path, new ScalarNode(origin, HoconKind.String, value));
        }

        return root;
    }

    private static void Put(ObjectNode node, ReadOnlySpan<string> path, ScalarNode value)
    {
        for (; path.Length > 1; path = path[1..])
        {
            var cell = node.CellOf(path[0]);
            if (cell.Stack.Count == 0 || cell.Stack[0] is not ObjectNode inner)
            {
                cell.Stack.Clear();
                cell.Stack.Add(inner = new ObjectNode(value.Origin));
            }

            node = inner;
        }

        var last = node.CellOf(path[0]);
        if (last.Stack.Count == 0 || last.Stack[0] is not ObjectNode)
        {
            last.Push(value);
        }
    }

    /// <summary>Lines without comments, those that end in a backslash joined with the next.</summary>
    private static IEnumerable<(HoconOrigin Origin, string Line)> LogicalLines(string text, string file)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = TrimStart(lines[i]);
            if (line.Length == 0 || line[0] is '#' or '!')
            {
                continue;
            }

            var origin = new HoconOrigin(file, i + 1, lines[i].Length - line.Length + 1);
            var whole = new StringBuilder();
            while (GoesOn(line))
            {
                whole.Append(line, 0, line.Length - 1);
                line = ++i < lines.Length ? TrimStart(lines[i]) : "";
            }

            yield return (origin, whole.Append(line).ToString());
        }
    }

    private static string TrimStart(string line) => line.TrimStart(' ', '\t', '\f');

    private static bool GoesOn(string line) => (line.Length - line.TrimEnd('\\').Length) % 2 == 1;

    private static (string Key, string Value) Split(string line, HoconOrigin origin)
    {
        var end = 0;
        while (end < line.Length && line[end] is not ('=' or ':' or ' ' or '\t' or '\f'))
        {
            end += line[end] == '\\' ? 2 : 1;
        }

        end = Math.Min(end, line.Length);
        var value = TrimStart(line[end..]);
        value = value.Length > 0 && value[0] is '=' or ':' ? TrimStart(value[1..]) : value;
        return (Unescape(line[..end], origin), Unescape(value, origin));
    }

    private static string Unescape(string text, HoconOrigin origin)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
            {
                result.Append(i < text.Length ? text[i] : "");
                continue;
            }

            if (text[i] == 'u')
            {
                result.Append(HexOf(text.AsSpan(i + 1), origin));
                i += 4;
                continue;
            }

            result.Append(text[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', var other => other });
        }

        return result.ToString();
    }

    private static char HexOf(ReadOnlySpan<char> rest, HoconOrigin origin) =>
        rest.Length >= 4 && ushort.TryParse(rest[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? (char)code
            : throw new HoconException(origin, "the escape \\u is cut short", "four hexadecimal digits");
}
