using System.Buffers;
using System.Collections.Immutable;

namespace Runner.Messages.Deployments;

/// <summary>What one label of a node has to be like.</summary>
/// <param name="Name">Letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>/</c>, 1 to 63.</param>
/// <param name="AnyOf">Its value has to be one of these, in ordinal order, each once; null where <paramref name="Absent"/>.</param>
/// <param name="Absent">The node may not have it at all.</param>
public sealed record LabelRule(string Name, ImmutableArray<string>? AnyOf, bool Absent)
{
    /// <summary>What stands before the name of a label that a node may not have.</summary>
    internal const char Not = '!';

    /// <summary>How many values there may be, any of which will do.</summary>
    internal const int MostValues = 32;

    /// <summary>What a value stands in quotes for, so that no two rules have one text.</summary>
    private static readonly SearchValues<char> Quotes = SearchValues.Create("\"\\(), ");

    /// <inheritdoc cref="LabelRule"/>
    public ImmutableArray<string>? AnyOf { get; init => field = Ordered(value); } = Ordered(AnyOf);

    /// <summary>As a mapping has it for a key.</summary>
    internal string Key => Absent ? Not + Name : Name;

    /// <summary>Whether a node with these labels is one that this rule lets a run start on.</summary>
    public bool AcceptedBy(IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return labels.TryGetValue(Name, out var value) ? !Absent && AnyOf is { } values && values.Contains(value, StringComparer.Ordinal) : Absent;
    }

    /// <summary>What is wrong with it; null if it is possible.</summary>
    internal string? Problem => NodeLabels.ProblemOfName(Name) is { } name ? name
        : Absent ? AnyOf is null ? null : $"'{Not}{Name}' is about nodes without the label and takes no value: write \"{Not}{Name}\": null"
        : AnyOf switch
        {
            null => $"expected a value, or several; for nodes without the label write \"{Not}{Name}\": null",
            { Length: 0 } => "expected at least one value",
            { Length: > MostValues } values => $"there are {values.Length} values; at most {MostValues} are possible",
            { } values => values.Select(NodeLabels.ProblemOfValue).FirstOrDefault(problem => problem is not null),
        };

    /// <summary>A record's own equality would compare the identity of its list.</summary>
    public bool Equals(LabelRule? other) => other is not null && Name == other.Name && Absent == other.Absent
        && (AnyOf is { } values ? other.AnyOf is { } others && values.AsSpan().SequenceEqual(others.AsSpan()) : other.AnyOf is null);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Name, StringComparer.Ordinal);
        hash.Add(Absent);
        foreach (var value in AnyOf ?? [])
        {
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>gpu=true</c>, <c>zone in (a, b)</c>, <c>no spot</c>: different rules have different texts.</summary>
    public override string ToString() => Absent ? $"no {Name}" : AnyOf switch
    {
        null => $"{Name} of any value",
        [var one] => $"{Name}={Spelled(one)}",
        { } values => $"{Name} in ({string.Join(", ", values.Select(Spelled))})",
    };

    private static ImmutableArray<string>? Ordered(ImmutableArray<string>? values) => values is { IsDefault: false } given
        ? [.. given.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : null;

    private static string Spelled(string value) => value.Length > 0 && value.AsSpan().IndexOfAny(Quotes) < 0 ? value
        : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
