using Runner.Actors.FlowRunners;
using Runner.Messages.Runs;

namespace Runner.Actors.Processes;

/// <summary>
/// The runs of which this node looks after an attempt: from its start until what became of it is durable, whatever happens to the run's
/// actor meanwhile. With a signal for when there are none, and the gate that a node which is being stopped closes: whoever passed it before
/// is counted. Thread-safe.
/// </summary>
internal sealed class ProcessCount(TimeProvider time)
{
    /// <summary>
    /// For how long it is known which attempts are over: longer than a message can be on its way from a node that is not parted with, and shorter
    /// than a run is kept after its end, whose id may come again.
    /// </summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, CountedAttempt> _runs = [];
    private readonly Dictionary<Guid, (int Attempt, long At)> _over = [];
    private readonly Queue<(Guid Run, long At)> _overInOrder = [];
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
                return [.. _runs.Keys];
            }
        }
    }

    /// <summary>The attempts as they are now.</summary>
    public CountedAttempt[] Attempts
    {
        get
        {
            lock (_lock)
            {
                return [.. _runs.Values];
            }
        }
    }

    /// <summary>Counts a run's attempt, in the place of an earlier one, unless the gate is closed; one that is counted already stays so.</summary>
    public bool TryAdd(AttemptKey attempt, RunRecipe recipe)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue(attempt.RunId, out var counted) && counted.Key.Attempt >= attempt.Attempt)
            {
                return counted.Key == attempt;
            }

            if (_closed)
            {
                return false;
            }

            _runs[attempt.RunId] = new CountedAttempt(attempt, recipe.StopGrace, null) { EndsAfter = LostNode.EndsAfter(recipe) };
            return true;
        }
    }

    /// <summary>
    /// Whether an attempt was over a moment ago, or found not to be started since this was asked: who is told late to start it must not.
    /// </summary>
    /// <param name="asked">The place in the run's history at which it is asked to start; null if that is not said.</param>
    public bool IsOver(AttemptKey attempt, long? asked)
    {
        lock (_lock)
        {
            return (_over.TryGetValue(attempt.RunId, out var over) && over.Attempt >= attempt.Attempt && time.GetElapsedTime(over.At) < KnownFor)
                || (_runs.TryGetValue(attempt.RunId, out var counted) && counted.Key == attempt && asked <= counted.NeverStarted);
        }
    }

    /// <summary>An attempt's process was found not to have been started: what asked for it until then asks in vain.</summary>
    /// <param name="asked">The place in the run's history of what was asked last.</param>
    public void NeverStarted(AttemptKey attempt, long? asked)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue(attempt.RunId, out var counted) && counted.Key == attempt)
            {
                _runs[attempt.RunId] =
                    counted with { NeverStarted = asked < counted.NeverStarted ? counted.NeverStarted : asked ?? counted.NeverStarted };
            }
        }
    }

    /// <summary>Whether an attempt is counted.</summary>
    public bool Has(AttemptKey attempt)
    {
        lock (_lock)
        {
            return _runs.TryGetValue(attempt.RunId, out var counted) && counted.Key == attempt;
        }
    }

    /// <summary>An attempt's process is told to end; what counts is when that was first.</summary>
    /// <param name="at">A timestamp of the node's clock.</param>
    public void Told(Guid run, TimeSpan grace, long at)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue(run, out var counted) && (counted.ToldAt is null || grace < counted.Grace))
            {
                _runs[run] = counted with { Grace = grace, ToldAt = at };
            }
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

    /// <summary>A run's attempts up to this one are counted no more.</summary>
    public void Remove(AttemptKey upTo)
    {
        TaskCompletionSource? none = null;
        lock (_lock)
        {
            IsOverLocked(upTo);
            if (_runs.TryGetValue(upTo.RunId, out var counted) && counted.Key.Attempt <= upTo.Attempt && _runs.Remove(upTo.RunId)
                && _runs.Count == 0)
            {
                (none, _none) = (_none, null);
            }
        }

        none?.SetResult();
    }

    private void IsOverLocked(AttemptKey attempt)
    {
        while (_overInOrder.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= KnownFor)
        {
            _overInOrder.Dequeue();
            if (_over.TryGetValue(oldest.Run, out var known) && known.At == oldest.At)
            {
                _over.Remove(oldest.Run);
            }
        }

        var now = time.GetTimestamp();
        _over[attempt.RunId] = (attempt.Attempt, now);
        _overInOrder.Enqueue((attempt.RunId, now));
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

/// <summary>An attempt whose process this node looks after.</summary>
/// <param name="Grace">How long its process has to end by itself once it is told to.</param>
/// <param name="ToldAt">When it was told to end, as a timestamp; null if it was not.</param>
internal sealed record CountedAttempt(AttemptKey Key, TimeSpan Grace, long? ToldAt)
{
    /// <summary>For how long it goes on while its node is cut off from the others; null for ever.</summary>
    public TimeSpan? EndsAfter { get; init; }

    /// <summary>
    /// What asked for it until this place in its run's history is in vain: it was found not to have been started then. Null if it was not.
    /// </summary>
    public long? NeverStarted { get; init; }
}
