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

        if (query.Name is not null || query.Parameter is not null)
        {
            return await WithWordsAsync(store, damaged, query, asked.Value!).ConfigureAwait(false);
        }

        if (query is { Deployment: not null, Tag: { } tag })
        {
            return await LookThroughAsync(
                store, asked.Value!, query.Limit,
                rows => Task.FromResult(
                    damaged.Read(Tables.Runs, rows, static row => RunRow.Of(row).Summary).RemoveAll(run => !run.Tags.Contains(tag))),
                RunRow.LastPlace).ConfigureAwait(false);
        }

        var rows = await store.RowsAsync(asked.Value!).ConfigureAwait(false);
        var items = damaged.Read(Tables.Runs, rows, static row => RunRow.Of(row).Summary);
        return new RunPage(items, rows.Length == query.Limit ? Next(rows) : null);
    }

    /// <summary>The runs of a name, or with a parameter's value, by the words they are found by; what else is asked of them their rows say.</summary>
    private static async Task<Reply<RunPage>> WithWordsAsync(IEntityStore store, DamagedRows damaged, ListRuns query, RowQuery ofRuns)
    {
        if (query.Parameter is { } given && given.IndexOf('=', StringComparison.Ordinal) < 1)
        {
            return new QueryInvalid("parameter", $"'{given}' is no parameter with its value; expected NAME=VALUE");
        }

        var words = Words(query);
        var states = States(query)!.Value;
        return await LookThroughAsync(
            store,
            WordQuery(query, ofRuns),
            query.Limit,
            async rows =>
            {
                var found = ImmutableArray.CreateBuilder<RunSummary>();
                foreach (var run in damaged.Read(Tables.RunWords, rows, RunWordsRow.Of).Where(run => words.All(run.Words.Contains)))
                {
                    if (await store.RowAsync(Tables.Runs.Name, RowValues.Key(run.Run)).ConfigureAwait(false) is { } row
                        && damaged.TryRead(Tables.Runs, row, static row => RunRow.Of(row).Summary, out var summary)
                        && (query.Deployment is null || summary.Deployment == query.Deployment)
                        && (query.Tag is not { } tag || summary.Tags.Contains(tag))
                        && (query.State is null || states.Contains(summary.State.Name)))
                    {
                        found.Add(summary);
                    }
                }

                return found.ToImmutable();
            },
            RunWordsRow.LastPlace).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs of which no index has all that is asked for: those of the index that has most of it are looked through. If very many are not what is
    /// asked for no more are looked at than <see cref="MostLookedAt"/>; the page is then shorter, and goes on where the looking stopped.
    /// </summary>
    /// <param name="candidates">In the order of creation, newest first.</param>
    /// <param name="fitting">Those of some rows that are what is asked for, in the rows' order.</param>
    /// <param name="lastPlace">Where rows end in the order of creation; null if none of them says.</param>
    private static async Task<Reply<RunPage>> LookThroughAsync(
        IEntityStore store, RowQuery candidates, int limit, Func<ImmutableArray<Row>, Task<ImmutableArray<RunSummary>>> fitting,
        Func<ImmutableArray<Row>, RowPosition?> lastPlace)
    {
        var found = ImmutableArray.CreateBuilder<RunSummary>();
        // No more than the page has, if all fit; more of them, if few do.
        var query = candidates with { Limit = limit };
        for (var looked = 0; looked < MostLookedAt;)
        {
            var rows = await store.RowsAsync(query).ConfigureAwait(false);
            foreach (var summary in await fitting(rows).ConfigureAwait(false))
            {
                found.Add(summary);
                if (found.Count == limit)
                {
                    return new RunPage(found.ToImmutable(), RunCursor.Of(summary));
                }
            }

            if (rows.Length < query.Limit)
            {
                return new RunPage(found.ToImmutable(), null);
            }

            if (lastPlace(rows) is not { } last)
            {
                return new RunPage(found.ToImmutable(), null);
            }

            looked += rows.Length;
            query = query with { Limit = Math.Min(MostAtOnce, 4 * query.Limit), After = last };
        }

        return new RunPage(found.ToImmutable(), RunCursor.Of(query.After!));
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

    /// <summary>What is asked of the store for runs of a name, or with a parameter's value.</summary>
    /// <param name="ofRuns">What would be asked for a page of runs.</param>
    public static RowQuery WordQuery(ListRuns query, RowQuery ofRuns) => ofRuns with
    {
        Table = Tables.RunWords.Name,
        Where = [new("words", RowOperator.Contains, Words(query)[0]), .. query.Since is { } since ? [Since(since)] : Array.Empty<RowFilter>()],
    };

    /// <summary>Deployments by name.</summary>
    public static async Task<Reply<DeploymentPage>> DeploymentsAsync(IEntityStore store, DamagedRows damaged, Messages.Runs.ListDeployments query)
    {
        if (PageProblem(query.Limit) is { } problem)
        {
            return problem;
        }

        var rows = await store.RowsAsync(DeploymentQuery(query)).ConfigureAwait(false);
        return new DeploymentPage(
            damaged.Read(Tables.Deployments, rows, static row => DeploymentRow.Of(row).Summary), rows.Length == query.Limit ? rows[^1].Key : null);
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
            where.Add(Since(since));
        }

        return where.DrainToImmutable();
    }

    private static ImmutableArray<string> Words(ListRuns query) =>
    [
        .. query.Name is { } name ? [RunWordsRow.OfName(name)] : Array.Empty<string>(),
        .. query.Parameter is { } parameter ? [RunWordsRow.OfParameter(parameter)] : Array.Empty<string>(),
    ];

    private static RowFilter Since(DateTimeOffset since) => new("created", RowOperator.AtLeast, since.ToUnixTimeMilliseconds());

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
