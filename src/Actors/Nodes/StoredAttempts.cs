using System.Runtime.CompilerServices;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;

namespace Runner.Actors.Nodes;

/// <summary>Which attempts a store knows of: what else lies in the output folder is not its business.</summary>
public static class StoredAttempts
{
    /// <summary>A run's latest attempt; 0 before the first, and for a run that the store does not know.</summary>
    public static async Task<int> LatestAsync(IEntityStore store, string run)
    {
        var row = await store.RowAsync(Tables.Runs.Name, run).ConfigureAwait(false);
        return row is null ? 0 : RunRow.Of(row).Attempt;
    }

    /// <summary>The latest attempt of every run that has one and has not ended.</summary>
    public static async IAsyncEnumerable<AttemptKey> OpenAsync(IEntityStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var row in store.AllAsync(Tables.OpenRuns).ConfigureAwait(false))
        {
            cancel.ThrowIfCancellationRequested();
            if (await LatestAsync(store, row.Key).ConfigureAwait(false) is > 0 and var attempt)
            {
                yield return new AttemptKey(OpenRunRow.Of(row).Run, attempt);
            }
        }
    }
}
