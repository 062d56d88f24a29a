using Serilog;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Starts that the system has no room for now (descriptors, processes, memory, disk). They wait in their order; one at a time is tried
/// again, and while that works the others follow at once. Thread-safe.
/// </summary>
internal sealed class WaitingStarts : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly LinkedList<TrackedAttempt> _waiting = new();
    private readonly Thread _thread;
    private readonly Action<TrackedAttempt> _tryAgain;
    private readonly ILogger _log;
    private volatile string? _reason;
    private bool _disposed;

    /// <param name="tryAgain">Queues an attempt's start; must not block.</param>
    public WaitingStarts(Action<TrackedAttempt> tryAgain, ILogger log)
    {
        (_tryAgain, _log) = (tryAgain, log);
        // Now, and not when it is needed: then there may be no room for a thread, either.
        _thread = new Thread(Run) { Name = "waiting starts", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Why starts wait, in sentences; null if none does.</summary>
    public string? Trouble
    {
        get
        {
            lock (_gate)
            {
                return _reason is null ? null
                    : $"Programs cannot be started now, and those that are due wait ({Math.Max(1, _waiting.Count)}); "
                        + $"they start by themselves when there is room. {_reason}";
            }
        }
    }

    /// <param name="reason">What was missing, in a sentence.</param>
    public void Add(TrackedAttempt attempt, string reason)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_reason is null)
            {
                _log.Warning("Programs cannot be started now; those that are due wait: {Reason}", reason);
            }

            _reason = reason;
            _waiting.AddLast(attempt);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A program has been started: where there was room for one there may be for more.</summary>
    public void Worked()
    {
        if (_reason is null)
        {
            return;
        }

        TrackedAttempt? next;
        lock (_gate)
        {
            next = TakeFirst();
            if (next is null && _reason is not null)
            {
                _reason = null;
                _log.Information("Programs are started again");
            }
        }

        if (next is not null)
        {
            _tryAgain(next);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        var due = new List<TrackedAttempt>();
        while (TakeDue(due))
        {
            due.ForEach(_tryAgain);
        }
    }

    /// <summary>After a pause the first one, and every one that is to be stopped: it only has to be told that it never started.</summary>
    private bool TakeDue(List<TrackedAttempt> due)
    {
        due.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_disposed)
            {
                Monitor.Wait(_gate);
            }

            // Woken early only by a newcomer, who has waited least, or to end.
            if (!_disposed)
            {
                Monitor.Wait(_gate, Pause);
            }

            if (TakeFirst() is { } first)
            {
                due.Add(first);
            }

            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.StopOnStart is not null)
                {
                    due.Add(node.Value);
                    _waiting.Remove(node);
                }

                node = next;
            }

            return !_disposed;
        }
    }

    private TrackedAttempt? TakeFirst()
    {
        var first = _waiting.First?.Value;
        if (first is not null)
        {
            _waiting.RemoveFirst();
        }

        return first;
    }
}
