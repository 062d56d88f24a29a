using System.Runtime.CompilerServices;
using Runner.Hocon.Loading;

namespace Runner.Hocon.Syntax;

/// <summary>Parses one file's text; files it includes are parsed by others of its kind. Substitutions stay as they are.</summary>
/// <param name="file">Its path, or what else it is called.</param>
/// <param name="root">Where its root stands in the whole configuration.</param>
internal sealed class Parser(string text, string file, Place root, Includer includer)
{
    private readonly Cursor _cursor = new(text, file);

    /// <summary>The root: an object, or an array.</summary>
    public Node Parse()
    {
        _cursor.SkipAll();
        Node node = _cursor.Peek switch
        {
            '{' => ParseObject(root, new ObjectNode(_cursor.Origin)),
            '[' => ParseArray(root),
            _ => ParseBareRoot(),
        };
        _cursor.SkipAll();
        return _cursor.IsEnd ? node
            : throw _cursor.Wrong(
                $"{_cursor.Describe()} stands {(_cursor.Peek == '}' ? "without a '{' that it closes" : "behind the end of the root value")}",
                "the end of the text");
    }

    private ObjectNode ParseBareRoot()
    {
        var node = new ObjectNode(_cursor.Origin);
        ParseItems('\0', () => ParseField(node, root));
        return node;
    }

    private ObjectNode ParseObject(Place place, ObjectNode node)
    {
        CheckDepth(place);
        _cursor.Advance();
        ParseItems('}', () => ParseField(node, place));
        return node;
    }

    private ArrayNode ParseArray(Place place)
    {
        CheckDepth(place);
        var node = new ArrayNode(_cursor.Origin);
        _cursor.Advance();
        var inside = place with { Depth = place.Depth + 1 };
        ParseItems(']', () => node.Items.Add(Cell.Of(ParseValue(inside, isItem: true))));
        return node;
    }

    /// <summary>
    /// Fields or items up to the closing character (NUL: the end of the text): parted by one comma or by newlines, one comma may trail.
    /// </summary>
    private void ParseItems(char close, Action parseItem)
    {
        var begin = _cursor.Origin;
        _cursor.SkipAll();
        while (!IsClosed(close, begin))
        {
            if (_cursor.Peek == ',')
            {
                throw _cursor.Wrong("a comma stands where nothing precedes it", close == ']' ? "a value" : "a key");
            }

            parseItem();
            var newline = _cursor.SkipAll();
            if (_cursor.TryTake(','))
            {
                _cursor.SkipAll();
            }
            else if (!newline)
            {
                if (IsClosed(close, begin))
                {
                    return;
                }

                throw _cursor.Wrong(
                    $"{_cursor.Describe()} stands behind a value", close == '\0' ? "a comma or a newline" : $"a comma, a newline or '{close}'");
            }
        }
    }

    private bool IsClosed(char close, HoconOrigin begin)
    {
        if (_cursor.IsEnd)
        {
            return close == '\0' ? true : throw _cursor.Wrong($"the text ends inside what begins at line {begin.Line}", $"'{close}'");
        }

        if (close == '\0')
        {
            return _cursor.Peek == '}';
        }

        return _cursor.TryTake(close);
    }

    // In one piece: one rule of the grammar.
    private void ParseField(ObjectNode target, Place place)
    {
        var origin = _cursor.Origin;
        var first = _cursor.Peek == '"' ? "" : _cursor.TakeUnquoted();
        if (first == "include")
        {
            IncludeStatement(target, place, origin);
            return;
        }

        var key = new PathReader(_cursor).Read(first, origin);
        var inside = place.At(key);
        if (inside.Depth > includer.Options.MaxNesting)
        {
            throw TooDeep(origin);
        }

        _cursor.SkipAll();
        if (_cursor.StartsWith("+="))
        {
            _cursor.Advance(2);
            _cursor.SkipAll();
            var self = new SubstitutionNode(origin, inside.Start, inside.Path) { IsOptional = true };
            var item = ParseValue(inside with { Depth = inside.Depth + 1 }, isItem: true);
            target.CellAt(key, origin).Append(self, item);
            return;
        }

        if (_cursor.TryTake(':') || _cursor.TryTake('='))
        {
            _cursor.SkipAll();
        }
        else if (_cursor.IsEnd || _cursor.Peek != '{')
        {
            throw _cursor.Wrong($"{_cursor.Describe()} stands behind the key {HoconPath.Render(key)}", "':', '=', '+=' or '{'");
        }

        // The value first: it may name the cell's earlier content, which is found by path, not by cell.
        var value = ParseValue(inside, isItem: false);
        target.CellAt(key, origin).Push(value);
    }

