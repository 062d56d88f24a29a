using System.Collections.Immutable;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Limits;

/// <summary>
/// The limiter's memory and its decisions: who may start now, and who is next. A waiter stands in the queue of one full limit; when its
/// turn comes there and another of its limits is full, it is sent to stand in that one's queue. Not thread-safe; no I/O.
/// </summary>
/// <remarks>
/// A run holds no slot while it waits, but for one whose deployment does not queue (<c>on_full</c>): which of these are too many has to be known
/// though what they wait for is another limit, exactly and through restarts, so it holds the slot of its deployment's limit from the moment it begins
/// to wait for others. Nobody of its kind waits for that limit while it holds others, so none waits for the other in a circle.
/// </remarks>
internal sealed class SlotTable
{
    private readonly Dictionary<string, LimitBook> _books = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Of these, the limits of nodes and the queues for them.</summary>
    private readonly SortedSet<string> _ofNodes = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, SlotGrant> _granted = [];
    private readonly Dictionary<Guid, (string Limit, WaitingRun Run)> _parked = [];

    /// <summary>Who was told which limit to wait for and does not stand there yet.</summary>
    private readonly Dictionary<Guid, (WaitingRun Run, string Limit)> _sent = [];
    private readonly int[] _held = new int[Enum.GetValues<LimitKind>().Length];
    private readonly Action<int>[] _changed;

    private NodePlaces _places;

    /// <param name="places">The nodes that programs are executed on: a run counts against the limit of the one that it is given.</param>
    public SlotTable(NodePlaces places)
    {
        _places = places;
        // One for all books of a kind: there may be a hundred thousand of them.
        _changed = [.. Enumerable.Range(0, _held.Length).Select<int, Action<int>>(kind => change => _held[kind] += change)];
    }

    /// <summary>Grants that were neither taken nor declined yet.</summary>
    public IReadOnlyDictionary<Guid, SlotGrant> Granted => _granted;

    /// <summary>Who was told to wait, and for which limit, and has neither asked to stand there yet nor said that it does not wait.</summary>
    public IReadOnlyDictionary<Guid, (WaitingRun Run, string Limit)> Sent => _sent;

    /// <summary>How much is held and waits. Unlike all else here it may be asked from any thread, and is a moment old then.</summary>
    public SlotCounts Counts => new(
        Volatile.Read(ref _held[(int)LimitKind.Node]), Volatile.Read(ref _held[(int)LimitKind.Deployment]),
        Volatile.Read(ref _held[(int)LimitKind.Named]), _parked.Count);

    public LimitBook Book(string limit)
    {
        if (!_books.TryGetValue(limit, out var book))
        {
            var kind = LimitNames.KindOf(limit);
            _books.Add(limit, book = new LimitBook(_changed[(int)kind], findsHolders: kind == LimitKind.Deployment));
            _names.Add(limit);
            if (kind == LimitKind.Node)
            {
                _ofNodes.Add(limit);
            }
        }

        return book;
    }

    /// <summary>
    /// A newcomer: granted if every limit has room and nobody waits before it; else the limit to wait for, with the slots to hold meanwhile if there
    /// are any.
    /// </summary>
    public (SlotGrant? Grant, string? Full) Acquire(WaitingRun run)
    {
        if (_granted.TryGetValue(run.Run, out var earlier))
        {
            if (IsFor(earlier, run))
            {
                return (earlier, earlier.WaitFor);
            }

            // Asked for by a submission with the same key that came to nothing, and whose deployment said otherwise.
            Free(run.Run, earlier.Slots);
        }

        // Whoever asks twice must not be held up by the place that it was given the first time.
        var full = run.Limits.FirstOrDefault(l => !Holds(l, run) && (!HasRoom(l, run) || Book(l).HasWaiters));
        var place = full is null ? Choose(run) : null;
        if (full is null && (place is null || Book(_places.QueueOf(run)).HasWaiters))
        {
            full = _places.QueueOf(run);
        }

        var grant = Offer(run, place, full);
        if (grant is null && run is { OnFull: not OnFull.Queue, Own: not null, Limits: [var first, ..] } && first != full && Holds(first, run)
            && !_parked.ContainsKey(run.Run))
        {
            // Who asks has no slot, and does not wait. That it has given its place back was not heard of: it has it once more, and waits with it.
            grant = Grant(run, [first], full, null);
        }

        return (grant, full);
    }

