using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Engine.Store;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Nodes;

/// <summary>Pages of rows for people: one page is read, whatever there is.</summary>
internal static class Listings
{
    private const int MostAtOnce = 1000;

    /// <summary>Runs, newest first.</summary>
    public static async Task<Reply<RunPage>> RunsAsync(IEntityStore store, ListRuns query)
    {
        if (query.Limit is < 1 or > MostAtOnce)
        {
            return new QueryInvalid("limit", $"{query.Limit} is not possible; expected 1 to {MostAtOnce}");
        }

        var where = ImmutableArray.CreateBuilder<RowFilter>();
        if (query.State is { } state)
        {
            if (!AddState(state, where))
            {
                return new QueryInvalid("state", $"there is no state '{state}'; expected one of {string.Join(", ", StateWords)}");
            }
        }

        if (query.Deployment is { } deployment)
        {
            where.Add(new("deployment", RowOperator.Equal, deployment));
        }

        if (query.Tag is { } tag)
        {
            where.Add(new("tags", RowOperator.Contains, tag));
        }

        if (query.Since is { } since)
        {
            where.Add(new("created", RowOperator.AtLeast, since.ToUnixTimeMilliseconds()));
        }

        RowPosition? after = null;
        if (query.After is not null && (after = Position(query.After)) is null)
        {
            return new QueryInvalid("after", "it is not a cursor that an earlier page gave");
        }

        var rows = await store.RowsAsync(new RowQuery(
            Tables.Runs.Name, where.ToImmutable(), [new("created", Descending: true)], query.Limit, after)).ConfigureAwait(false);
        var items = rows.Select(FlowRunRows.Summary).ToImmutableArray();
        return new RunPage(items, items.Length == query.Limit ? Cursor(rows[^1]) : null);
    }

    /// <summary>Deployments by name.</summary>
    public static async Task<Reply<DeploymentPage>> DeploymentsAsync(IEntityStore store, Messages.Runs.ListDeployments query)
    {
        if (query.Limit is < 1 or > MostAtOnce)
        {
            return new QueryInvalid("limit", $"{query.Limit} is not possible; expected 1 to {MostAtOnce}");
        }

        ImmutableArray<RowFilter> where = query.Tag is { } tag ? [new("tags", RowOperator.Contains, tag)] : [];
        var after = query.After is { } name ? new RowPosition([], name) : null;
        var rows = await store.RowsAsync(new RowQuery(Tables.Deployments.Name, where, [], query.Limit, after)).ConfigureAwait(false);
        return new DeploymentPage([.. rows.Select(DeploymentRows.Summary)], rows.Length == query.Limit ? rows[^1].Key : null);
    }

    private static readonly string[] StateWords =
    [
        .. Enum.GetNames<StateType>().Concat(
            [StateNames.Late, StateNames.AwaitingRetry, StateNames.AwaitingConcurrencySlot, StateNames.Submitting, StateNames.Retrying,
                StateNames.Stopping, StateNames.TimedOut]),
    ];

    private static bool AddState(string text, ImmutableArray<RowFilter>.Builder where)
    {
        if (StateWords.FirstOrDefault(w => w.Equals(text, StringComparison.OrdinalIgnoreCase)) is not { } word)
        {
            return false;
        }

        if (Enum.TryParse<StateType>(word, out _))
        {
            where.Add(new("state_type", RowOperator.Equal, word));
            return true;
        }

        where.Add(new("state_type", RowOperator.Equal, TypeOf(word).ToString()));
        where.Add(new("state_name", RowOperator.Equal, word));
        return true;
    }

    private static StateType TypeOf(string name) => name switch
    {
        StateNames.Submitting => StateType.Pending,
        StateNames.Retrying or StateNames.Stopping => StateType.Running,
        StateNames.TimedOut => StateType.Failed,
        _ => StateType.Scheduled,
    };

    private static string Cursor(Row row) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{(long)row.Values[6]!} {row.Key}")));

    private static RowPosition? Position(string cursor)
    {
        if (cursor.Length > 200 || !Base64Url.IsValid(cursor))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.Split(' ') is [var created, var key]
            && long.TryParse(created, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && Guid.TryParse(key, out _)
            ? new RowPosition([at], key)
            : null;
    }
}
