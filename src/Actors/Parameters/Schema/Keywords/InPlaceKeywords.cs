using System.Collections.Immutable;
using System.Globalization;

namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary>Applies schemas to the very value that the schema around them is applied to.</summary>
internal static class InPlaceKeyword
{
    /// <summary>
    /// Applies one whose demands all have to be met. What it looked at counts even if they are not: the value is refused in any case, and what it is
    /// refused for is not to be drowned by everything that nobody would then have looked at.
    /// </summary>
    public static bool Applies(SchemaNode schema, JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var own = seen is null ? null : new Seen();
        var fits = run.Fits(schema, value, path, own);
        if (own is not null)
        {
            seen!.Add(own);
        }

        return fits;
    }
}

/// <summary><c>allOf</c>.</summary>
internal sealed class AllOfKeyword(ImmutableArray<SchemaNode> schemas) : Keyword
{
    public override bool HoldsForParts => true;

    public override IEnumerable<SchemaNode> InPlace => schemas;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var fits = true;
        for (var i = 0; i < schemas.Length && (fits || !run.Quiet); i++)
        {
            fits &= InPlaceKeyword.Applies(schemas[i], value, path, seen, run);
        }

        return fits;
    }
}

/// <summary><c>$ref</c>.</summary>
internal sealed class ReferenceKeyword(SchemaNode target) : Keyword
{
    public override bool HoldsForParts => true;

    public override IEnumerable<SchemaNode> InPlace => [target];

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) => InPlaceKeyword.Applies(target, value, path, seen, run);
}

/// <summary><c>$dynamicRef</c> to a <c>$dynamicAnchor</c>: the outermost of that name among the resources that lead here.</summary>
/// <param name="possible">Every schema that it may ever mean.</param>
internal sealed class DynamicReferenceKeyword(string anchor, SchemaNode target, ImmutableArray<SchemaNode> possible) : Keyword
{
    public override bool HoldsForParts => true;

    public override IEnumerable<SchemaNode> InPlace => possible;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        foreach (var resource in run.Scope)
        {
            if (resource.DynamicAnchors.TryGetValue(anchor, out var outermost))
            {
                return InPlaceKeyword.Applies(outermost, value, path, seen, run);
            }
        }

        return InPlaceKeyword.Applies(target, value, path, seen, run);
    }
}

/// <summary><c>anyOf</c> and <c>oneOf</c>.</summary>
internal sealed class AlternativesKeyword(string name, ImmutableArray<SchemaNode> schemas, bool exactlyOne) : Keyword
{
    private const int MostShown = 5;

    public override IEnumerable<SchemaNode> InPlace => schemas;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var fitting = new List<int>();
        var branches = run.Quiet ? null : new List<Branch>();
        for (var i = 0; i < schemas.Length && !IsDecided(fitting.Count, seen is not null); i++)
        {
            var own = seen is null ? null : new Seen();
            var found = run.Quiet ? null : new List<Violation>();
            if (run.FitsApart(schemas[i], value, path, own, found))
            {
                fitting.Add(i);
                if (own is not null)
                {
                    seen!.Add(own);
                }
            }
            else
            {
                branches?.Add(new Branch(found!, own));
            }
        }

        return fitting.Count > 0 && !(exactlyOne && fitting.Count > 1) || (fitting.Count > 1
            ? run.Violated(path, run.Quiet ? ""
                : $"fits {string.Join(" and ", fitting.Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]")))}; "
                    + "expected to fit exactly one")
            : Explain(branches, path, seen, run));
    }

    private bool IsDecided(int fitting, bool watched) => exactlyOne ? fitting > 1 && !watched : fitting > 0 && !watched;

    /// <summary>
    /// Tells what is wrong with the alternative that was meant, where that can be known: the only one that does not fail for the value's type, or for
    /// what a property has to be for this alternative to be the one. Otherwise what each would ask for.
    /// </summary>
    private bool Explain(List<Branch>? branches, JsonPath path, Seen? seen, Evaluation run)
    {
        if (branches is null)
        {
            return false;
        }

        var near = branches.Where(b => !b.Found.Any(v => IsAnotherKind(v, path))).ToList();
        if (near is [var meant])
        {
            foreach (var violation in meant.Found)
            {
                run.Violated(violation.Path, violation.Message);
            }

            if (meant.Seen is not null)
            {
                seen?.Add(meant.Seen);
            }

            return false;
        }

        var asked = branches.Select(b => b.Found[0]).DistinctBy(v => (v.Path.ToString(), v.Message)).ToList();
        var shown = asked.Take(MostShown).Select(v => v.Path == path ? v.Message : $"{v.Path} {v.Message}");
        var more = asked.Count > MostShown ? $"; and {asked.Count - MostShown} more" : "";
        return run.Violated(path, $"fits none of the {schemas.Length} alternatives of '{name}': {string.Join("; or ", shown)}{more}");
    }

    /// <summary>Fails as a whole, or at a property of its own that says which alternative it is.</summary>
    private static bool IsAnotherKind(Violation violation, JsonPath path) =>
        violation.Kind != ViolationKind.Other && violation.Path.Depth <= path.Depth + (violation.Kind == ViolationKind.Value ? 1 : 0);

    private sealed record Branch(List<Violation> Found, Seen? Seen);
}

/// <summary><c>not</c>.</summary>
internal sealed class NotKeyword(SchemaNode schema) : Keyword
{
    public override IEnumerable<SchemaNode> InPlace => [schema];

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        !run.FitsApart(schema, value, path, null, null) || run.Violated(path, "is what 'not' excludes");
}

/// <summary><c>if</c>, <c>then</c>, <c>else</c>.</summary>
internal sealed class ConditionKeyword(SchemaNode condition, SchemaNode? then, SchemaNode? otherwise) : Keyword
{
    public override IEnumerable<SchemaNode> InPlace => new[] { condition, then, otherwise }.OfType<SchemaNode>();

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var own = seen is null ? null : new Seen();
        var holds = run.FitsApart(condition, value, path, own, null);
        if (holds && own is not null)
        {
            seen!.Add(own);
        }

        var next = holds ? then : otherwise;
        return next is null || InPlaceKeyword.Applies(next, value, path, seen, run);
    }
}
