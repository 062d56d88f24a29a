using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities;

/// <summary>
/// Entities of this node that could not go on: their store failed, somebody else wrote, or a mistake in this program. Keeps what each had
/// not decided, and what it knew, and brings it back after a pause that grows with each fall, from 100 ms to 5 s; to a minute after a mistake, which
/// is still there when it comes back. Thread-safe.
/// </summary>
/// <param name="system">Whose scheduler measures the pauses.</param>
/// <param name="router">Called once the actors exist.</param>
public sealed class FallenEntities(ActorSystem system, Func<IEntityRouter> router)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPauseOfMistakes = TimeSpan.FromMinutes(1);

    /// <summary>So often one entity's falls are worth a line of the log.</summary>
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What an entity knew is kept for so long at least, and twice as long at most, after it was sent for: it may have come to memory on
    /// another node. What it knew would be taken for news if it was read here long afterwards.
    /// </summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<EntityKey, Fall> _fallen = [];
    private bool _sweeps;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _fallen.Count;
            }
        }
    }

    /// <summary>An entity cannot go on for now.</summary>
    /// <param name="memory">What it knew, which may be older than what is durable; null if it knew nothing.</param>
    /// <param name="undecided">What it has to decide when it is back.</param>
    /// <returns>How long until it is brought back.</returns>
    public TimeSpan Fell(EntityKey entity, Exception cause, EntityMemory? memory, IEnumerable<(object Message, IActorRef? Sender)> undecided)
    {
        lock (_lock)
        {
            var fallen = FallOf(entity);
            // What it knew first is what others have heard last.
            fallen.Memory ??= memory;
            fallen.Cause = cause;
            fallen.Stood = false;
            foreach (var (message, sender) in undecided)
            {
                fallen.Add(message, sender);
            }

            var pause = cause is StoreException && fallen.Pause > LongestPause ? LongestPause : fallen.Pause;
            var longest = cause is StoreException ? LongestPause : LongestPauseOfMistakes;
            fallen.Pause = pause * 2 < longest ? pause * 2 : longest;
            if (!fallen.Returning)
            {
                fallen.Returning = true;
                system.Scheduler.Advanced.ScheduleOnce(pause, () => Return(entity));
            }

            return pause;
        }
    }

    /// <summary>Whether a fall of an entity is to be logged: not if one has been a moment ago.</summary>
    internal bool IsNews(EntityKey entity, TimeProvider time)
    {
        lock (_lock)
        {
            var fallen = FallOf(entity);
            if (fallen.SaidAt is { } said && time.GetElapsedTime(said) < BetweenLines)
            {
                return false;
            }

            fallen.SaidAt = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>
    /// An entity begins anew at once: nothing has failed, somebody else was first. Call it after the shard was asked to let it go.
    /// </summary>
    public void BeginsAnew(EntityKey entity, EntityMemory? memory, IEnumerable<(object Message, IActorRef? Sender)> undecided)
    {
        if (memory is not null)
        {
            lock (_lock)
            {
                FallOf(entity).Memory ??= memory;
            }
        }

        var route = router();
        var any = false;
        foreach (var (message, sender) in undecided)
        {
            route.Tell(entity, message, sender);
            any = true;
        }

        if (!any)
        {
            route.Tell(entity, WakeUpNow.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>A message came for an entity that has fallen. A request is refused at once, anything else waits with the entity.</summary>
    public void Keep(EntityKey entity, object message, IActorRef? sender)
    {
        if (message is IRequest)
        {
            sender?.Tell(StoreFailures.Refusal(CauseOf(entity)), ActorRefs.NoSender);
            return;
        }

        if (message is INoSerializationVerificationNeeded)
        {
            // The actor's own, and of that life; the next one may be on another node.
            return;
        }

        lock (_lock)
        {
            if (_fallen.TryGetValue(entity, out var fallen) && fallen.Returning)
            {
                fallen.Add(message, sender);
                return;
            }
        }

        router().Tell(entity, message, sender);
    }

    /// <summary>An entity has been read back.</summary>
    /// <returns>Whether it had fallen, and what it knew before.</returns>
    internal (bool HadFallen, EntityMemory? Memory) Restarted(EntityKey entity)
    {
        lock (_lock)
        {
            if (_fallen.Count == 0 || !_fallen.TryGetValue(entity, out var fallen))
            {
                return (false, null);
            }

            var memory = fallen.Memory;
            fallen.Memory = null;
            fallen.IsHere = true;
            return (true, memory);
        }
    }

    /// <summary>
    /// An entity that had fallen works again: it has written, or it leaves as any other. The next fall begins with the shortest pause.
    /// </summary>
    internal void Stands(EntityKey entity)
    {
        lock (_lock)
        {
            // One that is still to be brought back with what it left undecided stays in the list until then.
            if (_fallen.TryGetValue(entity, out var fallen))
            {
                fallen.Stood = true;
                if (!fallen.Returning)
                {
                    _fallen.Remove(entity);
                }
            }
        }
    }

    private Fall FallOf(EntityKey entity)
    {
        if (!_fallen.TryGetValue(entity, out var fallen))
        {
            _fallen.Add(entity, fallen = new Fall());
        }

        fallen.IsHere = false;
        fallen.IsOld = false;
        if (!_sweeps)
        {
            _sweeps = true;
            system.Scheduler.Advanced.ScheduleOnce(KeptFor, Sweep);
        }

        return fallen;
    }

    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (entity, fallen) in _fallen)
            {
                if (fallen.IsOld && !fallen.Returning && !fallen.IsHere)
                {
                    _fallen.Remove(entity);
                }

                fallen.IsOld = true;
            }

            _sweeps = _fallen.Count > 0;
            if (_sweeps)
            {
                system.Scheduler.Advanced.ScheduleOnce(KeptFor, Sweep);
            }
        }
    }

    private Exception CauseOf(EntityKey entity)
    {
        lock (_lock)
        {
            return _fallen.GetValueOrDefault(entity)?.Cause ?? new StoreUnavailableException(
                $"{entity} cannot be reached now. Sending the command again is safe.");
        }
    }

    private void Return(EntityKey entity)
    {
        (object Message, IActorRef? Sender)[] undecided;
        lock (_lock)
        {
            var fallen = _fallen[entity];
            fallen.Returning = false;
            if (fallen.Stood)
            {
                _fallen.Remove(entity);
            }

            undecided = [.. fallen.Undecided];
            fallen.Undecided.Clear();
        }

        var route = router();
        route.Tell(entity, WakeUpNow.Instance, ActorRefs.NoSender);
        foreach (var (message, sender) in undecided)
        {
            route.Tell(entity, message, sender);
        }
    }

    private sealed class Fall
    {
        public EntityMemory? Memory { get; set; }

        public Exception? Cause { get; set; }

        /// <summary>When it was last logged.</summary>
        public long? SaidAt { get; set; }

        public List<(object Message, IActorRef? Sender)> Undecided { get; } = [];

        public TimeSpan Pause { get; set; } = FirstPause;

        /// <summary>Whether the scheduler will bring it back.</summary>
        public bool Returning { get; set; }

        /// <summary>Whether it is in memory here again.</summary>
        public bool IsHere { get; set; }

        /// <summary>Whether it had fallen before the last sweep.</summary>
        public bool IsOld { get; set; }

        /// <summary>Whether it works again.</summary>
        public bool Stood { get; set; }

        /// <summary>Once each: every life is told anew what became of a process, and a wake-up comes with the return.</summary>
        public void Add(object message, IActorRef? sender)
        {
            if (message is not WakeUpNow && !Undecided.Exists(u => u.Message.Equals(message)))
            {
                Undecided.Add((message, sender));
            }
        }
    }
}

/// <summary>What an entity knew: its state after the event of this number.</summary>
/// <param name="Creates">Entities that its last commit creates, if it has happened after all.</param>
public sealed record EntityMemory(object State, long Sequence, ImmutableArray<EntityKey> Creates);
