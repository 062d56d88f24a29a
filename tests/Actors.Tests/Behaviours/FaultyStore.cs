using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>A store that fails, or holds commits back, when a test says so; otherwise the one it stands before.</summary>
internal sealed class FaultyStore(IEntityStore inner) : IEntityStore
{
    private readonly Lock _lock = new();
    private readonly List<HeldCommit> _holds = [];
    private Func<StoreException>? _failure;
    private int _failures;
    private Predicate<EntityCommit>? _loseAnswerOf;
    private TaskCompletionSource? _failed;
    private TaskCompletionSource _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The next so many calls fail, whatever they are.</summary>
    public void FailNext(int calls, Func<StoreException> failure)
    {
        lock (_lock)
        {
            (_failures, _failure) = (calls, failure);
        }
    }

    /// <summary>Every call fails until <see cref="Heal"/>.</summary>
    public void FailAll(Func<StoreException> failure) => FailNext(int.MaxValue, failure);

    /// <summary>Nothing fails any more.</summary>
    public void Heal() => FailNext(0, Away);

    /// <summary>Completes with the next call that fails.</summary>
    public Task NextFailure()
    {
        lock (_lock)
        {
            return (_failed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(NodeFixture.Patience);
        }
    }

    /// <summary>Completes with the next commit that is durable.</summary>
    public Task NextCommit => Volatile.Read(ref _committed).Task;

    /// <summary>The next such commit becomes durable, and whoever made it is told that the store failed.</summary>
    public void LoseAnswerOf(Predicate<EntityCommit> which)
    {
        lock (_lock)
        {
            _loseAnswerOf = which;
        }
    }

    /// <summary>The next such commit waits until it is released.</summary>
    public HeldCommit Hold(Predicate<EntityCommit> which)
    {
        var hold = new HeldCommit(which);
        lock (_lock)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    public static StoreException Away() => new StoreUnavailableException("The test has taken the store away.");

    public static StoreException Full() => new StoreFullException("The test has filled the store.");

    /// <summary>Whether a commit has an event of this journal name.</summary>
    public static Predicate<EntityCommit> Event(string name) => commit => commit.Writes.Any(w => w.Events.Any(e => e.Type == name));

    public async Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        ThrowIfFailing();
        HeldCommit? held;
        lock (_lock)
        {
            held = _holds.Find(h => h.Which(commit));
            _ = held is not null && _holds.Remove(held);
        }

        if (held is not null)
        {
            await held.PassAsync();
            ThrowIfFailing();
        }

        var result = await inner.CommitAsync(commit);
        Interlocked.Exchange(ref _committed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        ThrowIfLost(commit);
        return result;
    }

    public Task<EntityHistory> LoadAsync(EntityKey entity) => Call(() => inner.LoadAsync(entity));

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) =>
        Call(() => inner.EventsAsync(entity, afterSequence, atMost));

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) =>
        Call(() => inner.WakeUpsAsync(until, after, atMost, slice));

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Call(inner.SlotsAsync);

    public Task<Row?> RowAsync(string table, string key) => Call(() => inner.RowAsync(table, key));

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Call(() => inner.RowsAsync(query));

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Call(() => inner.PlaceAsync(query, skip));

    public Task<StoreSpace> SpaceAsync() => Call(() => inner.SpaceAsync());

    public async Task PingAsync()
    {
        ThrowIfFailing();
        await inner.PingAsync();
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> Call<T>(Func<Task<T>> call)
    {
        ThrowIfFailing();
        return await call();
    }

    private void ThrowIfFailing()
    {
        TaskCompletionSource? failed;
        Func<StoreException> failure;
        lock (_lock)
        {
            if (_failures == 0)
            {
                return;
            }

            _failures -= _failures == int.MaxValue ? 0 : 1;
            (failed, _failed, failure) = (_failed, null, _failure!);
        }

        failed?.SetResult();
        throw failure();
    }

    private void ThrowIfLost(EntityCommit commit)
    {
        lock (_lock)
        {
            if (_loseAnswerOf?.Invoke(commit) != true)
            {
                return;
            }

            _loseAnswerOf = null;
        }

        throw Away();
    }

    /// <summary>A commit that waits.</summary>
    public sealed class HeldCommit(Predicate<EntityCommit> which)
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Predicate<EntityCommit> Which { get; } = which;

        /// <summary>Completes when the commit has come.</summary>
        public Task Arrived => _arrived.Task.WaitAsync(NodeFixture.Patience);

        public void Release() => _released.TrySetResult();

        public Task PassAsync()
        {
            _arrived.TrySetResult();
            return _released.Task;
        }
    }
}
