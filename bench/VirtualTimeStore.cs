using System.Collections.Immutable;
using Runner.Engine.Clock;
using Runner.Entities.Store;

namespace Runner.Bench;

/// <summary>
/// A real store under virtual time: what is asked for is done at once, on the one thread of the world, and answered a virtual millisecond later.
/// </summary>
internal sealed class VirtualTimeStore(IEntityStore store, ITimerScheduler timers) : IEntityStore
{
    private static readonly TimeSpan AnswerAfter = TimeSpan.FromMilliseconds(1);

    public Task<CommitResult> CommitAsync(EntityCommit commit) => Answer(store.CommitAsync(commit));

    public Task<EntityHistory> LoadAsync(EntityKey entity) => Answer(store.LoadAsync(entity));

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) => Answer(store.EventsAsync(entity, afterSequence, atMost));

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) => Answer(store.WakeUpsAsync(until, after, atMost, slice));

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Answer(store.SlotsAsync());

    public Task<Row?> RowAsync(string table, string key) => Answer(store.RowAsync(table, key));

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Answer(store.RowsAsync(query));

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Answer(store.PlaceAsync(query, skip));

    public Task<StoreSpace> SpaceAsync() => Answer(store.SpaceAsync());

    public Task PingAsync() => store.PingAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private Task<T> Answer<T>(Task<T> asked)
    {
        var result = asked.GetAwaiter().GetResult();
        var answer = new TaskCompletionSource<T>();
        timers.ScheduleOnce(AnswerAfter, () => answer.SetResult(result));
        return answer.Task;
    }
}
