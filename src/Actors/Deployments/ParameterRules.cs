using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Actors.Processes;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>
/// What a deployment's schema says of its parameters. A schedule's runs are checked as they will be: defaults with the schedule's own over them. The
/// defaults alone may lack what a submission adds, but what they have has to be right.
/// </summary>
internal static class ParameterRules
{
    private const int LongestSchema = 256 * 1024;
    private const string Root = "parameters";

    /// <summary>The names that templates may use: what has a default, and what an enforced schema requires of every run.</summary>
    /// <param name="problems">Takes what is wrong with schema and parameters.</param>
    public static HashSet<string> Check(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        var known = spec.Parameters.Keys.ToHashSet(StringComparer.Ordinal);
        if (spec.ParameterSchema is not { } json)
        {
            return known;
        }

        if (json.GetRawText().Length > LongestSchema)
        {
            problems.Add(new("parameter_schema", $"it is longer than {LongestSchema} characters"));
            return known;
        }

        if (!ParameterSchema.TryRead(json, "parameter_schema", out var schema, out var wrong))
        {
            problems.AddRange(wrong);
            return known;
        }

        if (spec.EnforceParameterSchema ?? true)
        {
            known.UnionWith(schema.Required);
            CheckValues(spec, schema, problems);
        }

        return known;
    }

    /// <summary>What a run without enforcement would lack: its command and environment may use what only the schema requires.</summary>
    public static IEnumerable<Problem> Unfilled(DeploymentSpec spec, ImmutableSortedDictionary<string, JsonElement> parameters)
    {
        var given = parameters.Keys.ToHashSet(StringComparer.Ordinal);
        return spec.Command.Concat(spec.Env.Values).OfType<string>().SelectMany(text => Templates.Missing(text, given)).Distinct()
            .Select(name => new Problem($"{Root}.{name}", "is required: the deployment's command or environment uses it"));
    }

    private static void CheckValues(DeploymentSpec spec, ParameterSchema schema, ImmutableArray<Problem>.Builder problems)
    {
        var found = schema.CheckDefaults(spec.Parameters).ToList();
        for (var i = 0; i < spec.Schedules.Length; i++)
        {
            var own = spec.Schedules[i].Parameters;
            found.AddRange(schema.Check(spec.Parameters.SetItems(own)).Select(p => p with { Field = Place(p.Field, i, spec.Parameters, own) }));
        }

        // What is wrong with a default is wrong for every schedule that keeps it.
        problems.AddRange(found.Distinct());
    }

    /// <summary>Where to put it right: among the defaults if that is where the value is from, else in the schedule.</summary>
    private static string Place(
        string field, int schedule, ImmutableSortedDictionary<string, JsonElement> defaults, ImmutableSortedDictionary<string, JsonElement> own) =>
        defaults.Keys.Any(name => !own.ContainsKey(name) && ParameterSchema.IsWithin(field, name)) ? field : $"schedules[{schedule}].{field}";
}
