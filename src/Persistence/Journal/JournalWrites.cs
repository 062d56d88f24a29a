using System.Collections.Immutable;
using Akka.Persistence;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Journal;

/// <summary>
/// Akka.Persistence's writes as commits of the store. Whatever comes of one is an answer to the entity that wrote, never a failure of the
/// journal: otherwise fences and a full disk would open its circuit breaker, and with it stop entities that have nothing to do with it.
/// </summary>
internal sealed class JournalWrites(IEntityStore store, PendingWrites pending, LoadedHistories loaded)
{
    /// <summary>Writes each, in order; each is decided as if alone. The task never fails.</summary>
    /// <returns>For each the reason why it was refused, or null; null if none was.</returns>
    public async Task<IImmutableList<Exception?>?> WriteAsync(IEnumerable<AtomicWrite> messages)
    {
        AtomicWrite[] all = [.. messages];
        if (all.Length == 0)
        {
            return null;
        }

        // All are of one entity: a persistent actor sends its own only. Said before the store hears of it, for whoever reads meanwhile.
        var written = new TaskCompletionSource();
        pending.Add(all[0].PersistenceId, written.Task);
        try
        {
            return await AnswersAsync([.. all.Select(WriteAsync)]).ConfigureAwait(false);
        }
        finally
        {
            written.SetResult();
        }
    }

    // What awaits a commit is run by the store's own thread: from here to the journal's answers it only tells messages.
    private static async Task<IImmutableList<Exception?>?> AnswersAsync(List<Task<Exception?>> writes)
    {
        var refused = false;
        foreach (var write in writes)
        {
            refused |= await write.ConfigureAwait(false) is not null;
        }

        return refused ? [.. writes.Select(static write => write.Result)] : null;
    }

    private async Task<Exception?> WriteAsync(AtomicWrite message)
    {
        if (!TryRead(message, out var persisted, out var refusal))
        {
            return refusal;
        }

        foreach (var write in persisted.Commit.Writes)
        {
            loaded.Forget(write.Entity);
        }

        try
        {
            var result = await store.CommitAsync(persisted.Commit).ConfigureAwait(false);
            if (result is not CommitResult.Committed committed)
            {
                return new CommitRefusedException(result);
            }

            persisted.Outcome = committed;
            return null;
        }
        catch (ObjectDisposedException closed)
        {
            return new StoreUnavailableException("The store is closed: the node is on its way down.", closed);
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private static bool TryRead(
        AtomicWrite message,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PersistedCommit? persisted,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Exception? refusal)
    {
        var events = (IImmutableList<IPersistentRepresentation>)message.Payload;
        persisted = events[0].Payload as PersistedCommit;
        refusal = persisted is not { Commit.Writes: [var own, ..] }
            ? NotSupported(
                message, $"a {events[0].Payload.GetType()} is no {nameof(PersistedCommit)}: this journal writes entities' commits and nothing else")
            : own.Entity.ToString() != message.PersistenceId
                ? NotSupported(message, $"its commit begins with a write of {own.Entity}, not with its own")
                : own.Precondition != WritePrecondition.MustMatch
                    ? NotSupported(message, $"its own write has the precondition {own.Precondition} and could be left out unseen")
                    : own.Events.Length != events.Count || !Follow(own, events)
                        ? NotSupported(
                            message, $"the events numbered {events[0].SequenceNr} to {events[^1].SequenceNr} are persisted, but its write has "
                                + $"{own.Events.Length} events after number {own.ExpectedSequence}. "
                                + "It went on after a refused write without recovering first")
                        : null;
        return refusal is null;
    }

    // A number that the actor counted but never wrote would be a gap, through which somebody with an older view could write.
    private static bool Follow(EntityWrite own, IImmutableList<IPersistentRepresentation> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var expected = own.ExpectedSequence + i + 1;
            if (events[i].SequenceNr != expected || own.Events[i].Sequence != expected || (i > 0 && events[i].Payload is not PersistedRest))
            {
                return false;
            }
        }

        return true;
    }

    private static NotSupportedException NotSupported(AtomicWrite message, string why) =>
        new($"Nothing was written for {message.PersistenceId}: {why}.");
}
