using Runner.Engine.Clock;

namespace Runner.Engine.Simulation;

/// <summary>A heap of timers by due time; cancelled ones stay until popped, or until they are most of the heap.</summary>
internal sealed class SimulatedTimers
{
    private const int CompactAbove = 256;

    private readonly PriorityQueue<Entry, (long Due, ulong Tie, long Sequence)> _heap = new();
    private long _sequence;
    private int _cancelled;

    public int Count => _heap.Count - _cancelled;

    public ICancelable Add(SimulatedNode? node, long due, ulong tie, Action callback)
    {
        var entry = new Entry(this, node, callback);
        _heap.Enqueue(entry, (due, tie, _sequence++));
        return entry;
    }

    /// <summary>Whether a live timer is due at or before <paramref name="limit"/>; drops the cancelled ones in front of it.</summary>
    public bool TryPeek(long limit, out long due)
    {
        while (_heap.TryPeek(out var entry, out var key))
        {
            if (entry.Callback is not null)
            {
                due = key.Due;
                return due <= limit;
            }

            _heap.Dequeue();
            _cancelled--;
        }

        due = 0;
        return false;
    }

    public Action Pop()
    {
        var entry = _heap.Dequeue();
        var callback = entry.Callback!;
        entry.Callback = null;
        return callback;
    }

    public void DropAllOf(SimulatedNode node)
    {
        foreach (var (entry, _) in _heap.UnorderedItems)
        {
            if (entry.Node == node)
            {
                entry.Callback = null;
            }
        }

        Compact();
    }

    private void OnCancelled()
    {
        _cancelled++;
        if (_heap.Count > CompactAbove && _cancelled > _heap.Count / 2)
        {
            Compact();
        }
    }

    // Keys are unique, so the order after a rebuild is the order before it.
    private void Compact()
    {
        var live = _heap.UnorderedItems.Where(item => item.Element.Callback is not null).ToArray();
        _heap.Clear();
        _heap.EnqueueRange(live);
        _cancelled = 0;
    }

    private sealed class Entry(SimulatedTimers owner, SimulatedNode? node, Action callback) : ICancelable
    {
        public SimulatedNode? Node { get; } = node;

        public Action? Callback { get; set; } = callback;

        public void Cancel()
        {
            if (Callback is not null)
            {
                Callback = null;
                owner.OnCancelled();
            }
        }
    }
}
