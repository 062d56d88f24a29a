using System.Runtime.CompilerServices;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;

namespace Runner.Actors.Nodes;

/// <summary>Which attempts a store knows of: what else lies in the output folder is not its business.</summary>
public static class StoredAttempts
{
    private const int PageSize = 1000;

    /// <summary>A run's latest attempt; 0 before the first, and for a run that the store does not know.</summary>
    public static async Task<int> LatestAsync(IEntityStore store, string run)
    {
        var row = await store.RowAsync(Tables.Runs.Name, run).ConfigureAwait(false);
        return row is null ? 0 : (int)(long)row.Values[AttemptColumn]!;
    }

    /// <summary>The latest attempt of every run that has one and has not ended.</summary>
    public static async IAsyncEnumerable<AttemptKey> OpenAsync(IEntityStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (RowPosition? after = null; ;)
        {
            cancel.ThrowIfCancellationRequested();
            var page = await store.RowsAsync(new RowQuery(Tables.OpenRuns.Name, [], [], PageSize, after)).ConfigureAwait(false);
            foreach (var row in page)
            {
                if (await LatestAsync(store, row.Key).ConfigureAwait(false) is > 0 and var attempt)
                {
                    yield return new AttemptKey(Guid.Parse(row.Key), attempt);
                }
            }

            if (page.Length < PageSize)
            {
                yield break;
            }

            after = new RowPosition([], page[^1].Key);
        }
    }

    private static int AttemptColumn { get; } = Tables.Runs.Columns.Select(c => c.Name).ToList().IndexOf("attempt");
}
