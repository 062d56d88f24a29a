using System.Collections.Immutable;
using System.Globalization;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Limits;

namespace Runner.Cli.Exchange;

/// <summary>What becomes of the limits that a file declares.</summary>
internal static class LimitPlans
{
    public static async Task<ImmutableArray<LimitPlan>> OfAsync(
        RunnerClient client, ImmutableSortedDictionary<string, int> limits, CancellationToken cancel)
    {
        if (limits.IsEmpty)
        {
            return [];
        }

        var sizes = (await NamedAsync(client, cancel).ConfigureAwait(false)).ToDictionary(l => l.Name, l => l.Size, StringComparer.Ordinal);
        return
        [
            .. limits.Select(l => sizes.GetValueOrDefault(l.Key) switch
            {
                null => new LimitPlan(l.Key, l.Value, null, RegistrationOutcome.Created),
                var before => new LimitPlan(l.Key, l.Value, before, before == l.Value ? RegistrationOutcome.Unchanged : RegistrationOutcome.Changed),
            }),
        ];
    }

    /// <summary>The limits that deployments name, page by page; one that was deleted is none, though runs may count against it.</summary>
    public static async Task<List<LimitView>> NamedAsync(RunnerClient client, CancellationToken cancel)
    {
        var named = new List<LimitView>();
        string? after = null;
        do
        {
            var page = await client.LimitsAsync(new ListLimits(Pages.Most, after), cancel).ConfigureAwait(false);
            named.AddRange(page.Items.Where(l => l.Kind == LimitKind.Named && !l.Ending));
            after = page.Next;
        }
        while (after is not null);

        return named;
    }

    /// <summary>Sets those that are new or changed.</summary>
    public static async Task ApplyAsync(RunnerClient client, ImmutableArray<LimitPlan> limits, CancellationToken cancel)
    {
        foreach (var limit in limits.Where(l => l.Outcome != RegistrationOutcome.Unchanged))
        {
            await client.SetLimitAsync(limit.Name, limit.Size, cancel).ConfigureAwait(false);
        }
    }

    /// <summary><c>5</c>, or <c>2 to 5</c>.</summary>
    public static string Sizes(LimitPlan limit) => limit.Before is { } before && before != limit.Size
        ? string.Create(CultureInfo.InvariantCulture, $"{before} to {limit.Size}")
        : limit.Size.ToString(CultureInfo.InvariantCulture);

    /// <summary>One a line, as deployments are shown.</summary>
    public static string Render(CliContext context, ImmutableArray<LimitPlan> limits)
    {
        var table = new Table("", "", "");
        foreach (var limit in limits)
        {
            table.Add(limit.Outcome.ToString().ToLowerInvariant(), $"limit {limit.Name}", Sizes(limit));
        }

        return table.Render(context.Style);
    }
}