    /// <summary>Whether a grant is what a run asks for.</summary>
    private bool IsFor(SlotGrant grant, WaitingRun run) => run.AsksFor(grant.Slots, grant.WaitFor)
        && (grant.WaitFor is not null ? run.Limits.Contains(grant.WaitFor) : _places.Accepts(grant.Node, run));

    /// <summary>Stands a run in a limit's queue.</summary>
    public void Park(WaitingRun run, string limit)
    {
        if (_granted.ContainsKey(run.Run))
        {
            return;
        }

        Unpark(run.Run);
        var (added, dropped) = Book(limit).Enqueue(run);
        if (dropped is not null)
        {
            _parked.Remove(dropped.Run);
        }

        if (added)
        {
            _parked[run.Run] = (limit, run);
        }
    }

    public void Unpark(Guid run)
    {
        _sent.Remove(run);
        if (_parked.Remove(run, out var place))
        {
            Book(place.Limit).Remove(place.Run);
        }
    }

    /// <summary>Granted slots are taken. A table that was rebuilt meanwhile learns of them here.</summary>
    public void Confirm(Guid run, ImmutableArray<Slot> slots)
    {
        _granted.Remove(run);
        foreach (var slot in slots)
        {
            Book(slot.Limit).Take(slot.Number, run);
        }
    }

    /// <summary>Slots are free again: by a release, or because a grant was declined.</summary>
    public void Free(Guid run, ImmutableArray<Slot> slots)
    {
        _granted.Remove(run);
        _sent.Remove(run);
        foreach (var slot in slots)
        {
            Book(slot.Limit).Free(slot, run);
        }
    }

    /// <summary>Why a run that was sent to stand there cannot start, as a sentence; null where the limit's name says it.</summary>
    public string? WhyFull(WaitingRun run, string limit) => limit == _places.QueueOf(run) ? _places.WhyNone(run) : null;

    /// <summary>
    /// Other nodes are here, or the same with more or less room. Whoever has taken what it was granted on one that has gone has said so, or says it
    /// when it is asked; to whoever has not, that is of no use.
    /// </summary>
    /// <returns>Who was granted something there, and is to ask again. What was kept for them is free.</returns>
    public ImmutableArray<(Guid Run, SlotGrant Grant)> SetPlaces(NodePlaces places)
    {
        foreach (var gone in _places.Nodes.Where(node => places.Nodes.All(other => other.Name != node.Name)))
        {
            Book(gone.Limit).Size = null;
        }

        _places = places;
        foreach (var node in places.Nodes)
        {
            Book(node.Limit).Size = node.Room;
        }

        ImmutableArray<(Guid, SlotGrant)> lost =
            [.. _granted.Where(g => g.Value.Node is { } at && places.Nodes.All(node => node.Name != at)).Select(g => (g.Key, g.Value))];
        foreach (var (run, grant) in lost)
        {
            Free(run, grant.Slots);
        }

        return lost;
    }

    /// <summary>Forgets limits of which nothing is left: they come with the names of deployments and of labels, and go with these.</summary>
    public void Prune()
    {
        foreach (var name in _books.Where(b => !b.Value.InUse && !b.Value.Ending && !b.Value.Reading).Select(b => b.Key).ToList())
        {
            _books.Remove(name);
            _names.Remove(name);
            _ofNodes.Remove(name);
        }
    }

