using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Runner.Persistence.Journal;

/// <summary>
/// The same journal without anything of Akka.Persistence.Sql: no thread, timer or stream of its own. What the store answers goes on to the
/// entity at once, on whichever thread the store answers. For the simulation, where one seed decides everything, and for quick tests.
/// </summary>
public sealed class StoreJournal : AsyncWriteJournal
{
    private readonly JournalAccess _access = JournalAccess.Of(Context.System);
    private readonly JournalTurns _turns = new(JournalAccess.Of(Context.System));

    /// <inheritdoc/>
    protected override bool AroundReceive(Receive receive, object message) => _turns.TryHandle(message, Self) || base.AroundReceive(receive, message);

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) =>
        _access.Writes.WriteAsync(messages)!;

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _access.HighestAsync(persistenceId, fromSequenceNr);

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        _access.ReplayAsync(persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        Task.FromException(JournalRefusedException.Deletion(persistenceId));
}
