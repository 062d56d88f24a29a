using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.Members;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Limits;

/// <summary>What the limiter works with.</summary>
/// <param name="Nodes">Where programs can be executed.</param>
/// <param name="ObserveSlots">Told where to ask how many slots are held, from any thread; null for nobody who asks.</param>
internal sealed record LimiterServices(
    EntityServices Entities, NodeDirectory Nodes, Action<Func<SlotCounts?>>? ObserveSlots, DamagedRows Damaged);

/// <summary>
/// The cluster singleton that decides who starts next: fair and fast, in front of the slot rows that make overrunning a limit impossible.
/// What it knows is rebuilt from those rows, from the limits' rows and from the queues' rows; a grant that is not answered is repeated.
/// </summary>
/// <remarks>
/// <code>
///   Reading ──rows read──► Serving ──a run found a granted slot held──► Reading
///      └── what comes meanwhile is stashed
/// </code>
/// </remarks>
internal sealed class LimiterActor : UntypedActor, IWithTimers, IWithUnboundedStash
{
    /// <summary>How many holders and waiters of a limit are shown.</summary>
    private const int Shown = 100;

    /// <summary>A grant is an obligation of the run to answer; it is reminded this often.</summary>
    private static readonly TimeSpan RemindAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadAgainAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>What runs say may be lost on its way: this often the rows are asked what is so.</summary>
    private static readonly TimeSpan CompareAfter = TimeSpan.FromMinutes(1);

    private readonly LimiterServices _services;
    private readonly LimiterReader _rows;
    private readonly HashSet<Guid> _askAgain = [];

    /// <summary>Whose slots came free while rows were being read to compare with: what the rows say of them may be older.</summary>
    private readonly HashSet<Guid> _freedMeanwhile = [];

    /// <summary>Likewise, which limits were given another size.</summary>
    private readonly HashSet<string> _resizedMeanwhile = new(StringComparer.Ordinal);
    private SlotTable? _table;
    private ImmutableHashSet<Guid> _toRemind = [];
    private ImmutableHashSet<Guid> _toSendAgain = [];
    private bool _comparing;
    private IDisposable? _nodesChanged;

    public LimiterActor(LimiterServices services)
    {
        (_services, _rows) = (services, new LimiterReader(services.Entities.Store, services.Damaged));
        services.ObserveSlots?.Invoke(() => Volatile.Read(ref _table)?.Counts);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    /// <summary>Every node is about to leave: who asks stays due, and the next life of one of them grants it.</summary>
    private bool Suspended => _services.Nodes.Members.Values.All(node => node.Says.Draining);

    private NodePlaces Places => new(
        [.. _services.Nodes.Members.Values.Select(node => new NodePlace(node.Says.Name, node.Says.Room, node.Says.Labels))],
        _services.Nodes.IsShared);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(typeof(Remind), Remind.Instance, RemindAfter);
        Timers.StartPeriodicTimer(typeof(Compare), Compare.Instance, CompareAfter);
        var self = Self;
        _nodesChanged = _services.Nodes.Subscribe(() => self.Tell(NodesChanged.Instance));
        Read();
    }

    /// <inheritdoc/>
    protected override void PostStop() => _nodesChanged?.Dispose();

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Reading(message);

    private void Reading(object message)
    {
        switch (message)
        {
            case LimiterRows read:
                OnRead(read);
                break;
            case TableNotRead failed:
                _services.Entities.Log.Warning("The limiter cannot read its rows; trying again: {Reason}", failed.Cause.Message);
                Timers.StartSingleTimer(typeof(ReadTable), ReadTable.Instance, ReadAgainAfterFailure);
                break;
            case ReadTable:
                ReadRows();
                break;
            case NodesChanged or Remind or Compare or RowsCompared or RowsNotCompared or WaitersRead or WaitersNotRead or AgesRead or ServeQueues:
                // What is being read is newer.
                break;
            default:
                Stash.Stash();
                break;
        }
    }

