using System.Globalization;
using System.Text;

namespace Runner.Hocon.Syntax;

/// <summary>A string in quotes, as JSON has it.</summary>
internal readonly struct QuotedString(Cursor cursor)
{
    /// <summary>Takes it, quotes and all; the value is without them.</summary>
    public string Take()
    {
        var begin = cursor.Origin;
        cursor.Advance();
        var value = new StringBuilder();
        while (true)
        {
            if (cursor.IsEnd || cursor.Peek == '\n')
            {
                throw new HoconException(begin, "the string is not closed", "'\"' on the same line, or \"\"\" around a string of several lines");
            }

            if (cursor.TryTake('"'))
            {
                return value.ToString();
            }

            if (cursor.Peek == '\\')
            {
                value.Append(TakeEscape());
            }
            else if (cursor.Peek < ' ')
            {
                throw cursor.Wrong($"the control character U+{(int)cursor.Peek:X4} stands in a quoted string", "an escape such as \\t");
            }
            else
            {
                value.Append(cursor.Peek);
                cursor.Advance();
            }
        }
    }

    private char TakeEscape()
    {
        var origin = cursor.Origin;
        cursor.Advance();
        var code = cursor.Peek;
        cursor.Advance();
        return code switch
        {
            '"' or '\\' or '/' => code,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => TakeHex(origin),
            _ => throw new HoconException(origin, "this is no escape", "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
        };
    }

    private char TakeHex(HoconOrigin origin)
    {
        Span<char> digits = stackalloc char[4];
        for (var i = 0; i < 4; i++)
        {
            if (!char.IsAsciiHexDigit(cursor.Peek))
            {
                throw new HoconException(origin, "the escape \\u is cut short", "four hexadecimal digits");
            }

            digits[i] = cursor.Peek;
            cursor.Advance();
        }

        return (char)ushort.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
