using Runner.Client;
using Runner.Messages.Http;
using Runner.Messages.Runs;

namespace Runner.Cli.Arguments;

/// <summary>
/// Runs as people name them: the whole id, or its beginning or end (`serve` shows ends) where that is one of the latest runs' alone.
/// </summary>
internal static class RunIds
{
    private const int ShortestPart = 4;

    /// <exception cref="UsageException">It is no id and no part of one.</exception>
    /// <exception cref="RunnerApiException">It is no run's, or that of several.</exception>
    public static async Task<Guid> ResolveAsync(RunnerClient client, string text, CancellationToken cancel)
    {
        if (Guid.TryParseExact(text, "D", out var id) || Guid.TryParseExact(text, "N", out id))
        {
            return id;
        }

        var part = text.Replace("-", "", StringComparison.Ordinal);
        if (part.Length is < ShortestPart or > 32 || !part.All(char.IsAsciiHexDigit))
        {
            throw new UsageException(
                $"'{text}' is not a run's id: expected one as `runner runs` shows, or at least {ShortestPart} digits of its beginning or end.");
        }

        var page = await client.RunsAsync(new ListRuns(Limit: Pages.Most), cancel).ConfigureAwait(false);
        var fitting = page.Items
            .Select(r => r.Id)
            .Where(id => id.ToString("N") is var whole
                && (whole.StartsWith(part, StringComparison.OrdinalIgnoreCase) || whole.EndsWith(part, StringComparison.OrdinalIgnoreCase)))
            .Take(2)
            .ToArray();
        return fitting switch
        {
            [var one] => one,
            [] => throw new RunnerApiException(
                "run-not-found", 404,
                $"None of the latest {Pages.Most:N0} runs begins or ends with '{text}'. Give the whole id, or see `runner runs`.", []),
            _ => throw new RunnerApiException(
                "run-ambiguous", 409,
                $"More than one run begins or ends with '{text}', {fitting[0]} and {fitting[1]} among them. Give more of the id.", []),
        };
    }
}
