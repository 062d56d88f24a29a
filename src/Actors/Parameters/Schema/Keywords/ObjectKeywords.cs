using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters.Schema.Patterns;
using Runner.Messages;

namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary><c>properties</c>, <c>patternProperties</c> and <c>additionalProperties</c>: together they say what each property is to be.</summary>
/// <param name="others">For those that the first two do not name; null for anything.</param>
internal sealed class PropertiesKeyword(
    FrozenDictionary<string, SchemaNode> named, ImmutableArray<(EcmaPattern Pattern, SchemaNode Schema)> patterns, SchemaNode? others,
    bool othersRefused) : Keyword
{
    private const int LongestHint = 60;

    private readonly ImmutableArray<string> _names = [.. named.Keys.Where(n => n.Length is > 0 and <= LongestHint).Order(StringComparer.Ordinal)];

    public override bool HoldsForParts => true;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Object)
        {
            return true;
        }

        var fits = true;
        foreach (var (name, property) in value.Properties)
        {
            fits &= FitsOne(name, property, path, seen, run);
            if (!fits && run.Quiet)
            {
                return false;
            }
        }

        return fits;
    }

    private bool FitsOne(string name, JsonData property, JsonPath path, Seen? seen, Evaluation run)
    {
        var (fits, known) = (true, false);
        var at = path.Property(name);
        if (named.TryGetValue(name, out var schema))
        {
            known = true;
            fits &= run.Fits(schema, property, at, null);
        }

        foreach (var (pattern, matched) in patterns)
        {
            if (run.Matches(pattern, name, at))
            {
                known = true;
                fits &= run.Fits(matched, property, at, null);
            }
        }

        if (!known && others is not null)
        {
            known = true;
            fits = othersRefused ? run.Violated(at, run.Quiet ? "" : Unknown(name, run)) : run.Fits(others, property, at, null);
        }

        if (known)
        {
            seen?.Property(name);
        }

        return fits;
    }

    private string Unknown(string name, Evaluation run)
    {
        var near = name.Length <= LongestHint && run.MayCompare(_names.Length) ? Nearest.Of(name, _names, 1) : [];
        return near.IsEmpty
            ? _names.IsEmpty || _names.Length > 20 ? "is not expected here" : $"is not expected here; known are {string.Join(", ", _names)}"
            : $"is not expected here; did you mean '{near[0]}'?";
    }
}

/// <summary><c>propertyNames</c>.</summary>
internal sealed class PropertyNamesKeyword(SchemaNode schema) : Keyword
{
    public override bool HoldsForParts => true;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Object)
        {
            return true;
        }

        var fits = true;
        foreach (var name in value.Properties.Keys)
        {
            var found = run.Quiet ? null : new List<Violation>();
            // A path of its own, so that what is only asked of a whole is asked of the name.
            if (!run.FitsApart(schema, JsonData.OfText(name), path.Property(name), null, found))
            {
                fits = false;
                foreach (var violation in found ?? [])
                {
                    run.Violated(violation.Path, $"its name is not allowed: {violation.Message}", ViolationKind.Value);
                }
            }

            if (!fits && run.Quiet)
            {
                return false;
            }
        }

        return fits;
    }
}

/// <summary><c>required</c>.</summary>
internal sealed class RequiredKeyword(ImmutableArray<string> names) : Keyword
{
    public ImmutableArray<string> Names => names;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var fits = true;
        foreach (var name in value.Kind == JsonValueKind.Object ? names : [])
        {
            fits &= value.Properties.ContainsKey(name) || run.Violated(path.Property(name), "is required");
        }

        return fits;
    }
}

/// <summary>One property of <c>dependentRequired</c>, <c>dependentSchemas</c> or draft 7's <c>dependencies</c>.</summary>
internal sealed class DependentKeyword(string trigger, ImmutableArray<string> names, SchemaNode? schema) : Keyword
{
    public override IEnumerable<SchemaNode> InPlace => schema is null ? [] : [schema];

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Object || !value.Properties.ContainsKey(trigger))
        {
            return true;
        }

        var fits = true;
        foreach (var name in names)
        {
            fits &= value.Properties.ContainsKey(name)
                || run.Violated(path.Property(name), run.Quiet ? "" : $"is required where {JsonPath.Quote(trigger)} is given");
        }

        return schema is null ? fits : fits & InPlaceKeyword.Applies(schema, value, path, seen, run);
    }
}

/// <summary><c>minProperties</c>.</summary>
internal sealed class LeastPropertiesKeyword(int least) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        value.Kind != JsonValueKind.Object || value.Properties.Count >= least
        || run.Violated(path, run.Quiet ? "" : $"expected at least {least} {Counts.Of(least, least, "property")}; "
            + $"there {(value.Properties.Count == 1 ? "is" : "are")} {value.Properties.Count}");
}

/// <summary><c>maxProperties</c>.</summary>
internal sealed class MostPropertiesKeyword(int most) : Keyword
{
    public override bool HoldsForParts => true;

    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run) =>
        value.Kind != JsonValueKind.Object || value.Properties.Count <= most
        || run.Violated(path, run.Quiet ? "" : $"expected at most {most} {Counts.Of(most, most, "property")}; "
            + $"there {(value.Properties.Count == 1 ? "is" : "are")} {value.Properties.Count}");
}

/// <summary><c>unevaluatedProperties</c>.</summary>
internal sealed class UnevaluatedPropertiesKeyword(SchemaNode schema, bool refused) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        if (value.Kind != JsonValueKind.Object)
        {
            return true;
        }

        var fits = true;
        foreach (var (name, property) in value.Properties)
        {
            if (seen!.Has(name))
            {
                continue;
            }

            fits &= refused ? run.Violated(path.Property(name), "is not expected here") : run.Fits(schema, property, path.Property(name), null);
            if (!fits && run.Quiet)
            {
                return false;
            }
        }

        seen!.All();
        return fits;
    }
}
