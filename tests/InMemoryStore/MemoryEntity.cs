using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.InMemoryStore;

/// <summary>What the store has of one entity.</summary>
internal sealed class MemoryEntity
{
    private readonly List<StoredEvent> _events = [];
    private StoredSnapshot? _snapshot;

    public long LastSequence { get; private set; }

    /// <summary>Unix milliseconds; null if it never wakes.</summary>
    public long? WakeUp { get; set; }

    public void Write(EntityWrite write)
    {
        foreach (StoredEvent @event in write.Replaces)
        {
            int at = _events.FindIndex(other => other.Sequence >= @event.Sequence);
            at = at < 0 ? _events.Count : at;
            if (at < _events.Count && _events[at].Sequence == @event.Sequence)
            {
                _events[at] = @event;
            }
            else
            {
                _events.Insert(at, @event);
            }
        }

        _events.AddRange(write.Events);
        LastSequence += write.Events.Length;
        if (write.Snapshot is { } snapshot && snapshot.Sequence >= (_snapshot?.Sequence ?? 0))
        {
            _snapshot = snapshot;
            _events.RemoveRange(0, _events.FindIndex(@event => @event.Sequence > snapshot.Sequence) is >= 0 and var kept ? kept : _events.Count);
        }
    }

    /// <summary>Leaves its number alone.</summary>
    public void Erase()
    {
        _events.Clear();
        _snapshot = null;
    }

    /// <summary>Forgets the number it was erased at, unless it has gone on since; whether nothing at all is left of it.</summary>
    public bool Forget(long sequence)
    {
        if (_events.Count == 0 && _snapshot is null && LastSequence == sequence)
        {
            LastSequence = 0;
        }

        return LastSequence == 0 && WakeUp is null;
    }

    public EntityHistory History() => new(_snapshot, [.. _events], LastSequence);

    public ImmutableArray<StoredEvent> EventsAfter(long sequence, int atMost) =>
        [.. _events.SkipWhile(@event => @event.Sequence <= sequence).Take(atMost)];
}
