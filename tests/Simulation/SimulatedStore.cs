using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// One life's connection to the <see cref="StoreMachine"/>. What it asks for happens at the machine some time later, whether or not the
/// node still lives; the answer comes some time after that, and to a node that was killed it does not come.
/// </summary>
internal sealed class SimulatedStore(StoreMachine machine, SimulatedNode node) : IEntityStore
{
    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(EntityCommit commit) =>
        Perform(() => machine.Commit(commit), "commit", () => machine.Sent(commit));

    /// <inheritdoc/>
    public Task<EntityHistory> LoadAsync(EntityKey entity) => Read(s => s.LoadAsync(entity));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) =>
        Read(s => s.EventsAsync(entity, afterSequence, atMost));

    /// <inheritdoc/>
    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) =>
        Read(s => s.WakeUpsAsync(until, after, atMost, slice));

    /// <inheritdoc/>
    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Read(s => s.SlotsAsync());

    /// <inheritdoc/>
    public Task<Row?> RowAsync(string table, string key) => Read(s => s.RowAsync(table, key));

    /// <inheritdoc/>
    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Read(s => s.RowsAsync(query));

    /// <inheritdoc/>
    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Read(s => s.PlaceAsync(query, skip));

    /// <inheritdoc/>
    public Task<StoreSpace> SpaceAsync() => Read(s => s.SpaceAsync());

    /// <inheritdoc/>
    public Task PingAsync() => Read(async s =>
    {
        await s.PingAsync().ConfigureAwait(false);
        return true;
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> Read<T>(Func<IEntityStore, Task<T>> read) =>
        Perform(() => read(machine.Memory).GetAwaiter().GetResult(), "read", null);

    private Task<T> Perform<T>(Func<T> work, string what, Action? sent)
    {
        var answer = new TaskCompletionSource<T>();
        var fate = machine.NextFate(isCommit: sent is not null);
        sent?.Invoke();
        machine.World.Schedule(fate.Until, () => Happen(answer, work, fate, what));
        return answer.Task;
    }

    private void Happen<T>(TaskCompletionSource<T> answer, Func<T> work, Fate fate, string what)
    {
        T result = default!;
        if (fate.Happens)
        {
            try
            {
                result = work();
            }
            catch (ArgumentException e)
            {
                machine.World.Fail("the node keeps the store's contract", e.Message);
            }
        }

        if (fate.Failure is not null)
        {
            machine.World.Note(fate.Happens ? $"store: {what} done, its answer is lost" : $"store: {what} fails");
        }

        node.Schedule(fate.Answer, () =>
        {
            if (fate.Failure is { } failure)
            {
                answer.SetException(failure);
            }
            else
            {
                answer.SetResult(result);
            }
        });
    }
}

/// <summary>What becomes of one call of the store.</summary>
/// <param name="Until">From the call to when it happens.</param>
/// <param name="Answer">From then to the answer.</param>
/// <param name="Failure">What the caller is told; null if it is told the truth.</param>
internal sealed record Fate(TimeSpan Until, TimeSpan Answer, bool Happens, StoreException? Failure);
