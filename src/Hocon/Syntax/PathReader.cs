using System.Text;

namespace Runner.Hocon.Syntax;

/// <summary>Reads a path expression: a string concatenation whose dots outside quotes part its elements.</summary>
internal sealed class PathReader(Cursor cursor)
{
    private readonly List<string> _elements = [];
    private readonly StringBuilder _element = new();
    private bool _quoted;

    /// <summary>Reads up to what cannot belong to a path; whitespace around it is dropped.</summary>
    public string[] Read() => Read("", cursor.Origin);

    /// <param name="begun">An unquoted string that was read already, from <paramref name="origin"/> on.</param>
    public string[] Read(string begun, HoconOrigin origin)
    {
        var isEmpty = begun.Length == 0;
        TakeText(begun, origin);
        while (true)
        {
            var space = cursor.TakeInlineSpace();
            origin = cursor.Origin;
            if (cursor.Peek == '"')
            {
                _element.Append(isEmpty ? "" : space).Append(cursor.TakeQuoted());
                _quoted = true;
            }
            else if (cursor.TakeUnquoted() is { Length: > 0 } text)
            {
                _element.Append(isEmpty ? "" : space);
                TakeText(text, origin);
            }
            else
            {
                break;
            }

            isEmpty = false;
        }

        if (isEmpty)
        {
            var problem = cursor.Peek == '$' ? "a substitution cannot stand in a key or a path" : $"{cursor.Describe()} stands where a path begins";
            throw cursor.Wrong(problem, "a key such as a.b or \"a b\"");
        }

        Close(origin);
        return [.. _elements];
    }

    private void TakeText(string text, HoconOrigin origin)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '.')
            {
                Close(origin with { Column = origin.Column + i });
            }
            else
            {
                _element.Append(text[i]);
            }
        }
    }

    private void Close(HoconOrigin origin)
    {
        if (_element.Length == 0 && !_quoted)
        {
            throw new HoconException(origin, "an element of the path is empty", "a name on both sides of each '.'; an empty name is written \"\"");
        }

        _elements.Add(_element.ToString());
        _element.Clear();
        _quoted = false;
    }
}
