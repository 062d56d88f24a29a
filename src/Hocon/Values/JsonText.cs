using System.Globalization;
using System.Text;

namespace Runner.Hocon.Values;

/// <summary>Writes values as JSON. By hand, since numbers stay as they were written and a lone surrogate survives as an escape.</summary>
internal static class JsonText
{
    /// <param name="indent">How many levels deep the value stands; null writes everything on one line.</param>
    public static void Write(StringBuilder text, HoconValue value, int? indent)
    {
        switch (value)
        {
            case HoconObject { Fields: var fields }:
                WriteItems(text, '{', '}', fields.Count, indent, (i, inner) =>
                {
                    Write(text, fields[i].Key);
                    text.Append(indent is null ? ":" : ": ");
                    Write(text, fields[i].Value, inner);
                });
                break;
            case HoconArray { Items: var items }:
                WriteItems(text, '[', ']', items.Count, indent, (i, inner) => Write(text, items[i], inner));
                break;
            case HoconScalar { Kind: HoconKind.String } scalar:
                Write(text, scalar.Text);
                break;
            case HoconScalar scalar:
                text.Append(scalar.Text);
                break;
        }
    }

    /// <summary>A string in quotes.</summary>
    public static void Write(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                text.Append(c).Append(value[++i]);
                continue;
            }

            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' =>
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static void WriteItems(StringBuilder text, char open, char close, int count, int? indent, Action<int, int?> write)
    {
        text.Append(open);
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : ",");
            Break(text, indent + 1);
            write(i, indent + 1);
        }

        if (count > 0)
        {
            Break(text, indent);
        }

        text.Append(close);
    }

    private static void Break(StringBuilder text, int? indent)
    {
        if (indent is { } levels)
        {
            text.Append('\n').Append(' ', levels * 2);
        }
    }
}
