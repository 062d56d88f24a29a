using System.Text.Json;
using Runner.Actors.Parameters.Schema.Patterns;

namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary><c>minLength</c> or <c>maxLength</c>, in code points.</summary>
internal sealed class LengthKeyword(int least, int most) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.String)
        {
            return true;
        }

        // A pair of halves is one character; texts that are checked have no half alone.
        var length = value.Text.Length;
        foreach (var c in value.Text)
        {
            length -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return (length >= least && length <= most) || run.Violated(
            path, run.Quiet ? "" : $"expected a text of {Counts.InWords(least, most)} {Counts.Of(least, most, "character")}; this one has {length}");
    }
}

/// <summary><c>pattern</c>.</summary>
internal sealed class PatternKeyword(EcmaPattern pattern) : Keyword
{
    private readonly string _expected = $"expected a text that matches the pattern {JsonPath.Quote(pattern.Text)}";

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        value.Kind != JsonValueKind.String || run.Matches(pattern, value.Text, path) || run.Violated(path, _expected);
}

/// <summary>Bounds in words.</summary>
internal static class Counts
{
    public static string InWords(int least, int most) =>
        most == int.MaxValue ? $"at least {least}" : least == 0 ? $"at most {most}" : least == most ? $"exactly {least}" : $"{least} to {most}";

    public static string Of(int least, int most, string one) =>
        (most == int.MaxValue ? least : most) == 1 ? one : one.EndsWith('y') ? one[..^1] + "ies" : one + "s";
}
