using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Bench;

/// <summary>A store before another.</summary>
internal abstract class ForwardingStore(IEntityStore store) : IEntityStore
{
    public virtual Task<CommitResult> CommitAsync(EntityCommit commit) => Answer(store.CommitAsync(commit));

    public Task<EntityHistory> LoadAsync(EntityKey entity) => Answer(store.LoadAsync(entity));

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) =>
        Answer(store.EventsAsync(entity, afterSequence, atMost));

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) =>
        Answer(store.WakeUpsAsync(until, after, atMost, slice));

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Answer(store.SlotsAsync());

    public Task<Row?> RowAsync(string table, string key) => Answer(store.RowAsync(table, key));

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Answer(store.RowsAsync(query));

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Answer(store.PlaceAsync(query, skip));

    public Task<StoreSpace> SpaceAsync() => Answer(store.SpaceAsync());

    public Task PingAsync() => store.PingAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    /// <summary>What becomes of an answer on its way.</summary>
    protected virtual Task<T> Answer<T>(Task<T> asked) => asked;
}
