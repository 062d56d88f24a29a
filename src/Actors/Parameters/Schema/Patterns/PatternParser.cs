using System.Collections.Immutable;
using System.Globalization;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>
/// Reads a regular expression of ECMA-262 (with its <c>u</c> flag, as JSON Schema asks for). Where browsers are lenient without that flag and nothing
/// else can be meant (<c>\-</c>, <c>{</c> as itself), so is this.
/// </summary>
internal sealed partial class PatternParser
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
        var (start, c) = (_at, _text[_at]);
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
            case '{' when ReadBraces() is not null:
                var braces = _text[start.._at];
                _at = start;
                throw Wrong($"there is nothing for '{braces}' to repeat");
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

        if (atom is Edge or WordEdge or Group { Opening: "(?<=" or "(?<!" })
        {
            _at = start;
            throw Wrong("the edge of a text or word, and what stands before, cannot be repeated");
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

        if (!int.TryParse(least, CultureInfo.InvariantCulture, out var from)
            || !int.TryParse(most.Length == 0 ? "0" : most, CultureInfo.InvariantCulture, out var to))
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

    // In one piece: one case for each beginning of a group.
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

    // In one piece: one case for each thing that a backslash begins.
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

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_text, _at, text, 0, text.Length) != 0)
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

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
