using System.Diagnostics.CodeAnalysis;
using Runner.Hocon.Resolution;

namespace Runner.Hocon;

/// <summary>
/// An object. Paths are path expressions (<c>a.b."c.d"</c>); the <c>Get…</c> methods convert as <see cref="HoconValue"/> says and throw a
/// <see cref="HoconException"/> where there is no value, null, or one of another type.
/// </summary>
public sealed class HoconObject : HoconValue
{
    private readonly OrderedDictionary<string, HoconValue> _fields = new(StringComparer.Ordinal);

    /// <param name="fields">Of fields with the same key the last one counts.</param>
    public HoconObject(HoconOrigin origin, IEnumerable<KeyValuePair<string, HoconValue>> fields)
        : base(origin, HoconKind.Object)
    {
        ArgumentNullException.ThrowIfNull(fields);
        foreach (var (key, value) in fields)
        {
            _fields[key] = value;
        }

        Weight = 1 + _fields.Sum(f => f.Key.Length + f.Value.Weight);
        Depth = 1 + (_fields.Count == 0 ? 0 : _fields.Max(f => f.Value.Depth));
    }

    /// <summary>In the order in which the keys were first mentioned.</summary>
    public IReadOnlyList<KeyValuePair<string, HoconValue>> Fields => _fields;

    /// <summary>
    /// Merges objects like duplicate keys of one file: later ones override, objects under the same key merge, and what is no object hides what came
    /// before.
    /// </summary>
    public static HoconObject Merge(params ReadOnlySpan<HoconObject> lowestFirst)
    {
        if (lowestFirst.IsEmpty)
        {
            throw new ArgumentException("there is nothing to merge", nameof(lowestFirst));
        }

        var merged = lowestFirst[0];
        foreach (var next in lowestFirst[1..])
        {
            merged = merged.MergedWith(next);
        }

        return merged;
    }

    /// <summary>The value of a key, which is no path; false if there is none.</summary>
    public bool TryGetField(string key, [NotNullWhen(true)] out HoconValue? value) => _fields.TryGetValue(key, out value);

    /// <summary>The value at a path, which may be null as a value; false if there is none.</summary>
    public bool TryGet(string path, [NotNullWhen(true)] out HoconValue? value)
    {
        value = this;
        foreach (var key in HoconPath.Parse(path))
        {
            if (value is not HoconObject inner || !inner.TryGetField(key, out value))
            {
                value = null;
                return false;
            }
        }

        return true;
    }

    /// <summary>The value at a path.</summary>
    public HoconValue Get(string path) =>
        TryGet(path, out var value) ? value : throw new HoconException(Origin, $"there is no value at {path}", "one");

    public string GetString(string path) => Get(path).AsString();

    public HoconObject GetObject(string path) => Get(path).AsObject();

    internal IReadOnlyList<HoconValue> NumberedItems() => [.. NumericKeys.Sort(_fields.Keys).Select(k => _fields[k])];

    private HoconObject MergedWith(HoconObject later) =>
        new(later.Origin, _fields.Concat(later._fields.Select(f => new KeyValuePair<string, HoconValue>(
            f.Key,
            f.Value is HoconObject above && _fields.TryGetValue(f.Key, out var below) && below is HoconObject under
                ? under.MergedWith(above) : f.Value))));
}