    /// <summary>
    /// Serves a limit's queue as long as it has room and waiters in memory; of a node's limit, all that wait for nodes, in their order.
    /// </summary>
    /// <param name="granted">Called for each run that may start, or that is to hold its place while it waits for another limit.</param>
    /// <param name="sent">Called for each run whose turn came and that another full limit holds up.</param>
    /// <returns>The queues that go on in the store and whose next ones are needed, now or soon.</returns>
    public ImmutableArray<string> Dispatch(string limit, Action<Guid, SlotGrant> granted, Action<WaitingRun, string> sent)
    {
        if (LimitNames.KindOf(limit) != LimitKind.Node)
        {
            var book = Book(limit);
            var served = false;
            while (book.First is { } run && HasRoom(limit, run))
            {
                served = true;
                ServeFirst(book, run, granted, sent);
            }

            return IsToBeReadOn(book, served, book.HasRoom) ? [limit] : [];
        }

        var queues = _ofNodes.Where(name => _books[name].HasWaiters).ToList();
        HashSet<string> of = [];
        while (NextForNodes(queues) is { } next)
        {
            of.Add(next.Queue);
            ServeFirst(_books[next.Queue], next.Run, granted, sent);
        }

        var anyRoom = _places.Nodes.Any(node => Book(node.Limit).HasRoom);
        return [.. queues.Where(queue => IsToBeReadOn(_books[queue], of.Contains(queue), anyRoom))];
    }

    /// <summary>Who is next of all that wait for a node and that one has room for.</summary>
    private (string Queue, WaitingRun Run)? NextForNodes(List<string> queues)
    {
        (string Queue, WaitingRun Run)? best = null;
        foreach (var queue in queues)
        {
            if (_books[queue].First is { } run && (best is null || ServiceOrder.Instance.Compare(run, best.Value.Run) < 0) && Choose(run) is not null)
            {
                best = (queue, run);
            }
        }

        return best;
    }

    private void ServeFirst(LimitBook book, WaitingRun run, Action<Guid, SlotGrant> granted, Action<WaitingRun, string> sent)
    {
        book.Remove(run);
        _parked.Remove(run.Run);
        if (_granted.ContainsKey(run.Run))
        {
            return;
        }

        var full = run.Limits.FirstOrDefault(l => !Holds(l, run) && !HasRoom(l, run));
        var place = full is null ? Choose(run) : null;
        if (full is null && place is null)
        {
            full = _places.QueueOf(run);
        }

        if (Offer(run, place, full) is { } grant)
        {
            granted(run.Run, grant);
        }
        else
        {
            sent(run, full!);
        }
    }

    // A queue that nobody is served from is not read on: of many such limits memory need not have anything.
    private static bool IsToBeReadOn(LimitBook book, bool wasServed, bool hasRoom) => book.MoreInStore
        && (book.First is null ? hasRoom || book.HasNewest : (wasServed || book.HasNewest) && book.Queue.Count < LimitBook.ReadOnBelow);

    private NodePlace? Choose(WaitingRun run) => _places.Choose(run, limit => _books.TryGetValue(limit, out var book) ? book.Held.Count : 0);

    /// <summary>
    /// Who gives way to the newest of those that wait for a deployment's limit, if it is one that takes another's place: all others that wait for it,
    /// and of those that hold a slot as many as are too many with it. Those that wait with their place go first, then the oldest. It is the same
    /// until somebody has gone.
    /// </summary>
    /// <returns>Nobody, and whose age has to be looked up first, if that decides.</returns>
    public (Guid Newest, ImmutableArray<Guid> Give, ImmutableArray<Guid> OfUnknownAge) WhoGivesWay(string limit)
    {
        // In the queue of any other limit stand runs of other deployments.
        if (LimitNames.KindOf(limit) != LimitKind.Deployment || !_books.TryGetValue(limit, out var book) || !book.HasNewest
            || book.Queue.MaxBy(run => run.Ready) is not { OnFull: OnFull.CancelRunning } newest)
        {
            return (default, [], []);
        }

        var others = book.Queue.Where(run => run.Run != newest.Run).Select(run => run.Run);
        var tooMany = (book.Size ?? OwnSize(limit, newest)) is { } size ? Math.Max(0, book.Held.Count + 1 - size) : 0;
        var holders = book.Holders.ToArray();
        var waiting = holders.Where(held => _parked.ContainsKey(held.Run) || _sent.ContainsKey(held.Run)).Select(held => held.Run).ToArray();
        var running = holders.Where(held => !waiting.Contains(held.Run)).ToArray();
        var ofRunning = Math.Max(0, tooMany - waiting.Length);
        var unknown = running.Where(held => held.Order == 0).Select(held => held.Run).ToImmutableArray();
        return ofRunning > 0 && ofRunning < unknown.Length
            ? (newest.Run, [], unknown)
            : (newest.Run, [.. others, .. waiting.Take(tooMany), .. running.Take(ofRunning).Select(held => held.Run)], []);
    }

