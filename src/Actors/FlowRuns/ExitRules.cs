using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.FlowRuns;

/// <summary>
/// Which ends of a program complete its run, and which are retried: by exit code, or by signal. A signal and the exit code by which shells report it,
/// 128 and its number, are one: whoever writes SIGKILL means the pipeline that ended with 137 too, and the other way round.
/// </summary>
internal static class ExitRules
{
    private const int HighestCode = 255;

    /// <summary>What a shell would say of a program's end; null if nobody knows it.</summary>
    public static int? CodeOf(ProcessExit exit) => ExitExplanation.Of(exit).ExitCode;

    public static bool IsSuccess(ImmutableArray<int>? codes, int code) => codes is { } said ? said.Contains(code) : code == 0;

    /// <summary>Why an end is not retried though there are retries left, in words; null if it is.</summary>
    public static string? Forbids(RetrySpec retries, ProcessExit exit)
    {
        if (CodeOf(exit) is not { } code)
        {
            return null;
        }

        var end = exit is ProcessExit.Signaled(var signal)
            ? string.Create(CultureInfo.InvariantCulture, $"{Signals.NameOf(signal)} (exit code {code})")
            : string.Create(CultureInfo.InvariantCulture, $"exit code {code}");
        return Has(retries.NotOn, code) ? $"Not retried: {end} is one of retries.not_on."
            : retries.On is not null && !Has(retries.On, code) ? $"Not retried: {end} is none of retries.on."
            : null;
    }

    /// <summary>What is wrong with the rules of a deployment.</summary>
    public static void Check(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        var on = Codes("retries.on", spec.Retries.On, problems);
        var notOn = Codes("retries.not_on", spec.Retries.NotOn, problems);
        var success = spec.SuccessCodes ?? [0];
        if (spec.SuccessCodes is { } codes)
        {
            CheckSuccess(codes, problems);
        }

        foreach (var (code, field) in notOn)
        {
            if (on.ContainsKey(code))
            {
                problems.Add(new(field, $"'{Text(spec, field)}' is in retries.on, too; an end is in one of the two"));
            }
        }

        foreach (var (code, field) in on.Concat(notOn).Where(rule => success.Contains(rule.Key)))
        {
            problems.Add(new(
                field, string.Create(CultureInfo.InvariantCulture, $"exit code {code} completes the run (success_codes), which is never retried")));
        }

        if (spec.Retries is { Count: 0 } and ({ On: not null } or { NotOn: not null }))
        {
            problems.Add(new("retries.count", "it says which ends are retried, and there are no retries; set how many, e.g. count: 3"));
        }
    }

    private static string Text(DeploymentSpec spec, string field)
    {
        var rules = field.StartsWith("retries.on[", StringComparison.Ordinal) ? spec.Retries.On : spec.Retries.NotOn;
        return rules!.Value[int.Parse(field.AsSpan(field.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'), CultureInfo.InvariantCulture)];
    }

    private static void CheckSuccess(ImmutableArray<int> codes, ImmutableArray<Problem>.Builder problems)
    {
        if (codes.IsEmpty)
        {
            problems.Add(new("success_codes", $"expected a list of 1 to {HighestCode + 1} exit codes, such as [0, 3]; without it 0 is the only one"));
            return;
        }

        for (var i = 0; i < codes.Length; i++)
        {
            if (codes[i] is < 0 or > HighestCode)
            {
                problems.Add(new($"success_codes[{i}]", $"expected an exit code from 0 to {HighestCode}"));
            }
            else if (codes.IndexOf(codes[i]) < i)
            {
                problems.Add(new($"success_codes[{i}]", $"{codes[i]} is there twice"));
            }
        }
    }

    /// <summary>The codes of a list, each with where it stands.</summary>
    private static SortedDictionary<int, string> Codes(string list, ImmutableArray<string>? rules, ImmutableArray<Problem>.Builder problems)
    {
        var codes = new SortedDictionary<int, string>();
        if (rules is not { } said)
        {
            return codes;
        }

        if (said.IsDefaultOrEmpty)
        {
            problems.Add(new(list, $"expected a list of 1 to {HighestCode + 1} exit codes and names of signals, such as [75, SIGKILL]"));
            return codes;
        }

        for (var i = 0; i < said.Length; i++)
        {
            var field = $"{list}[{i}]";
            if (CodeOf(said[i]) is not { } code)
            {
                problems.Add(new(field, $"expected an exit code from 0 to {HighestCode} or the name of a signal, "
                    + $"such as SIGKILL{Nearest.Hint(Named(said[i]), Signals.All)}"));
            }
            else if (!codes.TryAdd(code, field))
            {
                problems.Add(new(field, $"'{said[i]}' is there twice; a signal and the exit code of 128 and its number are one"));
            }
        }

        return codes;
    }

    /// <summary>As signals are named: they are written in small letters, and without SIG, too.</summary>
    private static string Named(string? written) =>
        written is null || !written.Any(char.IsAsciiLetter) ? ""
        : written.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? written.ToUpperInvariant()
        : "SIG" + written.ToUpperInvariant();

    private static bool Has(ImmutableArray<string>? rules, int code) => rules is { IsDefault: false } said && said.Any(rule => CodeOf(rule) == code);

    private static int? CodeOf(string? rule) =>
        rule is null ? null
        : Signals.NumberOf(rule) is { } signal ? 128 + signal
        : int.TryParse(rule, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= HighestCode ? code
        : null;
}
