using System.Globalization;
using System.Text;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>Which characters a class, an escape or a character itself stands for.</summary>
internal sealed partial class PatternParser
{
    private CodePoints ReadClass()
    {
        var start = _at;
        var negated = Take("[^");
        _at += negated ? 0 : 1;
        var sets = new List<CodePoints>();
        while (!Take("]"))
        {
            if (_at >= _text.Length)
            {
                _at = start;
                throw Wrong("this class is not closed");
            }

            var (set, first) = ReadClassAtom();
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                var dash = _at++;
                var (_, last) = ReadClassAtom();
                if (first is null || last is null || last < first)
                {
                    _at = dash;
                    throw Wrong("a range goes from one character to the same or a later one");
                }

                set = CodePoints.Of((first.Value, last.Value));
            }

            sets.Add(set);
        }

        var all = CodePoints.Union(sets);
        return negated ? all.Others : all;
    }

    /// <summary>A member of a class, and which character it is if it is one.</summary>
    private (CodePoints Set, int? Single) ReadClassAtom()
    {
        if (Take(@"\b"))
        {
            return (One('\b'), '\b');
        }

        if (_text[_at] != '\\')
        {
            var point = TakeCodePoint();
            return (One(point), point);
        }

        if (_at + 1 < _text.Length && _text[_at + 1] is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'p' or 'P')
        {
            return (ReadEscapedSet(), null);
        }

        var escaped = TakeEscapedCharacter();
        return (One(escaped), escaped);
    }

    private CodePoints ReadEscapedSet()
    {
        var kind = _at + 1 < _text.Length ? _text[_at + 1] : throw Wrong(@"nothing follows '\'");
        CodePoints? set = kind switch
        {
            'd' or 'D' => CodePoints.Digits,
            'w' or 'W' => CodePoints.Word,
            's' or 'S' => CodePoints.Space,
            'p' or 'P' => ReadProperty(),
            _ => null,
        };
        if (set is null)
        {
            return One(TakeEscapedCharacter());
        }

        _at += kind is 'p' or 'P' ? 0 : 2;
        return char.IsAsciiLetterUpper(kind) ? set.Others : set;
    }

    private CodePoints ReadProperty()
    {
        var end = _at + 2 < _text.Length && _text[_at + 2] == '{' ? _text.IndexOf('}', _at) : -1;
        var set = end < 0 || end - _at > 60 ? null : CodePoints.Property(_text[(_at + 3)..end]);
        if (set is null)
        {
            throw Wrong(@"expected a general category of Unicode, such as \p{Lu} or \p{Letter}; scripts and other properties are not known");
        }

        _at = end + 1;
        return set;
    }

    private int TakeEscapedCharacter()
    {
        var start = _at;
        _at++;
        var c = _at < _text.Length ? _text[_at] : throw Wrong(@"nothing follows '\'");
        if (!char.IsAsciiLetterOrDigit(c))
        {
            return TakeCodePoint();
        }

        _at++;
        int? value = c switch
        {
            't' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            '0' when _at >= _text.Length || !char.IsAsciiDigit(_text[_at]) => 0,
            'c' when _at < _text.Length && char.IsAsciiLetter(_text[_at]) => _text[_at++] % 32,
            'x' => TakeHex(2),
            'u' => TakeUnicode(),
            _ => null,
        };
        if (value is { } known)
        {
            return known;
        }

        _at = start;
        throw Wrong($@"'\{c}' means nothing in ECMA-262");
    }

    private int? TakeUnicode()
    {
        if (_at < _text.Length && _text[_at] == '{')
        {
            var end = _text.IndexOf('}', _at);
            if (end < 0 || end - _at > 10
                || !int.TryParse(_text.AsSpan(_at + 1, end - _at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
                || point > 0x10FFFF)
            {
                return null;
            }

            _at = end + 1;
            return point;
        }

        var unit = TakeHex(4);
        if (unit is >= 0xD800 and <= 0xDBFF && string.CompareOrdinal(_text, _at, @"\u", 0, 2) == 0)
        {
            var back = _at;
            _at += 2;
            if (TakeHex(4) is >= 0xDC00 and <= 0xDFFF and var low)
            {
                return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            }

            _at = back;
        }

        return unit;
    }

    private int? TakeHex(int digits)
    {
        if (_at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        _at += digits;
        return value;
    }

    private int TakeCodePoint()
    {
        var rune = Rune.TryGetRuneAt(_text, _at, out var whole) ? whole : throw Wrong("half of a surrogate pair is no character");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static CodePoints One(int point) => CodePoints.Of((point, point));
}
