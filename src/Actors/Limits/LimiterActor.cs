using System.Collections.Immutable;
using Runner.Actors.FlowRuns;
using Runner.Actors.Telemetry;
using Runner.Engine.Actors;
using Runner.Engine.Entities;
using Runner.Entities.Store;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Limits;

/// <summary>
/// The cluster singleton that decides who starts next: fair and fast, in front of the slot rows that make overrunning a limit impossible.
/// What it knows is rebuilt from those rows, from the limits' rows and from the queues' rows; a grant that is not answered is repeated.
/// </summary>
/// <param name="nodeLimit">Name and size of the executing node's own limit.</param>
/// <param name="gate">Whether the node starts anything at all now.</param>
/// <param name="telemetry">Told how many slots are held; null for nobody who asks.</param>
internal sealed class LimiterActor(
    EntityServices entities, LimiterBehaviour behaviour, string id, (string Name, int Size) nodeLimit, StartsGate gate, RunTelemetry? telemetry = null)
    : EntityActor<LimiterState>(entities, behaviour, id)
{
    /// <summary>How many holders and waiters of a limit are shown.</summary>
    private const int Shown = 100;
    private const int PageSize = 256;

    /// <summary>A grant is an obligation of the run to answer; it is reminded this often.</summary>
    private static readonly TimeSpan RemindAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadAgainAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Queue<(object Message, IActorRef Sender)> _early = new();
    private readonly HashSet<Guid> _askAgain = [];
    private SlotTable? _table;
    private ImmutableHashSet<Guid> _toRemind = [];
    private bool _suspended;

    private int NodeSize => gate.IsShut ? 0 : nodeLimit.Size;

    /// <inheritdoc/>
    protected override bool CanPassivate(LimiterState state) => false;

    /// <inheritdoc/>
    protected override bool IsRequest(object message) => message is SetLimit or DeleteLimit;

    /// <inheritdoc/>
    protected override object RefuseRequest(Exception failure) => StoreFailures.Refusal(failure);

    /// <inheritdoc/>
    protected override void Loaded()
    {
        telemetry?.ObserveSlots(() => Volatile.Read(ref _table)?.Counts);
        Rebuild();
        Context.Timers.StartPeriodicTimer(typeof(Remind), Remind.Instance, RemindAfter);
    }

    /// <inheritdoc/>
    protected override bool HandleOutside(object message)
    {
        switch (message)
        {
            case TableRead read:
                OnRead(read);
                return true;
            case TableNotRead failed:
                Services.Log.Warning("The limiter cannot read its rows; trying again: {Reason}", failed.Cause.Message);
                Context.Timers.StartSingleTimer(typeof(ReadTable), ReadTable.Instance, ReadAgainAfterFailure);
                return true;
            case ReadTable:
                Rebuild();
                return true;
            case SuspendGrants:
                _suspended = true;
                return true;
            case StartsGateChanged:
                if (_table is { } present)
                {
                    Resize(present, new LimitSizeChanged(nodeLimit.Name, NodeSize));
                }

                return true;
            case AcquireSlots or WaitForSlot or StopWaiting or SlotsTaken or SlotsDeclined or SlotsReleased or LimitSizeChanged
                or ListLimits or WaitersRead or WaitersNotRead or Remind:
                if (_table is { } table)
                {
                    OnSlots(table, message, Sender);
                }
                else
                {
                    _early.Enqueue((message, Sender));
                }

                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    protected override void CarryOut(object intent)
    {
        if (intent is LimitSizeChanged changed)
        {
            // A rebuild that is under way may have read the rows before this commit.
            HandleOutside(changed);
        }
    }

    private void OnSlots(SlotTable table, object message, IActorRef sender)
    {
        switch (message)
        {
            case AcquireSlots acquire:
                OnAcquire(table, acquire.Run);
                break;
            case WaitForSlot wait:
                table.Park(wait.Run, wait.Limit);
                Serve(table, wait.Limit);
                break;
            case StopWaiting stop:
                table.Unpark(stop.Run);
                break;
            case SlotsTaken taken:
                table.Confirm(taken.Run, taken.Slots);
                break;
            case SlotsDeclined { HeldByOthers: true } declined:
                _askAgain.Add(declined.Run);
                Rebuild();
                break;
            case SlotsDeclined declined:
                OnFree(table, declined.Run, declined.Slots);
                break;
            case SlotsReleased released:
                OnFree(table, released.Run, released.Slots);
                break;
            case LimitSizeChanged changed:
                Resize(table, changed);
                break;
            case ListLimits query:
                sender.Tell(table.Page(query, Shown), Self);
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
            default:
                break;
        }
    }

    private void OnAcquire(SlotTable table, WaitingRun run)
    {
        if (_suspended)
        {
            // The run stays due; the node's next life grants it.
            return;
        }

        var (slots, full) = table.Acquire(run);
        Tell(run.Run, slots is { } granted ? new SlotsGranted(run.Run, granted) : new SlotsRefused(run.Run, full!));
    }

    private void OnFree(SlotTable table, Guid run, ImmutableArray<Slot> slots)
    {
        table.Free(run, slots);
        foreach (var slot in slots)
        {
            Serve(table, slot.Limit);
        }
    }

    private void Resize(SlotTable table, LimitSizeChanged changed)
    {
        table.Book(changed.Limit).Size = changed.Size;
        Serve(table, changed.Limit);
    }

    private void Serve(SlotTable table, string limit)
    {
        if (_suspended)
        {
            return;
        }

        var more = table.Dispatch(
            limit,
            (run, slots) => Tell(run, new SlotsGranted(run, slots)),
            (run, full) => Tell(run, new SlotsRefused(run, full)));
        var book = table.Book(limit);
        if (more && !book.Reading)
        {
            book.BeginReading();
            Services.Store.RowsAsync(Waiters(limit, PageSize)).PipeTo(
                Self, null, rows => new WaitersRead(table, limit, rows), e => new WaitersNotRead(table, limit));
        }
    }

    private void OnWaiters(SlotTable table, WaitersRead read)
    {
        if (!ReferenceEquals(table, read.Table))
        {
            return;
        }

        var book = table.Book(read.Limit);
        var more = book.EndReading() || read.Rows.Length == PageSize;
        foreach (var waiter in read.Rows.Select(Waiter).Where(w => !book.HasLeft(w.Run)))
        {
            table.Park(waiter, read.Limit);
        }

        book.MoreInStore |= more;
        Serve(table, read.Limit);
    }

    /// <summary>Repeats grants that were already there at the last reminder, and reads queues that a failure left unread.</summary>
    private void OnRemind(SlotTable table)
    {
        foreach (var run in _toRemind.Where(table.Granted.ContainsKey))
        {
            Tell(run, new SlotsGranted(run, table.Granted[run]));
        }

        _toRemind = [.. table.Granted.Keys];
        foreach (var limit in table.Awaited())
        {
            Serve(table, limit);
        }
    }

    private void Rebuild()
    {
        _table = null;
        ReadAsync(Services.Store).PipeTo(Self, null, read => read, e => new TableNotRead(e));
    }

    private static async Task<TableRead> ReadAsync(IEntityStore store)
    {
        var slots = await store.SlotsAsync().ConfigureAwait(false);
        var sizes = ImmutableArray.CreateBuilder<Row>();
        for (RowPosition? after = null; ;)
        {
            var page = await store.RowsAsync(new RowQuery(Tables.Limits.Name, [], [], 1000, after)).ConfigureAwait(false);
            sizes.AddRange(page);
            if (page.Length < 1000)
            {
                break;
            }

            after = new RowPosition([], page[^1].Key);
        }

        var queues = ImmutableArray.CreateBuilder<string>();
        for (var from = ""; ;)
        {
            var next = await store.RowsAsync(NextQueue(from)).ConfigureAwait(false);
            if (next.IsEmpty)
            {
                return new TableRead(slots, sizes.ToImmutable(), queues.ToImmutable());
            }

            queues.Add((string)next[0].Values[0]!);
            from = queues[^1] + "\u0001";
        }
    }

    private void OnRead(TableRead read)
    {
        var table = new SlotTable(nodeLimit.Name);
        table.Book(nodeLimit.Name).Size = NodeSize;
        foreach (var row in read.Sizes)
        {
            table.Book(row.Key).Size = (int)(long)row.Values[0]!;
        }

        foreach (var slot in read.Slots)
        {
            table.Book(slot.Limit).Take(slot.Number, Guid.Parse(slot.Holder.Id));
        }

        foreach (var limit in read.Queues)
        {
            table.Book(limit).MoreInStore = true;
        }

        _table = table;
        _toRemind = [];
        while (_table == table && _early.TryDequeue(out var early))
        {
            OnSlots(table, early.Message, early.Sender);
        }

        if (_table != table)
        {
            // One of them has shown that this table is out of date, too.
            return;
        }

        foreach (var run in _askAgain)
        {
            Tell(run, new SlotsConflicted(run));
        }

        _askAgain.Clear();
        foreach (var limit in read.Queues)
        {
            Serve(table, limit);
        }
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

    private static WaitingRun Waiter(Row row) => new(
        Guid.Parse(row.Key), FlowRunRows.WaiterLimits(row), (int)-(long)row.Values[1]!,
        DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[2]!));

    private void Tell(Guid run, object message) =>
        Services.Tell(new EntityKey(EntityKinds.FlowRun, run.ToString("D")), message, Self);

    private sealed record TableRead(ImmutableArray<SlotRow> Slots, ImmutableArray<Row> Sizes, ImmutableArray<string> Queues);

    private sealed record TableNotRead(Exception Cause);

    private sealed record WaitersRead(SlotTable Table, string Limit, ImmutableArray<Row> Rows);

    private sealed record WaitersNotRead(SlotTable Table, string Limit);

    private sealed record ReadTable
    {
        public static readonly ReadTable Instance = new();
    }

    private sealed record Remind
    {
        public static readonly Remind Instance = new();
    }
}
