using Akka.Persistence;
using Akka.Persistence.Snapshot;
using Runner.Entities;

namespace Runner.Persistence.Journal;

/// <summary>
/// Hands out the snapshots that the store keeps, as <see cref="JournaledSnapshot"/>s. The load that finds one has the events after it too, and the
/// journal replays those: an entity recovers with one read. Nothing is saved here: a snapshot is part of a commit.
/// </summary>
/// <remarks>
/// Entities of kinds without snapshots may ask for theirs, or say <see cref="SnapshotSelectionCriteria.None"/>: it is one question and one
/// answer either way and costs the same, as the load is then made here instead of in the journal. Akka's no-snapshot-store is no cheaper: it is
/// asked in the same way, and goes through a circuit breaker to say nothing. One that asks cannot miss a snapshot that is there.
/// </remarks>
public sealed class EntitySnapshotStore : SnapshotStore
{
    private readonly JournalAccess _access = JournalAccess.Of(Context.System);

    /// <inheritdoc/>
    protected override async Task<SelectedSnapshot> LoadAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        var history = await _access.LoadAsync(persistenceId).ConfigureAwait(false);

        // When it was taken is not kept: there is one, and it is always the right one.
        return history.Snapshot is { } found && found.Sequence >= criteria.MinSequenceNr && found.Sequence <= criteria.MaxSequenceNr
            ? new SelectedSnapshot(new SnapshotMetadata(persistenceId, found.Sequence, DateTime.MinValue), new JournaledSnapshot(
                found.Version, found.Payload, found.Damage))
            : null!;
    }

    /// <inheritdoc/>
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken) =>
        Task.FromException(JournalRefusedException.SavedSnapshot(metadata.PersistenceId));

    // After a refused save the base class asks for this, to leave nothing half written.
    /// <inheritdoc/>
    protected override Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken) =>
        Task.FromException(JournalRefusedException.DeletedSnapshot(metadata.PersistenceId));

    /// <inheritdoc/>
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) =>
        Task.FromException(JournalRefusedException.DeletedSnapshot(persistenceId));
}
