using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>
/// Reads a regular expression of ECMA-262 (with its <c>u</c> flag, as JSON Schema asks for). Where browsers are lenient without that flag and nothing else
/// can be meant (<c>\-</c>, <c>{</c> as itself), so is this.
/// </summary>
internal sealed class PatternParser
{
    private const int DeepestNesting = 100;

    private readonly string _text;
    private readonly List<string?> _groups = [];
    private int _at;
    private int _depth;

    private PatternParser(string text) => _text = text;

    /// <summary>Reads the whole.</summary>
    /// <exception cref="PatternFormatException">It is none.</exception>
    public static PatternNode Parse(string text)
    {
        var parser = new PatternParser(text);
        parser.FindGroups();
        var node = parser.ReadAlternatives();
        return parser._at == text.Length ? node : throw parser.Wrong("')' closes nothing");
    }

    /// <summary>Names of groups in their order, known before they are read: a reference may stand before its group.</summary>
    private void FindGroups()
    {
        var inClass = false;
        for (var i = 0; i < _text.Length; i++)
        {
            switch (_text[i])
            {
                case '\\':
                    i++;
                    break;
                case '[':
                    inClass = true;
                    break;
                case ']':
                    inClass = false;
                    break;
                case '(' when !inClass && (i + 1 >= _text.Length || _text[i + 1] != '?'):
                    _groups.Add(null);
                    break;
                case '(' when !inClass && i + 3 < _text.Length && _text[i + 2] == '<' && _text[i + 3] is not ('=' or '!'):
                    var end = _text.IndexOf('>', i);
                    _groups.Add(end < 0 ? null : _text[(i + 3)..end]);
                    break;
            }
        }
    }

    private PatternNode ReadAlternatives()
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"groups are nested deeper than {DeepestNesting}");
        }

        var branches = ImmutableArray.CreateBuilder<PatternNode>();
        do
        {
            branches.Add(ReadSequence());
        }
        while (Take("|"));
        _depth--;
        return branches.Count == 1 ? branches[0] : new Alternatives(branches.DrainToImmutable());
    }

    private Sequence ReadSequence()
    {
        var parts = ImmutableArray.CreateBuilder<PatternNode>();
        while (_at < _text.Length && _text[_at] is not ('|' or ')'))
        {
            var atom = ReadAtom();
            parts.Add(ReadQuantifier(atom));
        }

        return new Sequence(parts.DrainToImmutable());
    }

    private PatternNode ReadAtom()
    {
        var c = _text[_at];
        switch (c)
        {
            case '^' or '$':
                _at++;
                return new Edge(c == '$');
            case '.':
                _at++;
                return new Characters(CodePoints.NoLineEnd);
            case '(':
                return ReadGroup();
            case '[':
                return new Characters(ReadClass());
            case '\\':
                return ReadEscape();
            case '*' or '+' or '?':
                throw Wrong($"there is nothing for '{c}' to repeat");
            default:
                return new Characters(One(TakeCodePoint()));
        }
    }

    private PatternNode ReadQuantifier(PatternNode atom)
    {
        var start = _at;
        (int Least, int? Most)? times = Take("*") ? (0, null) : Take("+") ? (1, null) : Take("?") ? (0, 1) : ReadBraces();
        if (times is not { } found)
        {
            return atom;
        }

        if (atom is Edge or WordEdge)
        {
            _at = start;
            throw Wrong("the edge of a text or word cannot be repeated");
        }

        return new Repeated(atom, found.Least, found.Most, Take("?"));
    }

    /// <summary><c>{2}</c>, <c>{2,}</c>, <c>{2,3}</c>; null, and nothing is taken, if the brace is one that means itself.</summary>
    private (int Least, int? Most)? ReadBraces()
    {
        var close = _at < _text.Length && _text[_at] == '{' ? _text.IndexOf('}', _at) : -1;
        if (close < 0)
        {
            return null;
        }

        var inner = _text[(_at + 1)..close];
        var comma = inner.IndexOf(',', StringComparison.Ordinal);
        var (least, most) = comma < 0 ? (inner, inner) : (inner[..comma], inner[(comma + 1)..]);
        if (least.Length == 0 || !least.Concat(most).All(char.IsAsciiDigit))
        {
            return null;
        }

        if (!int.TryParse(least, CultureInfo.InvariantCulture, out var from) || !int.TryParse(most.Length == 0 ? "0" : most, CultureInfo.InvariantCulture, out var to))
        {
            throw Wrong("so many repetitions are not possible");
        }

        if (most.Length > 0 && to < from)
        {
            throw Wrong("the most repetitions are fewer than the least");
        }

        _at = close + 1;
        return (from, most.Length == 0 ? null : to);
    }

    private Group ReadGroup()
    {
        var start = _at;
        string opening;
        if (Take("(?:") || Take("(?=") || Take("(?!") || Take("(?<=") || Take("(?<!"))
        {
            opening = _text[start.._at];
        }
        else if (Take("(?<"))
        {
            opening = "(";
            var end = _text.IndexOf('>', _at);
            if (end <= _at || !IsName(_text.AsSpan(_at, end - _at)))
            {
                throw Wrong("expected a group's name and '>'");
            }

            if (_groups.Count(g => g == _text[_at..end]) > 1)
            {
                throw Wrong("another group has this name");
            }

            _at = end + 1;
        }
        else if (Take("(?"))
        {
            _at = start;
            throw Wrong("expected (?:, (?=, (?!, (?<=, (?<! or (?<NAME>");
        }
        else
        {
            opening = "(";
            _at++;
        }

        var content = ReadAlternatives();
        if (!Take(")"))
        {
            _at = start;
            throw Wrong("this group is not closed");
        }

        return new Group(opening, content);
    }

    private PatternNode ReadEscape()
    {
        if (Take(@"\b"))
        {
            return new WordEdge(Inside: false);
        }

        if (Take(@"\B"))
        {
            return new WordEdge(Inside: true);
        }

        if (Take(@"\k"))
        {
            var end = _at < _text.Length && _text[_at] == '<' ? _text.IndexOf('>', _at) : -1;
            var number = end < 0 ? 0 : _groups.IndexOf(_text[(_at + 1)..end]) + 1;
            if (number == 0)
            {
                throw Wrong(@"expected the name of a group: \k<NAME>");
            }

            _at = end + 1;
            return new BackReference(number);
        }

        if (_at + 1 < _text.Length && _text[_at + 1] is >= '1' and <= '9')
        {
            var end = _at + 1;
            while (end < _text.Length && char.IsAsciiDigit(_text[end]))
            {
                end++;
            }

            if (!int.TryParse(_text.AsSpan(_at + 1, end - _at - 1), CultureInfo.InvariantCulture, out var number) || number > _groups.Count)
            {
                throw Wrong("there is no group of this number");
            }

            _at = end;
            return new BackReference(number);
        }

        return new Characters(ReadEscapedSet());
    }

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
            if (end < 0 || end - _at > 10 || !int.TryParse(_text.AsSpan(_at + 1, end - _at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) || point > 0x10FFFF)
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
        if (_at + digits > _text.Length || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
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

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_text, _at, text, 0, text.Length) != 0)
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

    private static CodePoints One(int point) => CodePoints.Of((point, point));

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('_' or '$'))
            {
                return false;
            }
        }

        return !char.IsAsciiDigit(text[0]);
    }

    private PatternFormatException Wrong(string problem) => new(_at, problem);
}
