namespace Runner.Messages.Deployments;

/// <summary>What a node may be labelled with, and a deployment may ask for.</summary>
internal static class NodeLabels
{
    /// <summary>How many labels a node has at most, and how many of them a deployment speaks of.</summary>
    public const int Most = 32;

    public const int LongestName = 63;
    public const int LongestValue = 63;

    /// <summary>Null if there can be a label of that name.</summary>
    public static string? ProblemOfName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') ? null
            : $"expected the name of a label: 1 to {LongestName} letters, digits, '-', '_', '.' and '/'";

    /// <summary>Null if a label can have that value, which may be empty. Where labels stand in one text, commas stand between them.</summary>
    public static string? ProblemOfValue(string value) =>
        value.Length <= LongestValue && !value.Any(c => c == ',' || char.IsControl(c) || char.IsSurrogate(c)) ? null
            : $"expected values of up to {LongestValue} characters without commas and control characters";
}
