using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>Whether a submission whose idempotency key had been used asks for what the run of the key was asked for.</summary>
internal static class KeyRules
{
    /// <summary>How many differences are told: a client may send very many.</summary>
    private const int Told = 20;

    private const int Longest = 200;

    /// <summary>What is wrong with a key; null if nothing is, or there is none.</summary>
    public static Problem? Problem(string? key) =>
        key is { Length: 0 or > Longest } ? new("idempotencyKey", $"expected 1 to {Longest} characters") : null;

    /// <summary>What a submission asked for, as the run remembers it; null without a key, for then nobody ever compares.</summary>
    public static AskedOfRun? Asked(SubmitRun command) => command.IdempotencyKey is null ? null : new(
        command.Parameters is { } given ? [.. given.Keys] : [], command.At is not null, command.Priority is not null, Tags(command.Tags));

    /// <summary>What is asked for otherwise than the first time. Of a run made before these were kept nothing is known: nothing is.</summary>
    public static ImmutableArray<Problem> Differences(RunScheduled first, RunScheduled now)
    {
        if (first.Asked is not { } before || now.Asked is not { } asked)
        {
            return [];
        }

        var differences = Parameters(first, before, now, asked).Take(Told + 1).ToImmutableArray();
        if (differences.Length > Told)
        {
            differences = differences.SetItem(Told, new("parameters", "and others differ, too"));
        }

        return
        [
            .. differences,
            .. Value<DateTimeOffset>("at", before.At ? first.Due.ToUniversalTime() : null, asked.At ? now.Due.ToUniversalTime() : null, t =>
                t.ToString("O", CultureInfo.InvariantCulture)),
            .. Value<int>("priority", before.Priority ? first.Priority : null, asked.Priority ? now.Priority : null, p =>
                p.ToString(CultureInfo.InvariantCulture)),
            .. first.Name == now.Name ? Array.Empty<Problem>()
                : [new Problem("name", $"it was {Quoted(first.Name)} the first time and is {Quoted(now.Name)} now")],
            .. before.Tags.SequenceEqual(asked.Tags, StringComparer.Ordinal) ? Array.Empty<Problem>()
                : [new Problem("tags", $"they were {Words(before.Tags)} the first time and are {Words(asked.Tags)} now")],
        ];
    }

    private static ImmutableArray<string> Tags(ImmutableArray<string>? tags) =>
        [.. (tags ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Without the values: they may be long, and secrets.</summary>
    private static IEnumerable<Problem> Parameters(RunScheduled first, AskedOfRun before, RunScheduled now, AskedOfRun asked)
    {
        var known = before.Parameters.ToHashSet(StringComparer.Ordinal);
        foreach (var name in asked.Parameters)
        {
            if (!known.Remove(name))
            {
                yield return new($"parameters.{name}", "it was not given the first time");
            }
            else if (!JsonElement.DeepEquals(first.Parameters[name], now.Parameters[name]))
            {
                yield return new($"parameters.{name}", "it had another value the first time");
            }
        }

        foreach (var name in before.Parameters.Where(known.Contains))
        {
            yield return new($"parameters.{name}", "it was given the first time and is not now");
        }
    }

    private static ImmutableArray<Problem> Value<T>(string field, T? before, T? now, Func<T, string> text)
        where T : struct => EqualityComparer<T?>.Default.Equals(before, now)
            ? []
            : [new(field, $"it was {(before is { } old ? text(old) : "not given")} the first time and is "
                + $"{(now is { } value ? text(value) : "not given")} now")];

    private static string Quoted(string? name) => name is null ? "none" : $"'{name}'";

    private static string Words(ImmutableArray<string> tags) =>
        tags.IsEmpty ? "none" : tags.Length <= Told ? string.Join(", ", tags.Select(t => $"'{t}'"))
            : string.Create(CultureInfo.InvariantCulture, $"{tags.Length} others");
}
