using System.Text.Json;

namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// A JSON value with the equality that JSON Schema asks for: 1 and 1.0 are one number, the order of an object's properties does not count. Read once,
/// so that a check asks each text and number for what it needs without reading it again.
/// </summary>
internal sealed class JsonData : IEquatable<JsonData>
{
    private const int DeepestNesting = 100;

    private int _hash;

    private JsonData(JsonValueKind kind) => Kind = kind;

    /// <summary><see cref="JsonValueKind.True"/> and the like; never undefined.</summary>
    public JsonValueKind Kind { get; }

    public string Text { get; private init; } = "";

    public ExactNumber Number { get; private init; }

    public IReadOnlyList<JsonData> Items { get; private init; } = [];

    /// <summary>In the order in which they are written; of a name that stands twice the last one.</summary>
    public OrderedDictionary<string, JsonData> Properties { get; private init; } = Nothing;

    private static OrderedDictionary<string, JsonData> Nothing { get; } = [];

    public bool IsBoolean => Kind is JsonValueKind.True or JsonValueKind.False;

    /// <summary>What it is in words, never what it says: values may be secret.</summary>
    public string Described => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => Number.IsWhole ? "a whole number" : "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    /// <summary>An object of these properties.</summary>
    public static JsonData Object(IEnumerable<KeyValuePair<string, JsonData>> properties) =>
        new(JsonValueKind.Object) { Properties = new OrderedDictionary<string, JsonData>(properties, StringComparer.Ordinal) };

    public static JsonData OfText(string text) => new(JsonValueKind.String) { Text = text };

    /// <summary>Reads a value.</summary>
    /// <param name="refuse">Told of each value that cannot be judged, and why; such a value is read as null.</param>
    public static JsonData Read(JsonElement element, JsonPath path, Action<JsonPath, string> refuse)
    {
        if (path.Depth > DeepestNesting)
        {
            refuse(path, $"values within values deeper than {DeepestNesting} levels are not taken");
            return new(JsonValueKind.Null);
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return new(JsonValueKind.String) { Text = TextOf(static e => e.GetString()!, element, path, refuse) };
            case JsonValueKind.Number:
                if (!ExactNumber.TryParse(element.GetRawText(), out var number))
                {
                    refuse(path, $"a number of more than {ExactNumber.MostDigits:N0} digits, or with an exponent of more than 15, is not taken");
                }

                return new(JsonValueKind.Number) { Number = number };
            case JsonValueKind.Array:
                var items = new List<JsonData>(element.GetArrayLength());
                foreach (var item in element.EnumerateArray())
                {
                    items.Add(Read(item, path.Item(items.Count), refuse));
                }

                return new(JsonValueKind.Array) { Items = items };
            case JsonValueKind.Object:
                var properties = new OrderedDictionary<string, JsonData>(StringComparer.Ordinal);
                foreach (var property in element.EnumerateObject())
                {
                    var name = TextOf(static p => p.Name, property, path, refuse);
                    properties[name] = Read(property.Value, path.Property(name), refuse);
                }

                return new(JsonValueKind.Object) { Properties = properties };
            default:
                return new(element.ValueKind == JsonValueKind.Undefined ? JsonValueKind.Null : element.ValueKind);
        }
    }

    public bool Equals(JsonData? other) => other is not null && Kind == other.Kind && GetHashCode() == other.GetHashCode() && Kind switch
    {
        JsonValueKind.String => Text == other.Text,
        JsonValueKind.Number => Number == other.Number,
        JsonValueKind.Array => Items.SequenceEqual(other.Items),
        JsonValueKind.Object => Properties.Count == other.Properties.Count
            && Properties.All(p => other.Properties.TryGetValue(p.Key, out var value) && p.Value.Equals(value)),
        _ => true,
    };

    public override bool Equals(object? obj) => Equals(obj as JsonData);

    public override int GetHashCode() => _hash != 0 ? _hash : _hash = Kind switch
    {
        JsonValueKind.String => HashCode.Combine(Kind, Text),
        JsonValueKind.Number => HashCode.Combine(Kind, Number),
        JsonValueKind.Array => Items.Aggregate((int)Kind, static (hash, item) => HashCode.Combine(hash, item)),
        // The order does not count.
        JsonValueKind.Object => HashCode.Combine(Kind, Properties.Aggregate(0, static (sum, p) => sum ^ HashCode.Combine(p.Key, p.Value))),
        _ => HashCode.Combine(Kind),
    };

    private static string TextOf<T>(Func<T, string> read, T from, JsonPath path, Action<JsonPath, string> refuse)
    {
        try
        {
            return read(from);
        }
        catch (InvalidOperationException)
        {
            refuse(path, "half of a surrogate pair (such as \\ud800 alone), or what is no UTF-8, is no character");
            return "";
        }
    }
}
