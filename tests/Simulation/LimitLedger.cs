using System.Collections.Immutable;
using Runner.Actors;
using Runner.Actors.FlowRuns;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Simulation;

/// <summary>Who holds which slot, and how large each limit has been when.</summary>
internal sealed class LimitLedger(World world)
{
    /// <summary>How long the limiter may go by an older size than the durable one, while the store answers.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<string, Book> _books = new(StringComparer.Ordinal);

    public IEnumerable<(string Limit, int Number, Guid Run)> Held =>
        _books.SelectMany(b => b.Value.Held.Select(h => (b.Key, h.Key, h.Value)));

    public void Written(EntityWrite write)
    {
        // A row has the last size that one commit gave the limit. Those before it were granted by, too.
        foreach (var set in write.Events.Where(_ => write.Entity.Kind == EntityKinds.Limiter)
            .Select(stored => EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span)).OfType<LimitSet>())
        {
            Of(set.Name).Sizes.Add((world.Elapsed, set.Size));
        }

        foreach (var row in write.Rows.Where(r => r.Table == Tables.Limits.Name))
        {
            var size = (int?)(long?)row.Values?[0];
            var book = Of(row.Key);
            if (size is null && book.EndingSince is { } since)
            {
                NobodyIsLeft(row.Key, book, since);
            }

            book.EndingSince = size < 0 ? book.EndingSince ?? world.Elapsed : null;
            book.Sizes.Add((world.Elapsed, size is { } some ? Math.Abs(some) : null));
        }
    }

    public void Fixed(string limit, int size) => Of(limit).Sizes.Add((TimeSpan.Zero, size));

    /// <summary>
    /// Whether who waits for it in front could have a slot. Those who wait for a deployment's limit that is gone are served in turn, each by its own
    /// size.
    /// </summary>
    public bool HasRoom(string limit)
    {
        var book = Of(limit);
        return (book.Sizes.LastOrDefault().Size ?? world.Ledger.OpenRuns.Values.Where(r => r.State.WaitingFor == limit).Select(r => OwnSize(r, limit))
            .Min()) is not { } size
            || book.Held.Count < size;
    }

    public void Slots(RunRecord run, ImmutableArray<SlotChange> changes)
    {
        foreach (var change in changes)
        {
            var slot = new Slot(change.Limit, change.Number);
            var book = Of(change.Limit);
            if (!change.Take)
            {
                run.Slots.Remove(slot);
                book.Held.Remove(change.Number);
                continue;
            }

            run.Slots.Add(slot);
            book.TakenAt[change.Number] = world.Elapsed;
            if (!book.Held.TryAdd(change.Number, run.Id))
            {
                world.Fail("a slot has at most one holder", $"{slot} is taken by {run.Id} and held by {book.Held[change.Number]}");
            }

            NeverMoreThanItsSize(run, change.Limit, book);
        }

        if (!run.Slots.SetEquals(run.State.Slots))
        {
            world.Fail(
                "a run's slot rows are those that its journal says it holds",
                $"run {run.Id} is {run.State.Phase} with {string.Join(' ', run.State.Slots)}; its rows are {string.Join(' ', run.Slots)}");
        }

        if (run.State.HasProcess ? run.Slots.Count == 0 : run.Slots.Any(slot => !WaitsWith(run, slot)))
        {
            world.Fail(
                "a run holds slots exactly while it may have a process, but for its deployment's where that does not queue",
                $"run {run.Id} is {run.State.Phase} with {run.Slots.Count} slots");
        }
    }

    /// <summary>Whether a slot is the place of a run that waits for another limit than its deployment's.</summary>
    private static bool WaitsWith(RunRecord run, Slot slot) =>
        run.State is { Phase: RunPhase.AwaitingSlot, Recipe.Concurrency.OnFull: not OnFull.Queue } state
        && slot.Limit == LimitNames.Deployment(state.Scheduled!.Deployment) && state.WaitingFor != slot.Limit;

    /// <summary>What held a slot when its limit was deleted, or waited for one, has ended when the limit is gone.</summary>
    private void NobodyIsLeft(string limit, Book book, TimeSpan since)
    {
        foreach (var (number, holder) in book.Held.Where(h => book.TakenAt[h.Key] < since))
        {
            world.Fail(
                "a limit lives as long as a run that counts against it",
                $"{limit}, deleted at {since}, is gone while {holder} holds slot {number} of it");
        }

        if (world.Ledger.OpenRuns.Values.FirstOrDefault(r => r.State.WaitingFor == limit && r.LastCommit < since) is { } waiter)
        {
            world.Fail(
                "a limit lives as long as a run that counts against it", $"{limit}, deleted at {since}, is gone while {waiter.Id} waits for it");
        }
    }

    private void NeverMoreThanItsSize(RunRecord run, string limit, Book book)
    {
        // The grant came after the run's commit before this one, in this life of the node, by the size that the limiter knew then.
        var from = (run.LastCommit > world.LifeStarted ? run.LastCommit : world.LifeStarted);
        from = world.Store.TroubleAround(from) - Lag;
        var largest = 0;
        for (var i = book.Sizes.Count - 1; ; i--)
        {
            // A deployment's limit that is gone bounds each of its runs as it was when the run was made.
            if ((i < 0 ? null : book.Sizes[i].Size) is not { } size)
            {
                if (OwnSize(run, limit) is not { } own)
                {
                    return;
                }

                size = IsInSomeOrder(limit, book) ? book.Held.Count : own;
            }

            largest = Math.Max(largest, size);
            if (i < 0 || book.Sizes[i].At <= from)
            {
                break;
            }
        }

        if (book.Held.Count > largest)
        {
            world.Fail(
                "a limit never has more holders than its size",
                $"{limit} of size {largest} has {book.Held.Count} with run {run.Id}: "
                + string.Join(", ", book.Held.Values.Select(id => $"{id} (own size {OwnSize(world.Ledger.Runs[id], limit)})")));
        }
    }

    /// <summary>
    /// Whether those that hold slots of a limit that is gone can have been let in one after the other, each by its own size. They take their slots
    /// in another order than they were granted them in.
    /// </summary>
    private bool IsInSomeOrder(string limit, Book book) =>
        book.Held.Values.Select(id => OwnSize(world.Ledger.Runs[id], limit) ?? int.MaxValue).Order()
            .Select((size, before) => before < size).All(fits => fits);

    private static int? OwnSize(RunRecord run, string limit) =>
        limit == LimitNames.Deployment(run.State.Scheduled!.Deployment) ? run.State.Recipe.Concurrency?.Limit : null;

    private Book Of(string limit)
    {
        if (!_books.TryGetValue(limit, out var book))
        {
            _books.Add(limit, book = new Book());
        }

        return book;
    }

    private sealed class Book
    {
        public SortedDictionary<int, Guid> Held { get; } = [];

        public Dictionary<int, TimeSpan> TakenAt { get; } = [];

        public List<(TimeSpan At, int? Size)> Sizes { get; } = [];

        /// <summary>Since when it is deleted and bounds what counts against it; null if it is not.</summary>
        public TimeSpan? EndingSince { get; set; }
    }
}
