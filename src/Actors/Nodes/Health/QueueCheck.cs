using System.Globalization;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>
/// How many runs wait for a slot, for how long, and how many programs run. That runs wait is what limits are for, so this is never unhealthy; it
/// is for whoever looks.
/// </summary>
/// <param name="running">How many programs run now.</param>
/// <param name="limit">How many may.</param>
internal sealed class QueueCheck(IEntityStore store, DamagedRows damaged, TimeProvider time, Func<int> running, int limit) : IHealthCheck
{
    /// <summary>Waiting is rows, of which there may be a million: so many are counted.</summary>
    private const int Counted = 1_000;

    /// <summary>And so many limits and priorities are looked through for the oldest.</summary>
    private const int Probes = 50;

    public async Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        try
        {
            var rows = await store.RowsAsync(new RowQuery(Tables.Waiters.Name, [], [], Counted)).ConfigureAwait(false);
            long? oldest = rows.IsEmpty ? null
                : rows.Length < Counted ? damaged.Read(Tables.Waiters, rows, WaiterRow.Of).Select(w => (long?)Ready(w)).Min()
                : await OldestAsync().ConfigureAwait(false);
            return new HealthCheck("queue", true, $"{Waiting(rows.Length, oldest)}; {Number(running())} of at most {Number(limit)} programs run.");
        }
        catch (StoreException)
        {
            // One cause is one finding, and this one is the store's.
            return new HealthCheck(
                "queue", true,
                $"{Number(running())} of at most {Number(limit)} programs run; the runs that wait cannot be read, see the store's check.");
        }
    }

    private string Waiting(int count, long? oldest)
    {
        if (oldest is not { } ready)
        {
            return "No run waits for a slot";
        }

        var waited = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(ready);
        var length = DurationText.Format(TimeSpan.FromSeconds(Math.Max(0, Math.Floor(waited.TotalSeconds))));
        return count == 1 ? $"1 run waits for a slot, for {length}"
            : $"{(count < Counted ? "" : "At least ")}{Number(count)} runs wait for a slot, the oldest for {length}";
    }

    /// <summary>By the index, which has the oldest of each limit and priority first: one row is read for each of these.</summary>
    private async Task<long> OldestAsync()
    {
        var (oldest, limit, urgency) = (long.MaxValue, "", long.MinValue);
        for (var probe = 0; probe < Probes; probe++)
        {
            var same = await FirstAsync([new("waiting_for", RowOperator.Equal, limit), new("urgency", RowOperator.AtLeast, urgency)])
                .ConfigureAwait(false);
            var row = same ?? await FirstAsync([new("waiting_for", RowOperator.AtLeast, limit + "\u0001")]).ConfigureAwait(false);
            if (row is null)
            {
                break;
            }

            if (!damaged.TryRead(Tables.Waiters, row, WaiterRow.Of, out var waiter))
            {
                break;
            }

            oldest = Math.Min(oldest, Ready(waiter));
            (limit, urgency) = (waiter.WaitingFor, waiter.Urgency + 1);
        }

        // None that could be read, where there are some.
        return oldest == long.MaxValue ? time.GetUtcNow().ToUnixTimeMilliseconds() : oldest;
    }

    private async Task<Row?> FirstAsync(System.Collections.Immutable.ImmutableArray<RowFilter> where)
    {
        var rows = await store.RowsAsync(new RowQuery(
            Tables.Waiters.Name, where, where.Length == 1 ? [new("waiting_for"), new("urgency"), new("ready")] : [new("urgency"), new("ready")], 1))
            .ConfigureAwait(false);
        return rows.IsEmpty ? null : rows[0];
    }

    private static long Ready(WaiterRow waiter) => waiter.Ready.ToUnixTimeMilliseconds();

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
