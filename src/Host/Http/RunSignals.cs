using System.Collections.Concurrent;
using System.Collections.Immutable;
using Runner.Actors;

namespace Runner.Host.Http;

/// <summary>
/// Wakes whoever follows a run when it changes: one subscription to the node, however many follow, and none while nobody does, since other nodes send
/// their changes to where somebody does.
/// </summary>
internal sealed class RunSignals(IRunnerNode node) : IDisposable
{
    private readonly ConcurrentDictionary<Guid, ImmutableArray<RunWatch>> _watches = new();
    private readonly Lock _lock = new();
    private IDisposable? _subscription;
    private int _count;

    /// <summary>Notices every change from now on.</summary>
    public RunWatch Watch(Guid run)
    {
        var watch = new RunWatch(this, run);
        _watches.AddOrUpdate(run, static (_, added) => [added], static (_, others, added) => others.Add(added), watch);
        lock (_lock)
        {
            _count++;
            _subscription ??= node.Subscribe(OnChanged, OnMissed);
        }

        return watch;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _subscription?.Dispose();
            _subscription = null;
        }
    }

    internal void Remove(RunWatch watch)
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _subscription?.Dispose();
                _subscription = null;
            }
        }

        while (_watches.TryGetValue(watch.Run, out var present))
        {
            var rest = present.Remove(watch);
            var removed = rest.IsEmpty
                ? _watches.TryRemove(KeyValuePair.Create(watch.Run, present))
                : _watches.TryUpdate(watch.Run, rest, present);
            if (removed)
            {
                return;
            }
        }
    }

    private void OnMissed()
    {
        foreach (var watch in _watches.Values.SelectMany(static watches => watches))
        {
            watch.Wake();
        }
    }

    private void OnChanged(RunStateChanged changed)
    {
        if (_watches.TryGetValue(changed.Run, out var watches))
        {
            foreach (var watch in watches)
            {
                watch.Wake();
            }
        }
    }
}

/// <summary>One follower's bell. It rings once for any number of changes since the last wait.</summary>
internal sealed class RunWatch(RunSignals owner, Guid run) : IDisposable
{
    private TaskCompletionSource _bell = NewBell();
    private int _changed;
    private int _over;

    public Guid Run => run;

    /// <summary>The run has changed.</summary>
    public void Wake()
    {
        Volatile.Write(ref _changed, 1);
        Stir();
    }

    /// <summary>There is something else to look at: output.</summary>
    public void Stir() => Volatile.Read(ref _bell).TrySetResult();

    /// <summary>Waits until the run has changed since the last call that answered true, something stirs, or the time is up.</summary>
    /// <returns>Null if the time is up; else whether the run changed.</returns>
    public async Task<bool?> WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancel)
    {
        var bell = Volatile.Read(ref _bell).Task;
        if (!bell.IsCompleted)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(bell, Task.Delay(atMost, time, over.Token));
            await over.CancelAsync();
            cancel.ThrowIfCancellationRequested();
        }

        if (!bell.IsCompleted)
        {
            return null;
        }

        // Hung up anew before the caller looks: a change during its look rings again.
        Volatile.Write(ref _bell, NewBell());
        return Interlocked.Exchange(ref _changed, 0) != 0;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            owner.Remove(this);
        }
    }

    private static TaskCompletionSource NewBell() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
