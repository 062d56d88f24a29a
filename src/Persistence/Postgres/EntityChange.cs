using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>What a group changes of one entity.</summary>
internal sealed class EntityChange(EntityKey entity)
{
    private readonly List<StoredEvent> _events = [];
    private readonly List<StoredEvent> _replaces = [];

    public EntityKey Entity => entity;

    public string PersistenceId { get; } = entity.ToString();

    /// <summary>The last sequence number in the database.</summary>
    public long Before { get; private set; }

    /// <summary>The last one after the commits decided so far.</summary>
    public long Last { get; private set; }

    /// <summary>Whether any write of it stands; what was refused or left out touches nothing.</summary>
    public bool Touched { get; private set; }

    /// <summary>Events that are still there at the end of the group.</summary>
    public IReadOnlyList<StoredEvent> Events => _events;

    /// <summary>Events that take the place of others.</summary>
    public IReadOnlyList<StoredEvent> Replaces => _replaces;

    /// <summary>Events up to this one are gone; 0 if none are.</summary>
    public long DroppedTo { get; private set; }

    public StoredSnapshot? Snapshot { get; private set; }

    /// <summary>Whether its end is to be remembered, with the number it had there.</summary>
    public long? ErasedAt { get; private set; }

    public WakeUpChange? WakeUp { get; private set; }

    /// <summary>
    /// Whether nothing of the group stays at the number after <see cref="Before"/>, by whose uniqueness the database would tell that somebody
    /// else has written the entity.
    /// </summary>
    public bool NeedsFence => _events.Count == 0 || _events[0].Sequence != Before + 1;

    public void Is(long sequence) => Last = Before = sequence;

    public void Apply(EntityWrite write)
    {
        Touched = true;
        if (write.Erases)
        {
            Drop(Last);
            (Snapshot, ErasedAt, WakeUp) = (null, Last, new WakeUpChange(null));
            return;
        }

        _replaces.AddRange(write.Replaces);
        if (!write.Events.IsEmpty)
        {
            _events.AddRange(write.Events);
            Last = write.Events[^1].Sequence;
        }

        if (write.Snapshot is { } snapshot && snapshot.Sequence >= (Snapshot?.Sequence ?? 0))
        {
            Snapshot = snapshot;
            Drop(snapshot.Sequence);
        }

        WakeUp = write.WakeUp ?? WakeUp;
    }

    private void Drop(long to)
    {
        _events.RemoveAll(@event => @event.Sequence <= to);
        DroppedTo = Math.Max(DroppedTo, to);
    }
}
