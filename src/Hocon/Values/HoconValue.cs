using System.Text;
using Runner.Hocon.Values;

namespace Runner.Hocon;

/// <summary>
/// A resolved value, immutable, with where it was written. The conversions are those of the specification and no others; what they refuse is a
/// <see cref="HoconException"/>.
/// </summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconOrigin origin, HoconKind kind)
    {
        Origin = origin;
        Kind = kind;
    }

    /// <summary>Where it was written: for a substitution, where the value it stands for was.</summary>
    public HoconOrigin Origin { get; }

    public HoconKind Kind { get; }

    /// <summary>Characters and values in it, each as often as it occurs.</summary>
    internal long Weight { get; private protected init; }

    /// <summary>How many arrays and objects nest in it, with itself.</summary>
    internal int Depth { get; private protected init; }

    /// <summary>Whether it is null, or the string <c>null</c>.</summary>
    public bool IsNull => this is HoconScalar { Kind: HoconKind.Null } or HoconScalar { Kind: HoconKind.String, Text: "null" };

    /// <summary>A string as it is; a number as it was written; a boolean as <c>true</c> or <c>false</c>.</summary>
    public string AsString() => Simple("a string").Text;

    /// <summary>A number that is whole, also from a string that is one in JSON.</summary>
    public long AsLong() => Conversions.ToLong(Simple("a whole number"));

    /// <summary>A boolean, also from the strings true, yes, on, false, no, off.</summary>
    public bool AsBoolean() => Conversions.ToBoolean(Simple("true or false"));

    /// <summary>A duration such as <c>10 s</c>; without a unit: milliseconds. Finer than 100 ns is cut off.</summary>
    public TimeSpan AsDuration() => Units.ToDuration(Simple("a duration"));

    /// <summary>A size in bytes such as <c>512 KiB</c>, not negative; without a unit: bytes. A part of a byte is cut off.</summary>
    public long AsSize() => Units.ToSize(Simple("a size in bytes"));

    /// <summary>The items of an array, or of an object with numbers for keys.</summary>
    public IReadOnlyList<HoconValue> AsList() => this switch
    {
        HoconArray array => array.Items,
        HoconObject fields when fields.NumberedItems() is { Count: > 0 } items => items,
        _ => throw Unfit("a list"),
    };

    public HoconObject AsObject() => this as HoconObject ?? throw Unfit("an object");

    /// <summary>The value as JSON; numbers as they were written.</summary>
    public string ToJson(bool indented = false)
    {
        var text = new StringBuilder();
        JsonText.Write(text, this, indented ? 0 : null);
        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => ToJson();

    private HoconScalar Simple(string expected) => this is HoconScalar { Kind: not HoconKind.Null } scalar ? scalar : throw Unfit(expected);

    private HoconException Unfit(string expected) => new(Origin, $"here is {Describe()}", expected);

    private string Describe() => Kind switch
    {
        HoconKind.Null => "null",
        HoconKind.Array => "an array",
        HoconKind.Object => "an object",
        _ => "a simple value",
    };
}

/// <summary>A string, number, boolean or null.</summary>
public sealed class HoconScalar : HoconValue
{
    public HoconScalar(HoconOrigin origin, HoconKind kind, string text)
        : base(origin, kind)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        Weight = 1 + text.Length;
    }

    /// <summary>As it was written, unquoted.</summary>
    public string Text { get; }
}

public sealed class HoconArray : HoconValue
{
    public HoconArray(HoconOrigin origin, IEnumerable<HoconValue> items)
        : base(origin, HoconKind.Array)
    {
        Items = [.. items];
        Weight = 1 + Items.Sum(i => i.Weight);
        Depth = 1 + (Items.Count == 0 ? 0 : Items.Max(i => i.Depth));
    }

    public IReadOnlyList<HoconValue> Items { get; }
}
