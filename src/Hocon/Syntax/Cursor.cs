using System.Globalization;

namespace Runner.Hocon.Syntax;

/// <summary>A place in a text that only goes forward, and knows its line and column.</summary>
internal sealed class Cursor(string text, string file)
{
    private const string Reserved = "$\"{}[]:=,+#`^?!@*&\\";

    private int _at;
    private int _line = 1;
    private int _lineStart;

    public bool IsEnd => _at >= text.Length;

    /// <summary>The next character; NUL at the end (where <see cref="IsEnd"/> tells it from one in the text).</summary>
    public char Peek => IsEnd ? '\0' : text[_at];

    public HoconOrigin Origin => new(file, _line, _at - _lineStart + 1);

    public static bool IsSpace(char c) =>
        c is '\t' or '\n' or '\v' or '\f' or '\r' or '\u001C' or '\u001D' or '\u001E' or '\u001F' or '\uFEFF' or ' '
        || (c >= '\u0080'
            && char.GetUnicodeCategory(c) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    public bool StartsWith(string what) => string.CompareOrdinal(text, _at, what, 0, what.Length) == 0;

    public bool IsComment => Peek == '#' || StartsWith("//");

    /// <summary>Whether an unquoted string goes on here.</summary>
    public bool IsUnquoted => !IsEnd && !Reserved.Contains(Peek, StringComparison.Ordinal) && !IsSpace(Peek) && !StartsWith("//");

    public void Advance(int count = 1)
    {
        for (var end = Math.Min(_at + count, text.Length); _at < end;)
        {
            if (text[_at++] == '\n')
            {
                _line++;
                _lineStart = _at;
            }
        }
    }

    public bool TryTake(char c)
    {
        if (IsEnd || Peek != c)
        {
            return false;
        }

        Advance();
        return true;
    }

    /// <summary>Passes whitespace, newlines and comments; says whether there was a newline.</summary>
    public bool SkipAll()
    {
        var line = _line;
        while (!IsEnd)
        {
            if (IsSpace(Peek))
            {
                Advance();
            }
            else if (IsComment)
            {
                SkipComment();
            }
            else
            {
                break;
            }
        }

        return _line != line;
    }

    /// <summary>Takes whitespace up to the end of the line.</summary>
    public string TakeInlineSpace()
    {
        var start = _at;
        while (!IsEnd && Peek != '\n' && IsSpace(Peek))
        {
            _at++;
        }

        return start == _at ? "" : text[start.._at];
    }

    /// <summary>Takes an unquoted string, which may be empty; a number may have its '+'.</summary>
    public string TakeUnquoted()
    {
        var start = _at;
        if (!IsEnd && (char.IsAsciiDigit(Peek) || Peek == '-'))
        {
            TakeNumber();
        }

        while (IsUnquoted)
        {
            _at++;
        }

        return text[start.._at];
    }

    /// <summary>Takes a quoted or a triple-quoted string.</summary>
    public string TakeQuoted() => StartsWith("\"\"\"") ? TakeTripleQuoted() : new QuotedString(this).Take();

    public HoconException Wrong(string problem, string? expected = null) => new(Origin, problem, expected);

    /// <summary>What stands here, for a sentence.</summary>
    public string Describe() => IsEnd ? "the end of the text"
        : Peek == '\n' ? "the end of the line" : char.IsControl(Peek) || char.IsSurrogate(Peek) ? $"U+{(int)Peek:X4}" : $"'{Peek}'";

    private void SkipComment()
    {
        var end = text.IndexOf('\n', _at);
        _at = end < 0 ? text.Length : end;
    }

    private void TakeNumber()
    {
        var start = _at;
        var plus = -1;
        while (!IsEnd && (char.IsAsciiDigit(Peek) || Peek is '-' or '.' or 'e' or 'E' || (Peek == '+' && !StartsWith("+="))))
        {
            plus = Peek == '+' && plus < 0 ? _at : plus;
            _at++;
        }

        if (plus >= 0 && !Numbers.IsNumber(text.AsSpan(start, _at - start)))
        {
            _at = plus;
            throw Wrong("'+' stands in unquoted text", "quotes around it");
        }
    }

    private string TakeTripleQuoted()
    {
        var begin = Origin;
        Advance(3);
        var start = _at;
        var end = text.IndexOf("\"\"\"", start, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new HoconException(begin, "the string is not closed", "\"\"\"");
        }

        // Of more than three quotes the last three close.
        while (end + 3 < text.Length && text[end + 3] == '"')
        {
            end++;
        }

        Advance(end + 3 - start);
        return text[start..end];
    }
}
