using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Runner.Messages.Serialization;

namespace Runner.Messages.Deployments;

/// <summary>Which labels a node must have, and which it may not have, for a run to start on it. Equal if they say the same.</summary>
[JsonConverter(typeof(NodeRequirementsConverter))]
public sealed class NodeRequirements : IEquatable<NodeRequirements>
{
    /// <summary>Those of the rules, in whatever order they come; the last one of a name counts.</summary>
    public NodeRequirements(IEnumerable<LabelRule> rules) =>
        Rules = [.. rules.ToLookup(rule => rule.Key, StringComparer.Ordinal).Select(same => same.Last())
            .OrderBy(rule => rule.Name, StringComparer.Ordinal).ThenBy(rule => rule.Absent)];

    /// <summary>In the order of their names.</summary>
    public ImmutableArray<LabelRule> Rules { get; }

    /// <summary>Whether a run may start on a node with these labels.</summary>
    public bool AcceptedBy(IReadOnlyDictionary<string, string> labels) => Rules.All(rule => rule.AcceptedBy(labels));

    /// <summary>
    /// What a node with these labels lacks, in words such as <c>gpu=true</c>, <c>zone in (a, b)</c>, <c>no spot</c>; null if it lacks nothing.
    /// </summary>
    public string? MissingIn(IReadOnlyDictionary<string, string> labels)
    {
        var missing = string.Join(", ", Rules.Where(rule => !rule.AcceptedBy(labels)));
        return missing.Length > 0 ? missing : null;
    }

    /// <summary>What is wrong, each named by its key as the deployment file spells it.</summary>
    internal IEnumerable<Problem> Problems(string path)
    {
        foreach (var rule in Rules)
        {
            if (rule.Problem is { } problem)
            {
                yield return new($"{path}.{rule.Key}", problem);
            }
            else if (rule.Absent && Rules.Any(other => other.Name == rule.Name && !other.Absent))
            {
                yield return new(
                    $"{path}.{rule.Key}", $"no node has the label {rule.Name} and has it not: keep one of '{rule.Name}' and '{rule.Key}'");
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(NodeRequirements? other) => other is not null && Rules.AsSpan().SequenceEqual(other.Rules.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NodeRequirements);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var rule in Rules)
        {
            hash.Add(rule);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>gpu=true, no spot, zone in (a, b)</c>: the same text for requirements that say the same, and for no others.</summary>
    public override string ToString() => string.Join(", ", Rules);
}
