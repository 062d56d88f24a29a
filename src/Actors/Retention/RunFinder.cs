using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Retention;

/// <summary>A run that may go, with the number of its last event.</summary>
internal sealed record PrunableRun(EndedRun Run, long LastSequence);

/// <summary>What one look found.</summary>
/// <param name="Next">Where to look next; null if everything has been looked at.</param>
internal sealed record FoundRuns(ImmutableArray<PrunableRun> Runs, PruneCursor? Next, int Looked) : INoSerializationVerificationNeeded;

/// <summary>Looks for runs that may go, a page of rows at a time. Reads only.</summary>
internal sealed class RunFinder(IEntityStore store, DamagedRows damaged, TimeProvider time, RetentionSettings settings)
{
    /// <summary>How many runs are deleted in one commit at most: a few milliseconds of the store's time.</summary>
    public const int AtOnce = 100;

    private const int PageSize = 2 * AtOnce;

    private static readonly RowFilter HasEnded = new(
        "state_name", RowOperator.In, StateNames.All.Where(state => state.Type.IsTerminal()).Select(state => state.Name).ToImmutableArray());

    private static readonly string Finished = EventCatalog.NameOf<RunFinished>();

    /// <summary>Looks at the next page; an entry of a deployment that has its own rule is left to that rule's pass.</summary>
    public async Task<FoundRuns> FindAsync(PruneRuns request, PruneCursor cursor)
    {
        var rule = await RuleAsync(request, cursor.Deployment).ConfigureAwait(false);
        cursor = await CountAsync(rule, cursor).ConfigureAwait(false);
        var pass = new RetentionPass(rule, settings.KeepAtLeast, cursor.Surplus, time.GetUtcNow());
        if (pass.CreatedBefore is not { } before)
        {
            return new FoundRuns([], await NextPassAsync(request, cursor).ConfigureAwait(false), 0);
        }

        var rows = await store.RowsAsync(new RowQuery(
            Tables.Runs.Name, [.. Scope(cursor.Deployment), new("created", RowOperator.Less, before)], [new("created")], PageSize, cursor.After))
            .ConfigureAwait(false);
        var (chosen, last) = await ChooseAsync(rows, pass, cursor.Deployment is null).ConfigureAwait(false);
        var next = last is not null ? cursor with { After = last }
            : rows.Length == PageSize && RunRow.LastPlace(rows) is { } place ? cursor with { After = place }
            : await NextPassAsync(request, cursor).ConfigureAwait(false);
        return new FoundRuns(await ConfirmAsync(chosen).ConfigureAwait(false), next, rows.Length);
    }

    private static ImmutableArray<RowFilter> Scope(string? deployment) =>
        deployment is null ? [HasEnded] : [HasEnded, new("deployment", RowOperator.Equal, deployment)];

    private async Task<RetentionRule> RuleAsync(PruneRuns request, string? deployment)
    {
        if (request.KeepFor is not null || request.KeepRuns is not null)
        {
            return new RetentionRule(request.KeepFor, request.KeepRuns);
        }

        return deployment is not null && await store.RowAsync(Tables.Retention.Name, deployment).ConfigureAwait(false) is { } own
            // Of a rule that cannot be read nobody knows what it keeps.
            ? damaged.TryRead(Tables.Retention, own, RetentionRow.Of, out var rule) ? RuleOf(rule) : RetentionRule.Everything
            : settings.Rule;
    }

    private static RetentionRule RuleOf(RetentionRow row) => new(row.KeepFor, row.KeepRuns);

    private async Task<PruneCursor> CountAsync(RetentionRule rule, PruneCursor cursor)
    {
        if (cursor.Counted || rule.KeepRuns is not { } keep)
        {
            return cursor;
        }

        var query = new RowQuery(Tables.Runs.Name, Scope(cursor.Deployment), [new("created", Descending: true)], 1);
        return cursor with { Surplus = await store.PlaceAsync(query, keep).ConfigureAwait(false), Counted = true };
    }

    /// <summary>At most <see cref="AtOnce"/> of a page's runs; with the place to go on at if there were more.</summary>
    private async Task<(List<EndedRun> Chosen, RowPosition? Last)> ChooseAsync(ImmutableArray<Row> rows, RetentionPass pass, bool isNodes)
    {
        var chosen = new List<EndedRun>();
        var haveOwn = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var row in damaged.Read(Tables.Runs, rows, RunRow.Of).Where(r => r.Ended is not null))
        {
            var run = EndedRun.Of(row);
            if (pass.MayGo(run) && !(isNodes && await HasOwnAsync(run.Deployment).ConfigureAwait(false)))
            {
                chosen.Add(run);
                if (chosen.Count == AtOnce)
                {
                    return (chosen, row.Place);
                }
            }
        }

        return (chosen, null);

        async Task<bool> HasOwnAsync(string deployment) => haveOwn.TryGetValue(deployment, out var known)
            ? known
            : haveOwn[deployment] = await store.RowAsync(Tables.Retention.Name, deployment).ConfigureAwait(false) is not null;
    }

    /// <summary>The journal is the truth: what has not ended by it stays, and the number of its last event fences the erasure.</summary>
    private async Task<ImmutableArray<PrunableRun>> ConfirmAsync(List<EndedRun> chosen)
    {
        var confirmed = await Task.WhenAll(chosen.Select(ConfirmAsync)).ConfigureAwait(false);
        return [.. confirmed.OfType<PrunableRun>()];
    }

    // Each history is let go of at once: a hundred of them may be large.
    private async Task<PrunableRun?> ConfirmAsync(EndedRun run)
    {
        var history = await store.LoadAsync(new EntityKey(EntityKinds.FlowRun, run.Key)).ConfigureAwait(false);
        return history.Events.IsEmpty || history.Events.Any(e => e.Type == Finished) ? new PrunableRun(run, history.LastSequence) : null;
    }

    /// <summary>After the node's rule come the deployments that have their own, by name, unless the request is about one thing.</summary>
    private async Task<PruneCursor?> NextPassAsync(PruneRuns request, PruneCursor cursor)
    {
        if (request.Deployment is not null || request.KeepFor is not null || request.KeepRuns is not null)
        {
            return null;
        }

        var after = cursor.Deployment is { } name ? new RowPosition([], name) : null;
        var rows = await store.RowsAsync(new RowQuery(Tables.Retention.Name, [], [], 1, after)).ConfigureAwait(false);
        return rows.IsEmpty ? null : new PruneCursor(rows[0].Key);
    }
}
