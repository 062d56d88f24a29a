using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Simulation.Cluster;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// One life's connection to the <see cref="StoreMachine"/>. What it asks for happens at the machine some time later, whether or not the
/// node still lives; the answer comes some time after that, and to a node that was killed it does not come.
/// </summary>
/// <param name="link">The way there; null where it is always open.</param>
internal sealed class SimulatedStore(StoreMachine machine, SimulatedNode node, StoreLink? link = null) : IEntityStore
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
        if (link is { } way && !way.Network.IsOpen(way.Machine, null))
        {
            var lost = fate with { Answer = NoAnswer(), Failure = Unreachable };
            if (machine.HasFaults && sent is not null && way.Network.Random.Next(3) == 0)
            {
                // What was sent arrives once the way is open, whatever the caller was told.
                way.Network.HoldUp(way.Machine, null, () => Happen(new TaskCompletionSource<T>(), work, lost, what));
            }

            node.Schedule(lost.Answer, () => answer.SetException(lost.Failure!));
            return answer.Task;
        }

        machine.World.Schedule(fate.Until, () => Happen(answer, work, fate, what));
        return answer.Task;
    }

    private static StoreException Unreachable => new StoreUnavailableException("The simulated store cannot be reached.");

    /// <summary>How long is waited for an answer that does not come.</summary>
    private TimeSpan NoAnswer() => TimeSpan.FromMilliseconds(500 + link!.Network.Random.Next(5000));

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

        if (link is { } way && fate.Failure is null && !way.Network.AnswersReach(way.Machine))
        {
            fate = fate with { Answer = NoAnswer(), Failure = Unreachable };
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
