namespace Runner.Actors.Processes;

/// <summary>
/// The runs of which this node looks after an attempt: from its start until what became of it is durable, whatever happens to the run's
/// actor meanwhile. With a signal for when there are none, and the gate that a node which is being stopped closes: whoever passed it before
/// is counted. Thread-safe.
/// </summary>
internal sealed class ProcessCount
{
    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _runs = [];
    private bool _closed;
    private TaskCompletionSource? _none;

    public int Current
    {
        get
        {
            lock (_lock)
            {
                return _runs.Count;
            }
        }
    }

    /// <summary>The runs as they are now.</summary>
    public Guid[] Runs
    {
        get
        {
            lock (_lock)
            {
                return [.. _runs];
            }
        }
    }

    /// <summary>Counts a run's attempt, unless the gate is closed; one that is counted already stays so.</summary>
    public bool TryAdd(Guid run)
    {
        lock (_lock)
        {
            return _runs.Contains(run) || (!_closed && _runs.Add(run));
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

    public void Remove(Guid run)
    {
        TaskCompletionSource? none = null;
        lock (_lock)
        {
            if (_runs.Remove(run) && _runs.Count == 0)
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
            return _runs.Count == 0
                ? Task.CompletedTask
                // Completed inside an actor's turn, and not on a thread of its own that the simulator would not know of: whoever awaits
                // this does no more than to ask for the next thing.
                : (_none ??= new TaskCompletionSource()).Task;
        }
    }
}
