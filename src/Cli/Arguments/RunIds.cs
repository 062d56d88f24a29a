using Runner.Client;
using Runner.Messages.Runs;

namespace Runner.Cli.Arguments;

/// <summary>Runs as people name them: the whole id, or its beginning where that is one of the latest runs' alone.</summary>
internal static class RunIds
{
    private const int ShortestPrefix = 4;
    private const int Looked = 1_000;

    /// <exception cref="UsageException">It is no id and no beginning of one.</exception>
    /// <exception cref="RunnerApiException">It is no run's beginning, or that of several.</exception>
    public static async Task<Guid> ResolveAsync(RunnerClient client, string text, CancellationToken cancel)
    {
        if (Guid.TryParseExact(text, "D", out var id) || Guid.TryParseExact(text, "N", out id))
        {
            return id;
        }

        var prefix = text.Replace("-", "", StringComparison.Ordinal);
        if (prefix.Length is < ShortestPrefix or > 32 || !prefix.All(char.IsAsciiHexDigit))
        {
            throw new UsageException($"'{text}' is not a run's id: expected one as `runner runs` shows, or at least its first {ShortestPrefix} digits.");
        }

        var page = await client.RunsAsync(new ListRuns(Limit: Looked), cancel).ConfigureAwait(false);
        var fitting = page.Items
            .Where(r => r.Id.ToString("N").StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(r => r.Id)
            .Take(2)
            .ToArray();
        return fitting switch
        {
            [var one] => one,
            [] => throw new RunnerApiException("run-not-found", 404, $"None of the latest {Looked:N0} runs begins with '{text}'. Give the whole id, or see `runner runs`.", []),
            _ => throw new RunnerApiException("run-ambiguous", 409, $"More than one run begins with '{text}', {fitting[0]} and {fitting[1]} among them. Give more of the id.", []),
        };
    }
}
