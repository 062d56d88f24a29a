using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages;

namespace Runner.Client.DeploymentFiles;

/// <summary>
/// Takes the fields of one mapping by name. A field that is missing or empty is its default; one of another type is a problem and
/// its default; what nobody took by the end is unknown.
/// </summary>
internal sealed class FieldReader(FileScope scope, YamlMap map, string path)
{
    private readonly List<string> _known = [];

    public FileScope Scope => scope;

    public YamlMap Map => map;

    public string Path => path;

    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>The field's value; null if it is missing or empty.</summary>
    public YamlItem? Take(string name)
    {
        _known.Add(name);
        foreach (var entry in map.Entries)
        {
            if (entry.Key == name)
            {
                scope.Note(PathOf(name), entry.Line, entry.Column);
                return entry.Value is YamlScalar { Kind: ScalarKind.Null } ? null : entry.Value;
            }
        }

        return null;
    }

    public YamlItem? Required(string name, string expected)
    {
        var item = Take(name);
        if (item is null)
        {
            var empty = map.Entries.FirstOrDefault(e => e.Key == name);
            scope.Problem(empty?.Line ?? map.Line, empty?.Column ?? map.Column, PathOf(name), $"is required: expected {expected}");
        }

        return item;
    }

    /// <summary>A text that has to be one: a number there is a mistake.</summary>
    public string? Text(string name, string expected = "a text") =>
        Take(name) is { } item ? ScalarText(item, PathOf(name), expected, lenient: false) : null;

    /// <summary>A text that people like to write as a number: taken as it is spelled.</summary>
    public string? Spelled(string name, string expected = "a text") =>
        Take(name) is { } item ? ScalarText(item, PathOf(name), expected, lenient: true) : null;

    public string? ScalarText(YamlItem item, string field, string expected, bool lenient)
    {
        if (item is not YamlScalar { Kind: not ScalarKind.Null } scalar || (!lenient && scalar.Kind != ScalarKind.Text))
        {
            scope.Expected(
                item, field, item is YamlScalar { Kind: not ScalarKind.Null } ? expected + " (in quotes, if it is meant as one)" : expected);
            return null;
        }

        if (scalar.Value.Contains('\0', StringComparison.Ordinal))
        {
            scope.Problem(item, field, "a NUL character cannot be handed to a program");
            return null;
        }

        return scalar.Value;
    }

    public TimeSpan? Duration(string name) => Take(name) is { } item ? ReadDuration(item, PathOf(name)) : null;

    public TimeSpan? ReadDuration(YamlItem item, string field)
    {
        if (item is YamlScalar { Kind: not (ScalarKind.Boolean or ScalarKind.Null) } scalar && DurationText.TryParse(scalar.Value, out var value))
        {
            return value;
        }

        scope.Expected(item, field, DurationText.Expected);
        return null;
    }

    public int? ReadInteger(YamlItem item, string field)
    {
        if (item is YamlScalar { Kind: ScalarKind.Integer } scalar
            && int.TryParse(CoreSchema.ToJson(scalar.Value, scalar.Kind), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        scope.Expected(item, field, "a whole number");
        return null;
    }

    public double? Number(string name)
    {
        if (Take(name) is not { } item)
        {
            return null;
        }

        if (item is YamlScalar { Kind: ScalarKind.Integer or ScalarKind.Float } scalar
            && double.TryParse(CoreSchema.ToJson(scalar.Value, scalar.Kind), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value))
        {
            return value;
        }

        scope.Expected(item, PathOf(name), "a number");
        return null;
    }

    public bool? Boolean(string name)
    {
        if (Take(name) is not { } item)
        {
            return null;
        }

        if (item is YamlScalar { Kind: ScalarKind.Boolean } scalar)
        {
            return scalar.Value.Equals("true", StringComparison.OrdinalIgnoreCase);
        }

        scope.Expected(item, PathOf(name), "true or false");
        return null;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (Take(name) is not { } item)
        {
            return null;
        }

        if (item is YamlScalar { Kind: ScalarKind.Text } scalar && Instants.TryParse(scalar.Value, out var value))
        {
            return value;
        }

        scope.Expected(item, PathOf(name), Instants.Expected);
        return null;
    }

    /// <summary>One of a few words.</summary>
    public T? Word<T>(string name, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (Take(name) is not { } item)
        {
            return null;
        }

        foreach (var (word, value) in words)
        {
            if (item is YamlScalar scalar && scalar.Value == word)
            {
                return value;
            }
        }

        var names = new List<string>();
        foreach (var (word, _) in words)
        {
            names.Add(word);
        }

        var near = item is YamlScalar { Kind: ScalarKind.Text } wrong ? Nearest.To(wrong.Value, names) : null;
        scope.Expected(
            item, PathOf(name), $"{string.Join(", ", names.SkipLast(1))} or {names[^1]}{(near is null ? "" : $" (did you mean '{near}'?)")}");
        return null;
    }

    /// <summary>A list, each of whose items is read by <paramref name="read"/>; an item it returns null for is left out.</summary>
    public ImmutableArray<T> List<T>(YamlItem? item, string name, string expected, Func<YamlItem, string, T?> read)
        where T : notnull
    {
        if (item is null)
        {
            return [];
        }

        if (item is not YamlList list)
        {
            scope.Expected(item, PathOf(name), expected);
            return [];
        }

        var values = ImmutableArray.CreateBuilder<T>(list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{i}]");
            scope.Note(field, list.Items[i].Line, list.Items[i].Column);
            if (read(list.Items[i], field) is { } value)
            {
                values.Add(value);
            }
        }

        return values.DrainToImmutable();
    }

    public ImmutableArray<string> Texts(YamlItem? item, string name, string expected) =>
        List(item, name, expected, (i, field) => ScalarText(i, field, "a text", lenient: true));

    /// <summary>A mapping of free names; null if it is missing or something else.</summary>
    public YamlMap? Mapping(string name, string expected)
    {
        switch (Take(name))
        {
            case null:
                return null;
            case YamlMap mapping:
                foreach (var entry in mapping.Entries)
                {
                    scope.Note($"{PathOf(name)}.{entry.Key}", entry.Line, entry.Column);
                }

                return mapping;
            case var other:
                scope.Expected(other, PathOf(name), expected);
                return null;
        }
    }

    /// <summary>Called last: every field that nobody asked for is a problem.</summary>
    public void RefuseUnknown()
    {
        foreach (var entry in map.Entries.Where(e => !_known.Contains(e.Key)))
        {
            var near = Nearest.To(entry.Key, _known);
            scope.Problem(
                entry.Line,
                entry.Column,
                PathOf(entry.Key.ReplaceLineEndings(" ")),
                near is not null ? $"unknown field; did you mean '{near}'?" : $"unknown field; known are {string.Join(", ", _known)}");
        }
    }
}
