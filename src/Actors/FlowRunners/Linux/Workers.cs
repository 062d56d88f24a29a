using Serilog;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// A queue and the threads of its own that empty it: for system calls that block, which have no place on the thread pool.
/// What is still queued when it is disposed is dropped.
/// </summary>
internal sealed class Workers<T> : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<T> _queue = new();
    private readonly Thread[] _threads;
    private readonly Action<List<T>> _handle;
    private readonly int _largestBatch;
    private readonly Func<T, TrackedAttempt?> _attempt;
    private readonly ILogger _log;
    private bool _disposed;

    /// <param name="attempt">What an item is about, for the log; null if it is no living attempt.</param>
    public Workers(string name, int threads, int largestBatch, Action<List<T>> handle, Func<T, TrackedAttempt?> attempt, ILogger log)
    {
        (_handle, _largestBatch, _attempt, _log) = (handle, largestBatch, attempt, log);
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Run) { Name = $"{name} {i}", IsBackground = true })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Never blocks; does nothing once disposed.</summary>
    public void Post(T item)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _queue.Enqueue(item);
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Waits for the items in work, unless called by one of them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _queue.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread)
            {
                thread.Join();
            }
        }
    }

    private void Run()
    {
        var batch = new List<T>();
        while (Take(batch))
        {
            try
            {
                _handle(batch);
            }
            catch (Exception e)
            {
                foreach (var item in batch)
                {
                    (_attempt(item) is { } attempt ? _log.About(attempt.Spec) : _log)
                        .Error(e, "The thread of {Thread} failed", Thread.CurrentThread.Name);
                }
            }
        }
    }

    private bool Take(List<T> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (_queue.Count == 0 && !_disposed)
            {
                Monitor.Wait(_gate);
            }

            while (batch.Count < _largestBatch && _queue.TryDequeue(out var item))
            {
                batch.Add(item);
            }
        }

        return batch.Count > 0;
    }
}