    private void IncludeStatement(ObjectNode target, Place place, HoconOrigin origin)
    {
        var statement = IncludeSyntax.Read(_cursor, origin);
        foreach (var included in includer.Include(statement, file, place))
        {
            target.MergeFrom(included);
        }
    }

    private Node ParseValue(Place place, bool isItem)
    {
        var parts = new List<Node>();
        while (true)
        {
            var at = _cursor.Origin;
            var space = _cursor.TakeInlineSpace();
            if (_cursor.IsEnd || _cursor.Peek is '\n' or ',' or '}' or ']' || _cursor.IsComment)
            {
                break;
            }

            if (space.Length > 0 && parts.Count > 0)
            {
                parts.Add(new SpaceNode(at, space));
            }

            parts.Add(ParsePart(place, isItem));
        }

        return parts.Count > 0 ? Concatenation.Join(parts)
            : throw _cursor.Wrong($"{_cursor.Describe()} stands where a value begins", "a value; an empty string is written \"\"");
    }

    private Node ParsePart(Place place, bool isItem)
    {
        var origin = _cursor.Origin;
        switch (_cursor.Peek)
        {
            case '{':
                var node = new ObjectNode(origin);
                return ParseObject(isItem ? new Place(node, [], place.Depth) : place, node);
            case '[':
                return ParseArray(place);
            case '"':
                return new ScalarNode(origin, HoconKind.String, _cursor.TakeQuoted());
            case '$' when _cursor.StartsWith("${"):
                return ParseSubstitution(origin);
            default:
                return _cursor.TakeUnquoted() is { Length: > 0 } text
                    ? new ScalarNode(origin, KindOf(text), text)
                    : throw _cursor.Wrong($"{_cursor.Describe()} stands in unquoted text, where it is reserved", "quotes around it");
        }
    }

    private SubstitutionNode ParseSubstitution(HoconOrigin origin)
    {
        _cursor.Advance(2);
        var isOptional = _cursor.TryTake('?');
        var path = new PathReader(_cursor).Read();
        var isList = _cursor.StartsWith("[]");
        if (isList)
        {
            _cursor.Advance(2);
            _cursor.TakeInlineSpace();
        }

        if (!_cursor.TryTake('}'))
        {
            throw _cursor.Wrong($"{_cursor.Describe()} stands in a substitution", "'}'");
        }

        var isMoved = root.Start is not null || root.Path.Length > 0;
        return new SubstitutionNode(origin, root.Start, isMoved ? [.. root.Path, .. path] : path)
        {
            Alternate = isMoved ? path : null,
            IsOptional = isOptional,
            IsList = isList,
        };
    }

    private void CheckDepth(Place place)
    {
        // The stack is asked too: the limit is the caller's to raise.
        if (place.Depth >= includer.Options.MaxNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TooDeep(_cursor.Origin);
        }
    }

    private HoconException TooDeep(HoconOrigin origin) =>
        new(origin, "objects and arrays are nested too deep", $"at most {includer.Options.MaxNesting} levels");

    private static HoconKind KindOf(string text) => text switch
    {
        "true" or "false" => HoconKind.Boolean,
        "null" => HoconKind.Null,
        _ => Numbers.IsNumber(text) ? HoconKind.Number : HoconKind.String,
    };
}
