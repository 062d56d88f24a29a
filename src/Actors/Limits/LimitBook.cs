using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Limits;

/// <summary>
/// One limit in the limiter's memory: who holds which slot, and the head of its queue. The queue itself is an index in the store; memory
/// has at most <see cref="Window"/> of its first ones, so that a million waiting runs cost rows.
/// </summary>
/// <param name="changed">Told by how much the number of held slots has changed; null for nobody.</param>
/// <param name="findsHolders">Whether it is asked which slot a run holds, as a deployment's is.</param>
internal sealed class LimitBook(Action<int>? changed = null, bool findsHolders = false)
{
    /// <summary>How many waiters of a limit are kept in memory.</summary>
    public const int Window = 1024;

    /// <summary>
    /// With fewer than so many left in memory the next ones are read: before they are needed, since reading takes longer than a start.
    /// </summary>
    public const int ReadOnBelow = 128;

    private readonly SortedDictionary<int, Guid> _held = [];
    private Dictionary<Guid, (int Number, long Order)>? _numbers;
    private long _taken;
    private readonly SortedSet<WaitingRun> _queue = new(ServiceOrder.Instance);

    /// <summary>Who left the queue since the reading began: the page may still have their rows.</summary>
    private readonly HashSet<Guid> _gone = [];

    public int? Size { get; set; }

    /// <summary>Whether it was deleted, and bounds as long as a run counts against it.</summary>
    public bool Ending { get; set; }

    public IReadOnlyDictionary<int, Guid> Held => _held;

    public IReadOnlyCollection<WaitingRun> Queue => _queue;

    /// <summary>Whether the store has waiters that come after those in memory.</summary>
    public bool MoreInStore { get; set; }

    /// <summary>Whether a page of waiters is being read.</summary>
    public bool Reading { get; private set; }

    /// <summary>Whether a waiter was left to the store since the reading began: the page may be older than its row.</summary>
    private bool LeftWhileReading { get; set; }

    public bool HasRoom => Size is not { } size || _held.Count < size;

    public bool HasWaiters => _queue.Count > 0 || MoreInStore;

    public bool InUse => Size is not null || _held.Count > 0 || HasWaiters;

    /// <summary>The lowest free number; with room it is below the size whenever the size has not been lowered.</summary>
    public int FreeNumber()
    {
        var number = 0;
        foreach (var held in _held.Keys)
        {
            if (held != number)
            {
                break;
            }

            number++;
        }

        return number;
    }

    /// <summary>The slot that a run holds; null if it holds none.</summary>
    public int? NumberOf(Guid run) => _numbers is not null && _numbers.TryGetValue(run, out var held) ? held.Number : null;

    /// <summary>
    /// Whether one who waits, or may wait in the store, takes the place of another: then who waits has to be in memory though nobody is served.
    /// </summary>
    public bool HasNewest { get; set; }

    /// <summary>Who holds a slot, in the order in which they took it; of those with the same number nothing is known.</summary>
    public IEnumerable<(Guid Run, long Order)> Holders => (_numbers ?? []).Select(held => (held.Key, held.Value.Order)).OrderBy(held => held.Order);

    /// <summary>Says of holders that were read who took its slot first.</summary>
    public void Order(IEnumerable<Guid> oldestFirst)
    {
        var order = -(long)_held.Count;
        foreach (var run in oldestFirst)
        {
            if (_numbers is not null && _numbers.TryGetValue(run, out var held) && held.Order == 0)
            {
                _numbers[run] = (held.Number, order++);
            }
        }
    }

    public void BeginReading()
    {
        (Reading, LeftWhileReading) = (true, false);
        _gone.Clear();
    }

    /// <summary>
    /// Whether a row of the page that has just been read is out of date: its run has left the queue meanwhile, and came back by itself if it did.
    /// </summary>
    public bool HasLeft(Guid run) => _gone.Contains(run);

    /// <summary>The page has come and is to be enqueued as if the store had nothing else.</summary>
    /// <returns>Whether the store may have waiters that the page has not, even if it is not a full one.</returns>
    public bool EndReading()
    {
        (Reading, MoreInStore) = (false, false);
        return LeftWhileReading;
    }

    /// <summary>The page could not be read; what is in the store is still there.</summary>
    public void FailReading() => Reading = false;

    /// <param name="isRead">Whether it has held it for longer than is known.</param>
    public void Take(int number, Guid run, bool isRead = false)
    {
        var before = _held.Count;
        if (findsHolders)
        {
            _numbers ??= [];
            if (_held.TryGetValue(number, out var holder) && holder != run)
            {
                _numbers.Remove(holder);
            }

            _numbers[run] = (number, _numbers.TryGetValue(run, out var held) ? held.Order : isRead ? 0 : ++_taken);
        }

        _held[number] = run;
        if (_held.Count != before)
        {
            changed?.Invoke(1);
        }
    }

    public void Free(Slot slot, Guid run)
    {
        if (_held.TryGetValue(slot.Number, out var holder) && holder == run)
        {
            _held.Remove(slot.Number);
            _numbers?.Remove(run);
            changed?.Invoke(-1);
        }
    }

    /// <summary>Puts a waiter in its place, or leaves it to the store if that is beyond what memory has. Its row is durable.</summary>
    /// <returns>A waiter that fell out of memory; null if none did.</returns>
    public (bool Added, WaitingRun? Dropped) Enqueue(WaitingRun run)
    {
        if (MoreInStore && (_queue.Count == 0 || ServiceOrder.Instance.Compare(run, _queue.Max!) > 0))
        {
            LeftWhileReading = true;
            return (false, null);
        }

        _queue.Add(run);
        HasNewest |= run.OnFull == OnFull.CancelRunning;
        if (_queue.Count <= Window)
        {
            return (true, null);
        }

        var last = _queue.Max!;
        _queue.Remove(last);
        MoreInStore = true;
        LeftWhileReading = true;
        return (last.Run != run.Run, last);
    }

    /// <summary>Who is served next, of those in memory.</summary>
    public WaitingRun? First => _queue.Min;

    public void Remove(WaitingRun run)
    {
        _queue.Remove(run);
        if (Reading)
        {
            _gone.Add(run.Run);
        }
    }
}

/// <summary>Higher priority first, then who has been ready longest, then by id.</summary>
internal sealed class ServiceOrder : IComparer<WaitingRun>
{
    public static readonly ServiceOrder Instance = new();

    /// <inheritdoc/>
    public int Compare(WaitingRun? x, WaitingRun? y)
    {
        var byPriority = y!.Priority.CompareTo(x!.Priority);
        if (byPriority != 0)
        {
            return byPriority;
        }

        // To the millisecond, as the rows have it.
        var byReady = x.Ready.ToUnixTimeMilliseconds().CompareTo(y.Ready.ToUnixTimeMilliseconds());
        return byReady != 0 ? byReady : string.CompareOrdinal(x.Run.ToString("D"), y.Run.ToString("D"));
    }
}
