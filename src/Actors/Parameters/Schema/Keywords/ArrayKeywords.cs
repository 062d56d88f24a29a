using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary><c>prefixItems</c> with <c>items</c>, which draft 7 calls <c>items</c> and <c>additionalItems</c>.</summary>
/// <param name="rest">For the items behind the prefix; null for anything.</param>
internal sealed class ItemsKeyword(ImmutableArray<SchemaNode> prefix, SchemaNode? rest) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Array)
        {
            return true;
        }

        var fits = true;
        var count = rest is null ? Math.Min(prefix.Length, value.Items.Count) : value.Items.Count;
        for (var i = 0; i < count && (fits || !run.Quiet); i++)
        {
            fits &= run.Fits(i < prefix.Length ? prefix[i] : rest!, value.Items[i], path.Item(i), null);
        }

        seen?.Prefix(count);
        return fits;
    }
}

/// <summary><c>contains</c> with <c>minContains</c> and <c>maxContains</c>.</summary>
/// <param name="marks">Whether the items that fit count as looked at, as in draft 2020-12.</param>
internal sealed class ContainsKeyword(SchemaNode schema, int least, int most, bool marks) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Array)
        {
            return true;
        }

        var found = 0;
        for (var i = 0; i < value.Items.Count; i++)
        {
            if (run.FitsApart(schema, value.Items[i], path.Item(i), null, null))
            {
                found++;
                if (marks)
                {
                    seen?.Item(i);
                }
            }
        }

        return (found >= least && found <= most) || run.Violated(
            path, run.Quiet ? "" : $"expected {Counts.InWords(least, most)} {Counts.Of(least, most, "item")} as 'contains' describes; "
                + $"there {(found == 1 ? "is" : "are")} {found}");
    }
}

/// <summary><c>minItems</c> or <c>maxItems</c>.</summary>
internal sealed class ItemCountKeyword(int least, int most) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        value.Kind != JsonValueKind.Array || (value.Items.Count >= least && value.Items.Count <= most)
        || run.Violated(path, run.Quiet ? "" : $"expected {Counts.InWords(least, most)} {Counts.Of(least, most, "item")}; "
            + $"there {(value.Items.Count == 1 ? "is" : "are")} {value.Items.Count}");
}

/// <summary><c>uniqueItems</c>.</summary>
internal sealed class UniqueItemsKeyword : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Array)
        {
            return true;
        }

        var fits = true;
        var first = new Dictionary<JsonData, int>(value.Items.Count);
        for (var i = 0; i < value.Items.Count && (fits || !run.Quiet); i++)
        {
            fits &= first.TryAdd(value.Items[i], i)
                || run.Violated(path.Item(i), run.Quiet ? "" : $"is equal to {path.Item(first[value.Items[i]])}; expected items that all differ");
        }

        return fits;
    }
}

/// <summary><c>unevaluatedItems</c>.</summary>
internal sealed class UnevaluatedItemsKeyword(SchemaNode schema) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Array)
        {
            return true;
        }

        var fits = true;
        for (var i = 0; i < value.Items.Count && (fits || !run.Quiet); i++)
        {
            fits &= seen!.Has(i) || run.Fits(schema, value.Items[i], path.Item(i), null);
        }

        seen!.All();
        return fits;
    }
}
