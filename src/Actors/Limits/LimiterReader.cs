using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;

namespace Runner.Actors.Limits;

/// <summary>What the limiter reads of the store's rows: who holds slots, how large limits are, who waits and who is the oldest.</summary>
internal sealed class LimiterReader(IEntityStore store, DamagedRows damaged)
{
    /// <summary>How many waiters of one queue are read at once.</summary>
    public const int PageSize = 256;

    /// <summary>All that it knows at its start.</summary>
    public async Task<LimiterRows> ReadAsync()
    {
        var slots = damaged.Read(await store.SlotsAsync().ConfigureAwait(false));
        var sizes = ImmutableArray.CreateBuilder<LimitRow>();
        await foreach (var row in store.AllAsync(Tables.Limits).ConfigureAwait(false))
        {
            // Of a limit whose size cannot be read nothing is known but that there is one: it lets nobody in until it is set again.
            sizes.Add(damaged.TryRead(Tables.Limits, row, LimitRow.Of, out var size) ? size : new LimitRow(row.Key, 0));
        }

        var queues = ImmutableArray.CreateBuilder<WaitingQueue>();
        for (var from = ""; ;)
        {
            var next = await store.RowsAsync(NextQueue(from)).ConfigureAwait(false);
            // Of a row that cannot be read otherwise the name of its queue may be readable all the same.
            if (next.IsEmpty || WaiterRow.QueueOf(next[0]) is not { } queue)
            {
                return new LimiterRows(slots, sizes.ToImmutable(), queues.ToImmutable());
            }

            queues.Add(new WaitingQueue(queue, damaged.TryRead(Tables.Waiters, next[0], WaiterRow.Of, out var first) && first.CancelsRunning));
            from = queue + "\u0001";
        }
    }

    /// <summary>The first who wait for a limit, at most <see cref="PageSize"/>.</summary>
    public Task<ImmutableArray<Row>> WaitersAsync(string limit) => store.RowsAsync(Waiters(limit, PageSize));

    /// <summary>Runs by their age, the oldest first.</summary>
    public async Task<ImmutableArray<Guid>> OldestFirstAsync(ImmutableArray<Guid> runs)
    {
        var rows = new List<RunRow>(runs.Length);
        foreach (var run in runs)
        {
            if (await store.RowAsync(Tables.Runs.Name, RowValues.Key(run)).ConfigureAwait(false) is { } row
                && damaged.TryRead(Tables.Runs, row, RunRow.Of, out var read))
            {
                rows.Add(read);
            }
        }

        // One that has no row has ended long ago, and its slot is one that nobody holds; one whose row cannot be read is taken for the oldest.
        return [.. runs.Except(rows.Select(row => row.Run)), .. rows.OrderBy(row => row.Started ?? row.Created).ThenBy(row => row.Due)
            .Select(row => row.Run)];
    }

    /// <summary>
    /// The first waiter of the first queue from a name on: one row for each limit that has a queue, a loose scan of the index. In the whole
    /// order of the index, for any other order of a queue would have all of it sorted.
    /// </summary>
    internal static RowQuery NextQueue(string from) => new(
        Tables.Waiters.Name, [new("waiting_for", RowOperator.AtLeast, from)], [new("waiting_for"), new("urgency"), new("ready")], 1);

    /// <summary>The head of a limit's queue.</summary>
    internal static RowQuery Waiters(string limit, int atMost) => new(
        Tables.Waiters.Name, [new("waiting_for", RowOperator.Equal, limit)], [new("urgency"), new("ready")], atMost);
}

/// <summary>What the rows say of limits.</summary>
internal sealed record LimiterRows(ImmutableArray<SlotRow> Slots, ImmutableArray<LimitRow> Sizes, ImmutableArray<WaitingQueue> Queues)
    : INoSerializationVerificationNeeded;

/// <summary>A limit for which somebody waits.</summary>
/// <param name="HasNewest">Whether the first that waits takes another's place.</param>
internal readonly record struct WaitingQueue(string Limit, bool HasNewest);
