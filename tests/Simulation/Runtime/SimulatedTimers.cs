namespace Runner.Simulation.Runtime;

/// <summary>
/// A heap of timers by due time, of equal ones in an order the seed decides. Cancelled ones stay until they come to the front, or
/// until the heap has doubled.
/// </summary>
internal sealed class SimulatedTimers
{
    private const int CompactAbove = 256;

    private readonly PriorityQueue<SimulatedTimer, (long Due, ulong Tie, long Sequence)> _heap = new();
    private long _sequence;
    private int _compactAt = CompactAbove;

    public void Add(SimulatedTimer timer, long due, ulong tie)
    {
        if (_heap.Count >= _compactAt)
        {
            Compact();
        }

        _heap.Enqueue(timer, (due, tie, _sequence++));
    }

    /// <summary>Takes the next live timer that is due at or before <paramref name="limit"/>, with its time; null if there is none.</summary>
    public SimulatedTimer? TryTake(long limit, out long due)
    {
        while (_heap.TryPeek(out var timer, out var key))
        {
            due = key.Due;
            if (timer.IsCancelled)
            {
                _heap.Dequeue();
            }
            else if (due <= limit)
            {
                return _heap.Dequeue();
            }
            else
            {
                return null;
            }
        }

        due = 0;
        return null;
    }

    public void DropAllOf(SimulatedNode node) => Rebuild(timer => timer.Node != node);

    // Keys are unique, so the order after a rebuild is the order before it.
    private void Compact() => Rebuild(static timer => true);

    private void Rebuild(Func<SimulatedTimer, bool> keep)
    {
        var live = _heap.UnorderedItems.Where(item => !item.Element.IsCancelled && keep(item.Element)).ToArray();
        _heap.Clear();
        _heap.EnqueueRange(live);
        _compactAt = Math.Max(CompactAbove, 2 * _heap.Count);
    }
}

/// <summary>Something that happens at a time.</summary>
/// <param name="node">Whose it is, and with whom it dies; null for the world's own.</param>
internal abstract class SimulatedTimer(SimulatedNode? node)
{
    public SimulatedNode? Node => node;

    public abstract bool IsCancelled { get; }

    public abstract void Fire();
}

/// <summary>An action at a time.</summary>
internal sealed class ActionTimer(SimulatedNode? node, Action action) : SimulatedTimer(node)
{
    public override bool IsCancelled => false;

    public override void Fire() => action();
}
