using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests.Journal;

/// <summary>A store that can be told to fail, and to hold commits back; it counts what it is asked for.</summary>
internal sealed class WatchedStore(IEntityStore store) : IEntityStore
{
    private readonly Lock _lock = new();
    private readonly List<(EntityCommit Commit, TaskCompletionSource<CommitResult> Answer)> _held = [];
    private TaskCompletionSource _arrived = new();
    private bool _holds;
    private int _loads;

    /// <summary>What everything it is asked for fails with; null if it works.</summary>
    public volatile StoreException? Failure;

    /// <summary>Runs when a load has read, before it is answered.</summary>
    public Func<EntityKey, Task>? AfterLoad { get; set; }

    /// <summary>The store itself, past all this.</summary>
    public IEntityStore Behind => store;

    public int Loads => Volatile.Read(ref _loads);

    /// <summary>Keeps commits from now on until they are let go.</summary>
    public void Hold() => _holds = true;

    /// <summary>Ends when as many commits are held.</summary>
    public async Task HeldAsync(int commits)
    {
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                if (_held.Count >= commits)
                {
                    return;
                }

                arrived = _arrived.Task;
            }

            await arrived;
        }
    }

    /// <summary>Passes on what is held, all at once, in the order of arrival.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            _holds = false;
            foreach (var (commit, answer) in _held)
            {
                Passed(commit).ContinueWith(
                    task =>
                    {
                        if (task.IsCompletedSuccessfully)
                        {
                            answer.SetResult(task.Result);
                        }
                        else
                        {
                            answer.SetException(task.Exception!.InnerExceptions);
                        }
                    },
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            _held.Clear();
        }
    }

    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        lock (_lock)
        {
            if (!_holds)
            {
                return Passed(commit);
            }

            var answer = new TaskCompletionSource<CommitResult>();
            _held.Add((commit, answer));
            var arrived = _arrived;
            _arrived = new TaskCompletionSource();
            _ = Task.Run(arrived.SetResult);
            return answer.Task;
        }
    }

    public async Task<EntityHistory> LoadAsync(EntityKey entity)
    {
        Interlocked.Increment(ref _loads);
        if (Failure is { } failure)
        {
            throw failure;
        }

        var history = await store.LoadAsync(entity);
        if (AfterLoad is { } after)
        {
            await after(entity);
        }

        return history;
    }

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) =>
        store.EventsAsync(entity, afterSequence, atMost);

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) =>
        store.WakeUpsAsync(until, after, atMost, slice);

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => store.SlotsAsync();

    public Task<Row?> RowAsync(string table, string key) => store.RowAsync(table, key);

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => store.RowsAsync(query);

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => store.PlaceAsync(query, skip);

    public Task<StoreSpace> SpaceAsync() => store.SpaceAsync();

    public Task PingAsync() => store.PingAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private Task<CommitResult> Passed(EntityCommit commit) =>
        Failure is { } failure ? Task.FromException<CommitResult>(failure) : store.CommitAsync(commit);
}
