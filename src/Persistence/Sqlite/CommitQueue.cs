namespace Runner.Persistence.Sqlite;

/// <summary>Commits in the order of their arrival; taken by one thread, in groups of all there is.</summary>
internal sealed class CommitQueue(int largestGroup)
{
    private readonly object _lock = new();
    private readonly Queue<PendingCommit> _queue = new();
    private bool _closed;

    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    public void Add(PendingCommit commit)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteEntityStore));
            _queue.Enqueue(commit);
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Takes nothing more in; what is queued is still to be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>
    /// Waits for the next group and fills the list with it; false when the queue is closed and empty. Does not wait while there is
    /// something else to do: then the group may be empty.
    /// </summary>
    public bool Take(List<PendingCommit> group, bool wait)
    {
        group.Clear();
        lock (_lock)
        {
            while (_queue.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                if (!wait)
                {
                    return true;
                }

                Monitor.Wait(_lock);
            }

            while (group.Count < largestGroup && _queue.TryDequeue(out PendingCommit? commit))
            {
                group.Add(commit);
            }

            return true;
        }
    }
}
