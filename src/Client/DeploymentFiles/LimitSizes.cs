using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages.Deployments;

namespace Runner.Client.DeploymentFiles;

/// <summary>The sizes of limits that files declare at their top level: <c>limits: {database: 5}</c>.</summary>
internal sealed class LimitSizes
{
    private const int Largest = ConcurrencySpec.LargestLimit;
    private const string Expected = "a mapping of limits to their sizes, such as {database: 5}";

    private readonly ImmutableSortedDictionary<string, int>.Builder _sizes = ImmutableSortedDictionary.CreateBuilder<string, int>(
        StringComparer.Ordinal);

    /// <returns>Whether the file says anything of limits.</returns>
    public bool Read(FieldReader fields)
    {
        if (fields.Mapping("limits", Expected) is not { } map)
        {
            return false;
        }

        foreach (var entry in map.Entries)
        {
            Read(fields, entry);
        }

        return true;
    }

    public ImmutableSortedDictionary<string, int> ToImmutable() => _sizes.ToImmutable();

    private void Read(FieldReader fields, YamlEntry entry)
    {
        var field = $"{fields.PathOf("limits")}.{entry.Key}";
        if (entry.Key.Length is 0 or > 100 || !entry.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || entry.Key is "." or "..")
        {
            fields.Scope.Problem(
                entry.Line, entry.Column, fields.PathOf("limits"),
                $"'{entry.Key.ReplaceLineEndings(" ")}' cannot be the name of a limit; letters, digits, '-', '_' and '.' are possible");
        }
        else if (entry.Value is not YamlScalar { Kind: ScalarKind.Integer } scalar
            || !int.TryParse(CoreSchema.ToJson(scalar.Value, scalar.Kind), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size)
            || size is < 1 or > Largest)
        {
            fields.Scope.Expected(entry.Value, field, $"a whole number from 1 to {Largest}");
        }
        else if (!_sizes.TryAdd(entry.Key, size) && _sizes[entry.Key] != size)
        {
            fields.Scope.Problem(entry.Value, field, $"another file says that it is {_sizes[entry.Key]}");
        }
    }
}
