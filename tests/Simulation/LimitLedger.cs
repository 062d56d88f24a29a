using System.Collections.Immutable;
using Runner.Actors;
using Runner.Entities.Store;
using Runner.Messages.Runs;

namespace Runner.Simulation;

/// <summary>Who holds which slot, and how large each limit has been when.</summary>
internal sealed class LimitLedger(World world)
{
    /// <summary>How long the limiter may go by an older size than the durable one, while the store answers.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<string, Book> _books = new(StringComparer.Ordinal);

    public IEnumerable<(string Limit, int Number, Guid Run)> Held =>
        _books.SelectMany(b => b.Value.Held.Select(h => (b.Key, h.Key, h.Value)));

    public void Rows(ImmutableArray<RowChange> rows)
    {
        foreach (var row in rows.Where(r => r.Table == Tables.Limits.Name))
        {
            Of(row.Key).Sizes.Add((world.Elapsed, (int?)(long?)row.Values?[0]));
        }
    }

    public void Fixed(string limit, int size) => Of(limit).Sizes.Add((TimeSpan.Zero, size));

    public bool HasRoom(string limit) => Of(limit) is var book && (book.Sizes.LastOrDefault().Size is not { } size || book.Held.Count < size);

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

        if (run.State.HasProcess == (run.Slots.Count == 0))
        {
            world.Fail("a run holds slots exactly while it may have a process", $"run {run.Id} is {run.State.Phase} with {run.Slots.Count} slots");
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
            if (i < 0 || book.Sizes[i].Size is not { } size)
            {
                return;
            }

            largest = Math.Max(largest, size);
            if (book.Sizes[i].At <= from)
            {
                break;
            }
        }

        if (book.Held.Count > largest)
        {
            world.Fail("a limit never has more holders than its size", $"{limit} of size {largest} has {book.Held.Count} with run {run.Id}");
        }
    }

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

        public List<(TimeSpan At, int? Size)> Sizes { get; } = [];
    }
}
