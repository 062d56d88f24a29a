using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Processes;

/// <summary>What templates stand for in one attempt of a run.</summary>
internal sealed class TemplateValues(AttemptKey attempt, RunScheduled run)
{
    private const string Prefix = "parameters.";

    private static readonly FrozenDictionary<string, Func<AttemptKey, RunScheduled, string>> OfRun = new Dictionary<
        string, Func<AttemptKey, RunScheduled, string>>
    {
        ["run.id"] = (attempt, _) => attempt.RunId.ToString("D"),
        ["run.due"] = (_, run) => Time(run.Due),
        ["run.attempt"] = (attempt, _) => attempt.Attempt.ToString(CultureInfo.InvariantCulture),
        ["run.name"] = (_, run) => run.Name ?? "",
        ["run.schedule"] = (_, run) => run.Schedule ?? "",
        ["deployment.name"] = (_, run) => run.Deployment,
        ["deployment.flow"] = (_, run) => run.Deployment.Split('/')[0],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Those that every run has.</summary>
    public static ImmutableArray<string> Names { get; } = [.. OfRun.Keys.Order(StringComparer.Ordinal)];

    /// <summary>They in words.</summary>
    public static string Listed { get; } = $"{string.Join(", ", Names.SkipLast(1))} and {Names[^1]}";

    public static bool IsName(string name) => OfRun.ContainsKey(name) || ParameterOf(name) is not null;

    /// <summary>The parameter that a name means; null if it means none.</summary>
    public static string? ParameterOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length > Prefix.Length ? name[Prefix.Length..] : null;

    public static string NameOf(string parameter) => Prefix + parameter;

    /// <summary>As programs are told of times.</summary>
    public static string Time(DateTimeOffset time) => InstantText.Utc(time);

    /// <summary>Null if the run has nothing of that name.</summary>
    public string? Of(string name) =>
        ParameterOf(name) is { } parameter ? run.Parameters.TryGetValue(parameter, out var value) ? Text(value) : null
        : OfRun.TryGetValue(name, out var of) ? of(attempt, run)
        : null;

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
