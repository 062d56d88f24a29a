using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary>The schema <c>false</c>.</summary>
internal sealed class NothingKeyword : Keyword
{
    public override bool HoldsForParts => true;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        run.Violated(path, "nothing is allowed here", ViolationKind.Type);
}

/// <summary><c>type</c>.</summary>
internal sealed class TypeKeyword(ImmutableArray<string> types) : Keyword
{
    private readonly string _expected = $"expected {string.Join(" or ", types.Select(InWords))}";

    public override bool HoldsForParts => true;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        types.Any(t => Is(value, t)) || run.Violated(path, run.Quiet ? "" : $"{_expected}; there is {value.Described}", ViolationKind.Type);

    private static bool Is(JsonData value, string type) => value.Kind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Null => type == "null",
        JsonValueKind.Number => type == "number" || (type == "integer" && value.Number.IsWhole),
        _ => type == "boolean",
    };

    private static string InWords(string type) => type switch
    {
        "object" => "an object",
        "array" => "a list",
        "string" => "a text",
        "null" => "null",
        "number" => "a number",
        "integer" => "a whole number",
        _ => "true or false",
    };
}

/// <summary><c>enum</c> and <c>const</c>.</summary>
/// <param name="expected">The values in words.</param>
internal sealed class OneOfValuesKeyword(FrozenSet<JsonData> values, string expected) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        values.Contains(value) || run.Violated(path, run.Quiet ? ""
            : $"expected {expected}; there is {(value.Kind == JsonValueKind.String ? "another text" : value.Described)}", ViolationKind.Value);
}

/// <summary><c>minimum</c>, <c>maximum</c> and their exclusive forms.</summary>
/// <param name="sign">What comparing with the bound may not give.</param>
internal sealed class BoundKeyword(ExactNumber bound, int sign, bool exclusive, string expected) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Number)
        {
            return true;
        }

        var compared = Math.Sign(value.Number.CompareTo(bound));
        return (compared != sign && !(exclusive && compared == 0)) || run.Violated(path, expected);
    }
}

/// <summary><c>multipleOf</c>.</summary>
internal sealed class MultipleOfKeyword(ExactNumber divisor, string expected) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Number)
        {
            return true;
        }

        run.Spend(value.Number.CostOfDividing(divisor));
        return value.Number.IsMultipleOf(divisor) || run.Violated(path, expected);
    }
}
