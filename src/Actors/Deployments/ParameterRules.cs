using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Actors.Parameters.Schema;
using Runner.Actors.Processes;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Deployments;

/// <summary>
/// What a deployment's schema says of its parameters. A schedule's runs are checked as they will be: defaults with the schedule's own over them. The
/// defaults alone may lack what a submission adds, but what they have has to be right.
/// </summary>
internal static class ParameterRules
{
    private const int LongestSchema = 256 * 1024;
    private const string Root = "parameters";

    /// <summary>
    /// How many characters of parameters are checked for one deployment: each schedule's own make a check of all the defaults, too.
    /// </summary>
    private const long MostChecked = 16L * 1024 * 1024;

    /// <summary>How many schemas all those checks apply together, each to one value: some two seconds.</summary>
    private const int MostWork = 4_000_000;

    /// <summary>With so many problems no further schedule is looked at.</summary>
    private const int MostProblems = 200;

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
        return Templates.TextsOf(spec).SelectMany(text => Templates.Missing(text.Text, given)).Distinct()
            .Select(name => new Problem($"{Root}.{name}", "is required: the deployment's command, environment or folder uses it"));
    }

    private static void CheckValues(DeploymentSpec spec, ParameterSchema schema, ImmutableArray<Problem>.Builder problems)
    {
        // Many schedules have the same parameters of their own, most of them none: those are one check.
        var different = spec.Schedules.Index().GroupBy(s => Written(s.Item.Parameters), StringComparer.Ordinal).ToImmutableArray();
        var size = Size(spec.Parameters);
        if (different.Sum(s => size + s.Key.Length) > MostChecked)
        {
            problems.Add(new(
                "schedules", $"each of {different.Length} different parameters of schedules is checked together with the defaults of {size} "
                    + "characters, and that is too much; make the defaults or the schedules fewer"));
            return;
        }

        var found = schema.CheckDefaults(spec.Parameters).ToList();
        var places = new Lazy<Dictionary<string, string>>(() => spec.Parameters.Keys.ToDictionary(ParameterSchema.PathOf, StringComparer.Ordinal));
        var cost = new CheckCost(MostWork);
        foreach (var schedules in different.TakeWhile(_ => found.Count < MostProblems))
        {
            var own = schedules.First().Item.Parameters;
            var wrong = schema.Check(spec.Parameters.SetItems(own), cost);
            found.AddRange(schedules.TakeWhile(_ => found.Count < MostProblems)
                .SelectMany(s => wrong.Select(p => p with { Field = Place(p.Field, s.Index, places, own) })));
        }

        // What is wrong with a default is wrong for every schedule that keeps it.
        problems.AddRange(found.Distinct());
    }

    private static string Written(ImmutableSortedDictionary<string, JsonElement> parameters) =>
        parameters.IsEmpty ? "" : JsonSerializer.Serialize(parameters, MessagesJson.Default.ImmutableSortedDictionaryStringJsonElement);

    private static long Size(ImmutableSortedDictionary<string, JsonElement> parameters) =>
        parameters.Sum(p => (long)p.Key.Length + p.Value.GetRawText().Length);

    /// <summary>Where to put it right: among the defaults if that is where the value is from, else in the schedule.</summary>
    /// <param name="defaults">The names of the defaults by their paths, with one of which the field begins.</param>
    private static string Place(
        string field, int schedule, Lazy<Dictionary<string, string>> defaults, ImmutableSortedDictionary<string, JsonElement> own)
    {
        var names = defaults.Value.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var end = Root.Length; end <= field.Length; end++)
        {
            if ((end == field.Length || field[end] is '.' or '[') && names.TryGetValue(field.AsSpan(0, end), out var name) && !own.ContainsKey(name))
            {
                return field;
            }
        }

        return $"schedules[{schedule}].{field}";
    }
}