    /// <summary>
    /// Lets a deleted limit go if no run holds a slot of it and none that waits, here or for another limit or on its way to one, counts against it.
    /// Of waiters beyond those in memory nothing is known: with some, none is let go.
    /// </summary>
    /// <returns>Whether it is over; so it stays until somebody sets it anew.</returns>
    public bool IsOver(string limit)
    {
        if (!SeemsOver(limit))
        {
            return false;
        }

        _books[limit].Size = null;
        return true;
    }

    /// <summary>Whether it could be let go, by what is known here.</summary>
    public bool SeemsOver(string limit) => _books.TryGetValue(limit, out var book) && book.Ending
        && (book.Size is null || (book.Held.Count == 0 && !_books.Values.Any(b => b.MoreInStore || b.Reading)
            && !_parked.Values.Select(p => p.Run).Concat(_sent.Values.Select(s => s.Run)).Any(run => run.Limits.Contains(limit))));

    /// <summary>Those that were deleted, and that the entity of the limits still knows.</summary>
    public ImmutableArray<string> Ending() => [.. _books.Where(b => b.Value.Ending).Select(b => b.Key)];

    /// <summary>The slots that are held for good: those of grants that nobody has answered yet are not among them.</summary>
    public ImmutableArray<HeldSlot> HeldForGood() =>
    [
        .. _books.SelectMany(book => book.Value.Held.Select(held => new HeldSlot(book.Key, held.Key, held.Value)))
            .Where(held => !_granted.ContainsKey(held.Run)),
    ];

    /// <summary>
    /// The limits that bound otherwise here than by the rows, each as the rows have it. A node's own is in no row; one that is over here and
    /// ends by its row is only waiting for the limits' entity to hear so.
    /// </summary>
    public ImmutableArray<LimitSizeChanged> SizesUnlike(ImmutableArray<LimitRow> rows)
    {
        var byName = rows.ToDictionary(row => row.Limit, StringComparer.Ordinal);
        return
        [
            .. _books.Where(book => LimitNames.KindOf(book.Key) != LimitKind.Node && (book.Value.Size is not null || book.Value.Ending)
                    && !byName.ContainsKey(book.Key))
                .Select(book => new LimitSizeChanged(book.Key, null)),
            .. byName.Values.Where(row => !IsAs(row)).Select(row => new LimitSizeChanged(row.Limit, row.Size, row.Ending)),
        ];
    }

    /// <summary>Whether a slot is held by this run, for good.</summary>
    public bool Holds(HeldSlot slot) =>
        !_granted.ContainsKey(slot.Run) && _books.TryGetValue(slot.Limit, out var book) && book.Held.TryGetValue(slot.Number, out var holder)
        && holder == slot.Run;

    /// <summary>Limits with waiters, in memory or in the store.</summary>
    public ImmutableArray<string> Awaited() => [.. _books.Where(b => b.Value.HasWaiters).Select(b => b.Key)];

    /// <summary>Limits in use by name.</summary>
    /// <param name="shown">How many holders and waiters of each.</param>
    public LimitPage Page(ListLimits query, int shown)
    {
        // One more than asked for tells whether there is a next page.
        ImmutableArray<string> names = [.. NamesFrom(query.After).Where(n => n != query.After && _books[n].InUse).Take(query.Limit + 1)];
        var more = names.Length > query.Limit;
        return new LimitPage([.. names.Take(query.Limit).Select(n => View(n, _books[n], shown))], more ? names[query.Limit - 1] : null);
    }