    // In one piece: one case for each message.
    private void Serving(object message)
    {
        var table = _table!;
        switch (message)
        {
            case AcquireSlots acquire:
                OnAcquire(table, acquire.Run);
                break;
            case WaitForSlot wait:
                table.Park(wait.Run with { Home = _services.Nodes.NameAt(Sender.Path.Address) }, wait.Limit);
                Serve(table, wait.Limit);
                MakeWay(table, wait.Limit);
                break;
            case StopWaiting stop:
                table.Unpark(stop.Run);
                break;
            case SlotsTaken taken:
                table.Confirm(taken.Run, taken.Slots);
                break;
            case SlotsDeclined { HeldByOthers: true } declined:
                _askAgain.Add(declined.Run);
                Read();
                break;
            case SlotsDeclined declined:
                OnFree(table, declined.Run, declined.Slots);
                break;
            case SlotsReleased released:
                OnFree(table, released.Run, released.Slots);
                break;
            case LimitSizeChanged changed:
                _resizedMeanwhile.Add(changed.Limit);
                Resize(table, changed);
                break;
            case NodesChanged:
                OnNodesChanged(table);
                break;
            case ListLimits query:
                Sender.Tell(table.Page(query, Shown), Self);
                break;
            case WaitersRead read:
                OnWaiters(table, read);
                break;
            case WaitersNotRead failed:
                failed.Table.Book(failed.Limit).FailReading();
                break;
            case Remind:
                OnRemind(table);
                break;
            case ServeQueues queues:
                OnServeQueues(queues);
                break;
            case Compare:
                OnCompare(table);
                break;
            case RowsCompared compared:
                OnCompared(table, compared);
                break;
            case RowsNotCompared:
                _comparing = false;
                break;
            case AgesRead { OldestFirst.IsEmpty: false } read when ReferenceEquals(table, read.Table):
                table.Book(read.Limit).Order(read.OldestFirst);
                MakeWay(table, read.Limit);
                break;
            case AgesRead:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnAcquire(SlotTable table, WaitingRun run)
    {
        if (Suspended)
        {
            return;
        }

        run = run with { Home = _services.Nodes.NameAt(Sender.Path.Address) };
        var (grant, full) = table.Acquire(run);
        // To who asked, and not by way of its region: it is waiting for this. If it has left memory meanwhile, its next life is told
        // (EntityDeadLetters); on a node that is gone a grant is lost, and repeated.
        Sender.Tell(grant is not null ? Granted(run.Run, grant) : Refused(table, run, full!), Self);
    }

    private void OnNodesChanged(SlotTable table)
    {
        foreach (var (run, grant) in table.SetPlaces(Places))
        {
            Tell(run, new SlotsConflicted(run));
            foreach (var slot in grant.Slots.Where(slot => LimitNames.KindOf(slot.Limit) != LimitKind.Node))
            {
                Serve(table, slot.Limit);
            }
        }

        Serve(table, LimitNames.Node(_services.Nodes.OwnName));
    }

    private void OnFree(SlotTable table, Guid run, ImmutableArray<Slot> slots)
    {
        table.Free(run, slots);
        _freedMeanwhile.Add(run);
        foreach (var slot in slots)
        {
            Serve(table, slot.Limit);
            EndIfOver(table, slot.Limit);
        }
    }

    private void Resize(SlotTable table, LimitSizeChanged changed)
    {
        var book = table.Book(changed.Limit);
        (book.Size, book.Ending) = (changed.Size, changed.Ending);
        Serve(table, changed.Limit);
        MakeWay(table, changed.Limit);
        EndIfOver(table, changed.Limit);
    }

    /// <summary>
    /// Looks whether anything counts against a deleted limit that seems to be over. What a limiter before this one granted may have been written
    /// after this one read.
    /// </summary>
    private void EndIfOver(SlotTable table, string limit)
    {
        if (!_comparing && table.SeemsOver(limit))
        {
            OnCompare(table);
        }
    }

    /// <summary>Says of a deleted limit that nothing counts against it any more, again until its entity has heard it.</summary>
    private void End(SlotTable table, string limit)
    {
        if (table.IsOver(limit))
        {
            _services.Entities.Router.Tell(new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId), new LimitUnused(limit), Self);
        }
    }

    private void Serve(SlotTable table, string limit)
    {
        if (Suspended)
        {
            return;
        }

        var more = table.Dispatch(
            limit, (run, grant) => Tell(run, Granted(run, grant)), (run, full) => Tell(run.Run, Refused(table, run, full)));
        foreach (var queue in more.Where(queue => !table.Book(queue).Reading))
        {
            table.Book(queue).BeginReading();
            _rows.WaitersAsync(queue).PipeTo(
                Self, Self, rows => new WaitersRead(table, queue, rows), e => new WaitersNotRead(table, queue));
        }
    }

    /// <summary>Tells those that are to give way to a newer run of their deployment; once more at each reminder, until they have.</summary>
    private void MakeWay(SlotTable table, string limit)
    {
        if (Suspended)
        {
            return;
        }

        var (newest, give, ofUnknownAge) = table.WhoGivesWay(limit);
        foreach (var run in give)
        {
            Tell(run, new GiveWay(run, newest));
        }

        if (!ofUnknownAge.IsEmpty)
        {
            // What cannot be read now is read at the next reminder.
            _rows.OldestFirstAsync(ofUnknownAge).PipeTo(
                Self, Self, oldestFirst => new AgesRead(table, limit, oldestFirst), _ => new AgesRead(table, limit, []));
        }
    }

    private void OnWaiters(SlotTable table, WaitersRead read)
    {
        if (!ReferenceEquals(table, read.Table))
        {
            return;
        }

        var book = table.Book(read.Limit);
        // Those that cannot be read would only decline. If they are all there is, the rest of the queue waits for the next comparison with the rows.
        ImmutableArray<WaitingRun> known =
            [.. _services.Damaged.Read(Tables.Waiters, read.Rows, WaiterRow.Of).Where(w => !Rests(w.Run)).Select(Waiter)];
        var more = book.EndReading() || (read.Rows.Length == LimiterReader.PageSize && !known.IsEmpty);
        foreach (var waiter in known.Where(w => !book.HasLeft(w.Run)))
        {
            table.Park(waiter, read.Limit);
        }

        book.MoreInStore |= more;
        Serve(table, read.Limit);
        MakeWay(table, read.Limit);
    }

    /// <summary>Repeats what was already unanswered at the last reminder, and reads queues that a failure left unread.</summary>
    private void OnRemind(SlotTable table)
    {
        foreach (var run in _toRemind.Where(table.Granted.ContainsKey))
        {
            Tell(run, Granted(run, table.Granted[run]));
        }

        _toRemind = [.. table.Granted.Keys];
        foreach (var run in _toSendAgain)
        {
            // It has been taken out of a queue, and stands in no other before it has heard this.
            if (table.Sent.TryGetValue(run, out var sent) && !table.Granted.ContainsKey(run))
            {
                Tell(run, Refused(table, sent.Run, sent.Limit));
            }
        }

        _toSendAgain = [.. table.Sent.Keys];
        foreach (var limit in table.Awaited())
        {
            Serve(table, limit);
            MakeWay(table, limit);
        }

        foreach (var limit in table.Ending())
        {
            EndIfOver(table, limit);
        }
    }

    private void OnCompare(SlotTable table)
    {
        var (held, ending) = (table.HeldForGood(), table.Ending());
        _freedMeanwhile.Clear();
        _resizedMeanwhile.Clear();
        _comparing = true;
        _rows.ReadAsync().PipeTo(
            Self, Self, read => new RowsCompared(table, held, ending, read), _ => RowsNotCompared.Instance);
    }

    /// <summary>
    /// Gives limits the sizes of their rows, frees what nobody holds by the rows, holds what somebody does, and stands who waits where nobody is
    /// known to wait.
    /// </summary>
    private void OnCompared(SlotTable table, RowsCompared compared)
    {
        _comparing = false;
        if (!ReferenceEquals(table, compared.Table))
        {
            return;
        }

        foreach (var changed in table.SizesUnlike(compared.Rows.Sizes).Where(changed => !_resizedMeanwhile.Contains(changed.Limit)))
        {
            Resize(table, changed);
        }

        var rows = compared.Rows.Slots.Select(slot => new HeldSlot(slot.Limit, slot.Number, Guid.Parse(slot.Holder.Id))).ToHashSet();
        foreach (var slot in compared.Held.Where(slot => !rows.Contains(slot) && table.Holds(slot)))
        {
            OnFree(table, slot.Run, [new Slot(slot.Limit, slot.Number)]);
        }

        foreach (var slot in rows.Where(slot => !table.Book(slot.Limit).Held.ContainsKey(slot.Number) && !_freedMeanwhile.Contains(slot.Run)))
        {
            table.Book(slot.Limit).Take(slot.Number, slot.Run);
        }

        foreach (var queue in compared.Rows.Queues)
        {
            var book = table.Book(queue.Limit);
            book.MoreInStore |= book.Queue.Count == 0 && !book.Reading;
            book.HasNewest |= queue.HasNewest;
            Serve(table, queue.Limit);
        }

        foreach (var limit in compared.Ending)
        {
            End(table, limit);
        }

        table.Prune();
    }

    private void Read()
    {
        (_table, _comparing) = (null, false);
        Become(Reading);
        ReadRows();
    }

    private void ReadRows() => _rows.ReadAsync().PipeTo(Self, Self, read => read, e => new TableNotRead(e));

    private void OnRead(LimiterRows read)
    {
        var table = new SlotTable(Places);
        table.SetPlaces(Places);
        foreach (var row in read.Sizes)
        {
            var book = table.Book(row.Limit);
            (book.Size, book.Ending) = (row.Size, row.Ending);
        }

        foreach (var slot in read.Slots)
        {
            table.Book(slot.Limit).Take(slot.Number, Guid.Parse(slot.Holder.Id), isRead: true);
        }

        foreach (var queue in read.Queues)
        {
            var book = table.Book(queue.Limit);
            (book.MoreInStore, book.HasNewest) = (true, queue.HasNewest);
        }

        _table = table;
        (_toRemind, _toSendAgain) = ([], []);
        Become(Serving);
        // What came meanwhile comes first: some of it is newer than the rows.
        Self.Tell(new ServeQueues(table, [.. read.Queues.Select(queue => queue.Limit)]), Self);
        Stash.UnstashAll();
    }

    private void OnServeQueues(ServeQueues queues)
    {
        if (!ReferenceEquals(_table, queues.Table))
        {
            return;
        }

        foreach (var run in _askAgain)
        {
            Tell(run, new SlotsConflicted(run));
        }

        _askAgain.Clear();
        foreach (var limit in queues.Limits)
        {
            Serve(queues.Table, limit);
        }
    }

    private static WaitingRun Waiter(WaiterRow row) => new(
        row.Run, row.Limits, row.Priority, row.Ready, row.Own, row.CancelsRunning ? OnFull.CancelRunning : OnFull.Queue, row.Requires);

    private static SlotsGranted Granted(Guid run, SlotGrant grant) =>
        new(run, grant.Slots, grant.WaitFor, grant.Node, grant.Requires?.ToString() ?? "");

    private static SlotsRefused Refused(SlotTable table, WaitingRun run, string limit) => new(run.Run, limit, run.Ready, table.WhyFull(run, limit));

    private bool Rests(Guid run) => _services.Entities.Unreadable.IsHere(new EntityKey(EntityKinds.FlowRun, run.ToString("D")));

    private void Tell(Guid run, object message) =>
        _services.Entities.Router.Tell(new EntityKey(EntityKinds.FlowRun, run.ToString("D")), message, Self);

    private sealed record AgesRead(SlotTable Table, string Limit, ImmutableArray<Guid> OldestFirst) : INoSerializationVerificationNeeded;

    /// <param name="Held">The slots that were held before the rows were read.</param>
    /// <param name="Ending">The limits that were deleted before.</param>
    private sealed record RowsCompared(SlotTable Table, ImmutableArray<HeldSlot> Held, ImmutableArray<string> Ending, LimiterRows Rows)
        : INoSerializationVerificationNeeded;

    private sealed record RowsNotCompared : INoSerializationVerificationNeeded
    {
        public static readonly RowsNotCompared Instance = new();
    }

    private sealed record Compare : INoSerializationVerificationNeeded
    {
        public static readonly Compare Instance = new();
    }

    private sealed record ServeQueues(SlotTable Table, ImmutableArray<string> Limits) : INoSerializationVerificationNeeded;

    private sealed record TableNotRead(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record WaitersRead(SlotTable Table, string Limit, ImmutableArray<Row> Rows) : INoSerializationVerificationNeeded;

    private sealed record WaitersNotRead(SlotTable Table, string Limit) : INoSerializationVerificationNeeded;

    /// <summary>What a node says of itself, or who is here, has changed.</summary>
    private sealed record NodesChanged : INoSerializationVerificationNeeded
    {
        public static readonly NodesChanged Instance = new();
    }

    private sealed record ReadTable : INoSerializationVerificationNeeded
    {
        public static readonly ReadTable Instance = new();
    }

    private sealed record Remind : INoSerializationVerificationNeeded
    {
        public static readonly Remind Instance = new();
    }
}
