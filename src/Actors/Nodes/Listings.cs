using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Nodes;

/// <summary>
/// Pages of rows for people: one page is read, whatever there is. Every filter is the beginning of an index of <see cref="Tables"/>, and what
/// an index leaves open before the order's column, the state's name, is given as all it can be, so that each is a range in the order asked for.
/// </summary>
internal static class Listings
{
    private const int MostAtOnce = 1000;
    private const int MostLookedAt = 10 * MostAtOnce;

    private static readonly ImmutableArray<string> AllStates = [.. StateNames.All.Select(state => state.Name)];

    /// <summary>Runs, newest first.</summary>
    public static async Task<Reply<RunPage>> RunsAsync(IEntityStore store, DamagedRows damaged, ListRuns query)
    {
        var asked = RunQuery(query);
        if (asked.Refusal is { } refusal)
        {
            return refusal;
        }

        if (query is { Deployment: not null, Tag: { } tag })
        {
            return await WithTagAsync(store, damaged, asked.Value!, tag).ConfigureAwait(false);
        }

        var rows = await store.RowsAsync(asked.Value!).ConfigureAwait(false);
        var items = damaged.Read(Tables.Runs, rows, static row => RunRow.Of(row).Summary);
        return new RunPage(items, rows.Length == query.Limit ? Next(rows) : null);
    }

    /// <summary>
    /// A deployment's runs with a tag: no index has both, so the deployment's are looked through. Of one that has very many without the tag no more are
    /// looked at than <see cref="MostLookedAt"/>; the page is then shorter, and goes on where the looking stopped.
    /// </summary>
    private static async Task<Reply<RunPage>> WithTagAsync(IEntityStore store, DamagedRows damaged, RowQuery ofDeployment, string tag)
    {
        var found = ImmutableArray.CreateBuilder<RunSummary>();
        var query = ofDeployment with { Limit = MostAtOnce };
        string? next = null;
        for (var looked = 0; looked < MostLookedAt; looked += MostAtOnce)
        {
            var rows = await store.RowsAsync(query).ConfigureAwait(false);
            foreach (var summary in damaged.Read(Tables.Runs, rows, static row => RunRow.Of(row).Summary))
            {
                if (summary.Tags.Contains(tag))
                {
                    found.Add(summary);
                    if (found.Count == ofDeployment.Limit)
                    {
                        return new RunPage(found.ToImmutable(), RunCursor.Of(summary));
                    }
                }
            }

            if (rows.Length < MostAtOnce)
            {
                return new RunPage(found.ToImmutable(), null);
            }

            next = Next(rows);
            if (next is null)
            {
                break;
            }

            query = query with { After = RunCursor.Position(next) };
        }

        return new RunPage(found.ToImmutable(), next);
    }

    private static string? Next(ImmutableArray<Row> rows) => RunRow.LastPlace(rows) is { } place ? RunCursor.Of(place) : null;

    /// <summary>What is asked of the store for a page of runs; of a deployment's with a tag, for the deployment's.</summary>
    public static Reply<RowQuery> RunQuery(ListRuns query)
    {
        if (PageProblem(query.Limit) is { } problem)
        {
            return problem;
        }

        if (States(query) is not { } states)
        {
            return new QueryInvalid("state", $"there is no state '{query.State}'; expected one of {string.Join(", ", StateWords)}");
        }

        RowPosition? after = null;
        if (query.After is not null && (after = RunCursor.Position(query.After)) is null)
        {
            return new QueryInvalid("after", "it is not a cursor that an earlier page gave");
        }

        return new RowQuery(Tables.Runs.Name, Filters(query, states), [new("created", Descending: true)], query.Limit, after);
    }

    /// <summary>Deployments by name.</summary>
    public static async Task<Reply<DeploymentPage>> DeploymentsAsync(IEntityStore store, DamagedRows damaged, Messages.Runs.ListDeployments query)
    {
        if (PageProblem(query.Limit) is { } problem)
        {
            return problem;
        }

        var rows = await store.RowsAsync(DeploymentQuery(query)).ConfigureAwait(false);
        return new DeploymentPage(damaged.Read(Tables.Deployments, rows, static row => DeploymentRow.Of(row).Summary), rows.Length == query.Limit ? rows[^1].Key : null);
    }

    /// <summary>What is asked of the store for a page of deployments.</summary>
    public static RowQuery DeploymentQuery(Messages.Runs.ListDeployments query) => new(
        Tables.Deployments.Name,
        query.Tag is { } tag ? [new("tags", RowOperator.Contains, tag)] : [],
        [],
        query.Limit,
        query.After is { } name ? new RowPosition([], name) : null);

    /// <summary>What is wrong with a page's size; null if nothing is.</summary>
    public static QueryInvalid? PageProblem(int limit) =>
        limit is < 1 or > MostAtOnce ? new QueryInvalid("limit", $"{limit} is not possible; expected 1 to {MostAtOnce}") : null;

    private static ImmutableArray<RowFilter> Filters(ListRuns query, ImmutableArray<string> states)
    {
        var where = ImmutableArray.CreateBuilder<RowFilter>();
        if (query.Deployment is { } deployment)
        {
            where.Add(new("deployment", RowOperator.Equal, deployment));
        }
        else if (query.Tag is { } tag)
        {
            where.Add(new("tags", RowOperator.Contains, tag));
        }

        if (where.Count > 0 || query.State is not null)
        {
            where.Add(new("state_name", RowOperator.In, states));
        }

        if (query.Since is { } since)
        {
            where.Add(new("created", RowOperator.AtLeast, since.ToUnixTimeMilliseconds()));
        }

        return where.DrainToImmutable();
    }

    private static IEnumerable<string> StateWords => Enum.GetNames<StateType>().Union(AllStates);

    /// <summary>The names that a run's state may have; null if the word asked for is none. A type's word means all of its names.</summary>
    private static ImmutableArray<string>? States(ListRuns query)
    {
        if (query.State is not { } text)
        {
            return AllStates;
        }

        return StateWords.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is not { } found ? null
            : Enum.TryParse<StateType>(found, out var type) ? StateNames.Of(type)
            : [found];
    }
}
