using System.Runtime.CompilerServices;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;
using Runner.Messages.Serialization;

namespace Runner.Actors.Nodes;

/// <summary>Which attempts a store knows of: what else lies in the output folder is not its business.</summary>
public static class StoredAttempts
{
    /// <summary>The journal's name of an attempt's start.</summary>
    private const string AttemptBegun = "run.attempt-starting";

    /// <summary>A run's latest attempt; 0 before the first, and for a run that the store does not know.</summary>
    public static async Task<int> LatestAsync(IEntityStore store, string run)
    {
        var row = await store.RowAsync(Tables.Runs.Name, run).ConfigureAwait(false);
        return row is null ? 0 : RunRow.AttemptOf(row) ?? await BegunAsync(store, run).ConfigureAwait(false);
    }

    /// <summary>As its history says, where the row does not; what cannot be read of that either is passed over.</summary>
    private static async Task<int> BegunAsync(IEntityStore store, string run)
    {
        var history = await store.LoadAsync(new EntityKey(EntityKinds.FlowRun, run)).ConfigureAwait(false);
        return history.Events.Where(e => e.Type == AttemptBegun && e.Damage is null).Select(e => AttemptOf(e.Payload)).DefaultIfEmpty(0).Max();
    }

    private static int AttemptOf(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, MessagesJson.Default.AttemptStarting)?.Attempt ?? 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    /// <summary>The latest attempt of every run that has one and has not ended.</summary>
    public static async IAsyncEnumerable<AttemptKey> OpenAsync(IEntityStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var row in store.AllAsync(Tables.OpenRuns).ConfigureAwait(false))
        {
            cancel.ThrowIfCancellationRequested();
            // A row of what can be no run has no attempt.
            if (Guid.TryParseExact(row.Key, "D", out var run) && await LatestAsync(store, row.Key).ConfigureAwait(false) is > 0 and var attempt)
            {
                yield return new AttemptKey(run, attempt);
            }
        }
    }
}
