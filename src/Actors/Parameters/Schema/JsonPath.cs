using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// A place within a JSON value, spelled as fields are in the deployment file: <c>parameters.items[3].name</c>. A name that would not read as one
/// stands in brackets and quotes: <c>parameters["first name"]</c>.
/// </summary>
internal sealed class JsonPath
{
    private const int LongestName = 80;

    private readonly JsonPath? _parent;
    private readonly string? _name;
    private readonly int _index;

    private JsonPath(JsonPath? parent, string? name, int index) => (_parent, _name, _index, Depth) = (parent, name, index, (parent?.Depth ?? -1) + 1);

    /// <summary>How many steps it is from the root.</summary>
    public int Depth { get; }

    public bool IsRoot => _parent is null;

    /// <summary>The name of the property of the root that this place is in or is; null for the root.</summary>
    public string? Top => _parent is null ? null : _parent.IsRoot ? _name : _parent.Top;

    /// <summary>The beginning of paths, such as <c>parameters</c>.</summary>
    public static JsonPath Root(string name) => new(null, name, 0);

    public JsonPath Property(string name) => new(this, name, 0);

    public JsonPath Item(int index) => new(this, null, index);

    public override string ToString()
    {
        var steps = new Stack<JsonPath>();
        for (var at = this; at is not null; at = at._parent)
        {
            steps.Push(at);
        }

        var text = new StringBuilder(steps.Pop()._name);
        foreach (var step in steps)
        {
            _ = step._name is not { } name ? text.Append(CultureInfo.InvariantCulture, $"[{step._index}]")
                : IsPlain(name) ? text.Append(text.Length == 0 ? "" : ".").Append(name)
                : text.Append('[').Append(Quote(name)).Append(']');
        }

        return text.ToString();
    }

    /// <summary>A name as it may stand in a message: in quotes, short, on one line.</summary>
    public static string Quote(string name)
    {
        var cut = name.Length <= LongestName ? name.Length : char.IsHighSurrogate(name[LongestName - 1]) ? LongestName - 1 : LongestName;
        return $"\"{JsonEncodedText.Encode(name.AsSpan(0, cut), System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}"
            + $"{(cut < name.Length ? "…" : "")}\"";
    }

    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= LongestName && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
}