    private SortedSet<string> NamesFrom(string? name) =>
        name is null ? _names
        : _names.Max is { } last && string.CompareOrdinal(name, last) <= 0 ? _names.GetViewBetween(name, last)
        : [];

    private static LimitView View(string name, LimitBook book, int shown) => new(
        name, LimitNames.KindOf(name), book.Size ?? OwnSize(name, book.First), book.Held.Count,
        [.. book.Held.Take(shown).Select(h => new LimitHolder(h.Value, h.Key))],
        [.. book.Queue.Take(shown).Select(w => w.Run)],
        book.MoreInStore || book.Queue.Count > shown,
        book.Size is null ? OwnSize(name, book.First) is not null : book.Ending);

    /// <summary>Whether a limit has room for a run: by its size, or, without one, by the size that the run was made under.</summary>
    private bool HasRoom(string limit, WaitingRun run) =>
        Book(limit) is var book && (book.Size ?? OwnSize(limit, run)) is var size && (size is null || book.Held.Count < size);

    /// <summary>Whether a run waits with the slot of its deployment's limit in its hand.</summary>
    private bool Holds(string limit, WaitingRun run) =>
        run is { Own: not null, Limits: [var first, ..] } && first == limit && Book(limit).NumberOf(run.Run) is not null;

    /// <summary>Whether a run that is held up by this limit is to hold its place in its deployment's while it waits, and does not yet.</summary>
    private bool TakesPlace(WaitingRun run, string full) =>
        run is { OnFull: not OnFull.Queue, Own: not null, Limits: [var first, ..] } && first != full && HasRoom(first, run) && !Holds(first, run);

    private bool IsAs(LimitRow row) =>
        _books.TryGetValue(row.Limit, out var book) && book.Ending == row.Ending && (book.Size == row.Size || (book.Ending && book.Size is null));

    private static int? OwnSize(string limit, WaitingRun? run) => run is { Own: { } own, Limits: [var first, ..] } && first == limit ? own : null;

    /// <summary>What a run gets: all its slots if nothing is full, else its place if it is to hold one, else nothing.</summary>
    /// <param name="place">Where it is executed if nothing is full.</param>
    private SlotGrant? Offer(WaitingRun run, NodePlace? place, string? full)
    {
        if (full is null && place is not null)
        {
            _sent.Remove(run.Run);
            return Grant(run, run.Limits.Add(place.Limit), null, place.Name);
        }

        _sent[run.Run] = (run, full!);
        return TakesPlace(run, full!) ? Grant(run, [run.Limits[0]], full, null) : null;
    }

    private SlotGrant Grant(WaitingRun run, ImmutableArray<string> limits, string? waitFor, string? node)
    {
        var slots = ImmutableArray.CreateBuilder<Slot>(limits.Length);
        foreach (var limit in limits)
        {
            var book = Book(limit);
            var number = book.NumberOf(run.Run) ?? book.FreeNumber();
            book.Take(number, run.Run);
            slots.Add(new Slot(limit, number));
        }

        return _granted[run.Run] = new SlotGrant(slots.MoveToImmutable(), waitFor, node, run.Requires);
    }
}

/// <summary>What is kept for a run until it takes or declines it.</summary>
/// <param name="WaitFor">The limit that it waits for with these; null if they are all it needs.</param>
/// <param name="Node">Where it is executed; null while it waits.</param>
/// <param name="Requires">What it required of the node.</param>
internal sealed record SlotGrant(
    ImmutableArray<Slot> Slots, string? WaitFor = null, string? Node = null, NodeRequirements? Requires = null);

/// <summary>A slot and who holds it.</summary>
internal readonly record struct HeldSlot(string Limit, int Number, Guid Run);

/// <summary>
/// How many slots are held, by the kind of their limit, and how many runs wait in memory. A moment's values, taken from any thread.
/// </summary>
internal readonly record struct SlotCounts(int Node, int Deployment, int Named, int Waiting);
