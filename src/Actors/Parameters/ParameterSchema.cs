using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Runner.Actors.Parameters.Schema;
using Runner.Actors.Parameters.Schema.Keywords;
using Runner.Messages;

namespace Runner.Actors.Parameters;

/// <summary>
/// A JSON Schema of draft 2020-12 or 7, read once and asked as often as needed, from any thread. See docs/parameters.md for what it understands.
/// Whatever it is given, it answers; it neither throws nor goes on without an end.
/// </summary>
public sealed class ParameterSchema
{
    /// <summary>A check lists this many problems, and says how many more there are.</summary>
    public const int MostProblems = 1_000;

    private const string Root = "parameters";

    private readonly SchemaNode _root;

    private ParameterSchema(SchemaNode root) => _root = root;

    /// <summary>The properties that every object needs that fits: those that the schema itself requires, not ones that depend on anything.</summary>
    public IEnumerable<string> Required => _root.Keywords.OfType<RequiredKeyword>().SelectMany(k => k.Names);

    /// <summary>The path of a parameter, as problems with it begin.</summary>
    public static string PathOf(string parameter) => JsonPath.Root(Root).Property(parameter).ToString();

    /// <summary>Reads a schema.</summary>
    /// <param name="field">What the paths of problems begin with.</param>
    /// <param name="problems">Everything that is wrong with it; empty if it was read.</param>
    public static bool TryRead(JsonElement json, string field, [NotNullWhen(true)] out ParameterSchema? schema, out ImmutableArray<Problem> problems)
    {
        var found = new List<Violation>();
        void Refuse(JsonPath path, string message) => found.Add(new Violation(path, message, ViolationKind.Other));

        schema = null;
        var path = JsonPath.Root(field);
        var source = JsonData.Read(json, path, Refuse);
        var reader = found.Count == 0 ? new SchemaReader(source, path, Draft.Newest, Refuse) : null;
        if (found.Count == 0)
        {
            new SchemaBuilder(reader!, Refuse, () => found.Count > 0).Build();
        }

        if (found.Count == 0)
        {
            new EndlessReferences(Refuse).Check(reader!.Nodes);
        }

        problems = Listed(found);
        schema = found.Count == 0 ? new ParameterSchema(reader!.Root) : null;
        return schema is not null;
    }

    /// <summary>Everything that the schema does not allow, each with its path (<c>parameters.items[3].name</c>); empty if the value fits.</summary>
    public ImmutableArray<Problem> Check(JsonElement value) => Check((path, refuse) => JsonData.Read(value, path, refuse), partial: false);

    /// <summary>As <see cref="Check(JsonElement)"/>, of parameters.</summary>
    public ImmutableArray<Problem> Check(ImmutableSortedDictionary<string, JsonElement> parameters) => Check(Reading(parameters), partial: false);

    /// <summary>The same as one of several checks that may cost so much together.</summary>
    internal ImmutableArray<Problem> Check(ImmutableSortedDictionary<string, JsonElement> parameters, CheckCost cost) =>
        Check(Reading(parameters), partial: false, cost);

    /// <summary>
    /// What is wrong with parameters to which a submission will add others: nothing that is missing, and nothing that depends on what else there is,
    /// but every value that is not allowed where it stands.
    /// </summary>
    public ImmutableArray<Problem> CheckDefaults(ImmutableSortedDictionary<string, JsonElement> parameters) =>
        Check(Reading(parameters), partial: true);

    private static Func<JsonPath, Action<JsonPath, string>, JsonData> Reading(ImmutableSortedDictionary<string, JsonElement> parameters) =>
        (path, refuse) =>
            JsonData.Object(parameters.Select(p => KeyValuePair.Create(p.Key, JsonData.Read(p.Value, path.Property(p.Key), refuse))));

    private ImmutableArray<Problem> Check(Func<JsonPath, Action<JsonPath, string>, JsonData> read, bool partial, CheckCost? cost = null)
    {
        var path = JsonPath.Root(Root);
        var unreadable = new List<Violation>();
        var value = read(path, (at, message) => unreadable.Add(new Violation(at, message, ViolationKind.Other)));
        if (unreadable.Count > 0)
        {
            return Listed(unreadable);
        }

        var run = new Evaluation(partial, cost: cost);
        try
        {
            run.Fits(_root, value, path, null);
            return Listed(run.Found!);
        }
        catch (CheckAbandonedException e)
        {
            return [new Problem(Root, e.Message)];
        }
    }

    private static ImmutableArray<Problem> Listed(List<Violation> found)
    {
        var problems = found.Select(v => new Problem(v.Path.ToString(), v.Message)).Distinct().ToList();
        return problems.Count <= MostProblems
            ? [.. problems]
            : [.. problems.Take(MostProblems), new Problem(Root, $"and {problems.Count - MostProblems} more problems")];
    }
}
