namespace Runner.Actors.Processes;

/// <summary>
/// How many attempts are being executed on this node, a signal for when there are none, and the gate that a node which is being stopped
/// closes: whoever passed it before is counted. Thread-safe.
/// </summary>
internal sealed class ProcessCount
{
    private readonly Lock _lock = new();
    private int _count;
    private bool _closed;
    private TaskCompletionSource? _none;

    public int Current
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Counts an attempt, unless the gate is closed.</summary>
    public bool TryAdd()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            _count++;
            return true;
        }
    }

    /// <summary>From now on no attempt begins to be executed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    public void Remove()
    {
        TaskCompletionSource? none = null;
        lock (_lock)
        {
            if (--_count == 0)
            {
                (none, _none) = (_none, null);
            }
        }

        none?.SetResult();
    }

    /// <summary>Completes when no attempt is being executed.</summary>
    public Task WhenNone()
    {
        lock (_lock)
        {
            return _count == 0
                ? Task.CompletedTask
                // Completed inside an actor's turn, and not on a thread of its own that the simulator would not know of: whoever awaits
                // this does no more than to ask for the next thing.
                : (_none ??= new TaskCompletionSource()).Task;
        }
    }
}
