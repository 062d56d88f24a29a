using System.Collections.Concurrent;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>Every run of a deployment that counted against a limit, as the journal has it: when it took which slot, was alive, and ended.</summary>
internal sealed class ServiceOrderCheck
{
    private readonly Start[] _starts;

    private ServiceOrderCheck(IEnumerable<Start> starts) => _starts = [.. starts.OrderBy(s => s.Taken)];

    public int Count => _starts.Length;

    public static async Task<ServiceOrderCheck> ReadAsync(string storePath, string deployment, string limit)
    {
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(storePath), Tables.All, Logger.None).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var starts = new ConcurrentBag<Start>();
            for (RowPosition? after = null; ;)
            {
                var page = await store.RowsAsync(new RowQuery(
                    Tables.Runs.Name, [new("deployment", RowOperator.Equal, deployment)], [new("created")], 1_000, after)).ConfigureAwait(false);
                await Task.WhenAll(page.Select(async row => starts.Add(
                    Read(row.Key, limit, await store.LoadAsync(new EntityKey(EntityKinds.FlowRun, row.Key)).ConfigureAwait(false)))))
                    .ConfigureAwait(false);
                if (page.Length < 1_000)
                {
                    return new ServiceOrderCheck(starts);
                }

                after = new RowPosition([page[^1].Values[6]], page[^1].Key);
            }
        }
    }

    /// <summary>From the end of one run to the moment at which the process of the next one on the same slot was alive.</summary>
    /// <param name="urgent">Only starts of the highest priority, or only the others.</param>
    public Samples Freed(bool urgent)
    {
        var highest = _starts.Max(s => s.Priority);
        var samples = new Samples();
        var ends = new Dictionary<int, DateTimeOffset>();
        foreach (var start in _starts)
        {
            if (ends.TryGetValue(start.Slot, out var freed) && start.Priority == highest == urgent)
            {
                samples.Add(start.Alive - freed);
            }

            ends[start.Slot] = start.Ended;
        }

        return samples;
    }

    /// <summary>
    /// How many took a slot while as many as the limit, or more, that come before them had none yet: of those that were granted a slot
    /// earlier, all but one of the limit's may still be on their way to it.
    /// </summary>
    public int OutOfOrder(int limit)
    {
        var ranks = _starts.Order(ServiceOrder.Instance).Select((start, rank) => (start.Run, rank)).ToDictionary(s => s.Run, s => s.rank);
        var later = new int[_starts.Length + 1];
        var wrong = 0;
        // From the last start backwards: how many of a better rank are still to come, by a tree of partial sums.
        foreach (var rank in _starts.Reverse().Select(s => ranks[s.Run]))
        {
            var better = 0;
            for (var i = rank; i > 0; i -= i & -i)
            {
                better += later[i];
            }

            wrong += better >= limit ? 1 : 0;
            for (var i = rank + 1; i < later.Length; i += i & -i)
            {
                later[i]++;
            }
        }

        return wrong;
    }

    private static Start Read(string id, string limit, EntityHistory history)
    {
        var codec = new JournalCodec();
        var start = new Start(id, 0, default, 0, default, default, default);
        foreach (var stored in history.Events)
        {
            start = codec.Read(stored.Type, stored.Version, stored.Payload.Span) switch
            {
                RunScheduled e => start with { Priority = e.Priority, Due = e.Due },
                AttemptStarting e => start with { Slot = e.Slots.Single(s => s.Limit == limit).Number, Taken = stored.At },
                AttemptRunning => start with { Alive = stored.At },
                RunFinished => start with { Ended = stored.At },
                _ => start,
            };
        }

        return start;
    }

    private sealed record Start(
        string Run, int Priority, DateTimeOffset Due, int Slot, DateTimeOffset Taken, DateTimeOffset Alive, DateTimeOffset Ended);

    /// <summary>Priority, then due time to the millisecond, then id.</summary>
    private sealed class ServiceOrder : IComparer<Start>
    {
        public static readonly ServiceOrder Instance = new();

        public int Compare(Start? x, Start? y)
        {
            var order = y!.Priority.CompareTo(x!.Priority);
            order = order != 0 ? order : x.Due.ToUnixTimeMilliseconds().CompareTo(y.Due.ToUnixTimeMilliseconds());
            return order != 0 ? order : string.CompareOrdinal(x.Run, y.Run);
        }
    }
}
