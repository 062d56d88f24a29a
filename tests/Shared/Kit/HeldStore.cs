using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.InMemoryStore;

namespace Runner.Tests.Kit;

/// <summary>What a store does with a commit.</summary>
internal enum Answer
{
    Truth,
    FailedBefore,
    Full,
    LostAfter,
}

/// <summary>A store in memory whose commits can be held back, fail, or lose their answer. It counts what it is asked for.</summary>
internal sealed class HeldStore(ImmutableArray<TableDefinition> tables) : IEntityStore
{
    private readonly Queue<Action> _held = new();

    public InMemoryEntityStore Memory { get; } = new(tables);

    /// <summary>What the next commits get; the truth once it is empty.</summary>
    public Queue<Answer> Answers { get; } = new();

    public bool Holding { get; set; }

    public bool Away { get; set; }

    public bool Full { get; set; }

    public List<EntityCommit> Commits { get; } = [];

    /// <summary>What is read of entities in place of what was written.</summary>
    public Dictionary<EntityKey, EntityHistory> Histories { get; } = [];

    /// <summary>The histories that were asked for.</summary>
    public List<EntityKey> Loads { get; } = [];

    /// <summary>The pages of wake-ups that were asked for.</summary>
    public List<(DateTimeOffset Until, WakeUp? After, int? Slice)> Pages { get; } = [];

    public int Held => _held.Count;

    public void ReleaseOne()
    {
        Turns.OnThisThread();
        _held.Dequeue()();
    }

    public void ReleaseAll()
    {
        Turns.OnThisThread();
        Holding = false;
        while (_held.TryDequeue(out var release))
        {
            release();
        }
    }

    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        lock (Commits)
        {
            Commits.Add(commit);
        }

        return Hold(() => Commit(commit));
    }

    public Task<EntityHistory> LoadAsync(EntityKey entity)
    {
        lock (Loads)
        {
            Loads.Add(entity);
        }

        return Away ? Gone<EntityHistory>() : Histories.TryGetValue(entity, out var history) ? Task.FromResult(history) : Memory.LoadAsync(entity);
    }

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null)
    {
        Pages.Add((until, after, slice));
        return Away ? Gone<ImmutableArray<WakeUp>>() : Memory.WakeUpsAsync(until, after, atMost, slice);
    }

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) =>
        Memory.EventsAsync(entity, afterSequence, atMost);

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Away ? Gone<ImmutableArray<SlotRow>>() : Memory.SlotsAsync();

    public Task<Row?> RowAsync(string table, string key) => Away ? Gone<Row?>() : Memory.RowAsync(table, key);

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Away ? Gone<ImmutableArray<Row>>() : Memory.RowsAsync(query);

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Memory.PlaceAsync(query, skip);

    public Task<StoreSpace> SpaceAsync() => Memory.SpaceAsync();

    public Task PingAsync() => Memory.PingAsync();

    public ValueTask DisposeAsync() => Memory.DisposeAsync();

    private Task<CommitResult> Hold(Func<Task<CommitResult>> commit)
    {
        if (!Holding)
        {
            return commit();
        }

        var answer = new TaskCompletionSource<CommitResult>();
        _held.Enqueue(() =>
        {
            var ended = commit();
            if (ended.IsFaulted)
            {
                answer.SetException(ended.Exception!.InnerExceptions);
            }
            else
            {
                answer.SetResult(ended.GetAwaiter().GetResult());
            }
        });
        return answer.Task;
    }

    private Task<CommitResult> Commit(EntityCommit commit)
    {
        var answer = Answers.Count > 0 ? Answers.Dequeue() : Answer.Truth;
        if (Full || answer == Answer.Full)
        {
            return Task.FromException<CommitResult>(new StoreFullException("It is full."));
        }

        if (Away || answer == Answer.FailedBefore)
        {
            return Gone<CommitResult>();
        }

        var result = Memory.CommitAsync(commit);
        return answer == Answer.LostAfter ? Gone<CommitResult>() : result;
    }

    private static Task<T> Gone<T>() => Task.FromException<T>(new StoreUnavailableException("It is away."));
}
