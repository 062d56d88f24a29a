using System.Text;
using Runner.Hocon.Syntax;

namespace Runner.Hocon;

/// <summary>Path expressions: <c>a.b."c.d"</c>.</summary>
public static class HoconPath
{
    /// <summary>The elements of a path expression; at least one.</summary>
    /// <exception cref="HoconException">It is none.</exception>
    public static string[] Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var cursor = new Cursor(path, "path");
        var elements = new PathReader(cursor).Read();
        return cursor.IsEnd ? elements : throw cursor.Wrong($"{cursor.Describe()} stands in the path", "its end, or quotes around the element");
    }

    /// <summary>The expression that <see cref="Parse"/> takes apart into these elements again.</summary>
    public static string Render(IEnumerable<string> elements)
    {
        ArgumentNullException.ThrowIfNull(elements);
        return string.Join('.', elements.Select(e => e.Length > 0 && e.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? e : Quoted(e)));
    }

    private static string Quoted(string element)
    {
        var text = new StringBuilder();
        Values.JsonText.Write(text, element);
        return text.ToString();
    }
}
