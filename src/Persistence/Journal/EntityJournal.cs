using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace Runner.Persistence.Journal;

/// <summary>
/// The journal of a node: Akka.Persistence.Sql's, with writes and reads that go through <see cref="Runner.Entities.Store.IEntityStore"/>, so that
/// an entity's events, rows, wake-up and slots are one transaction. The tables are the package's own, so its query side reads what is
/// written here.
/// </summary>
public sealed class EntityJournal(Config config) : SqlWriteJournal(config)
{
    private readonly JournalAccess _access = JournalAccess.Of(Context.System);
    private readonly JournalTurns _turns = new(JournalAccess.Of(Context.System));

    /// <summary>
    /// Leaves out what the package does here: it makes a materializer and a queue of its own to write through, and lets everybody wait for
    /// them. Nothing here uses them; left out, a node's first entity answers after less than half the time, with 10 MB less.
    /// </summary>
    protected override void PreStart()
    {
    }

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
