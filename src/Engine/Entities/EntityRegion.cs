using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Entities.Store;

namespace Runner.Engine.Entities;

/// <summary>
/// Parent of a kind's entities on this node: brings an entity to memory when there is a message for it and forgets it when it has been idle for
/// a while, or when <see cref="MostIdle"/> others have become idle since: a burst over a hundred thousand entities costs time, not memory. A
/// message that arrives while an entity is being forgotten waits for its next life; none is lost, and their order is kept.
/// </summary>
/// <param name="create">Makes the actor of an id.</param>
/// <param name="idleAfter">How long an idle entity stays in memory.</param>
/// <param name="observe">Told once how to ask, from any thread, for the number of entities in memory; null for nobody who asks.</param>
public sealed class EntityRegion(Func<string, ActorBase> create, IClock clock, TimeSpan idleAfter, Action<Func<int>>? observe = null) : ActorBase
{
    /// <summary>How many idle entities stay in memory.</summary>
    public const int MostIdle = 1_000;

    private readonly Dictionary<EntityKey, Resident> _residents = [];
    private readonly Queue<(long At, EntityKey Entity)> _idle = new();
    private int _count;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy { get; } = SupervisorStrategy.Default;

    /// <inheritdoc/>
    protected override void PreStart() => observe?.Invoke(() => Volatile.Read(ref _count));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EntityMessage m:
                Deliver(m.Entity, m.Message, Sender);
                break;
            case Idle idle:
                OnIdle(idle.Entity);
                break;
            case Sweep:
                OnSweep();
                break;
            case StillBusy busy:
                OnStillBusy(busy.Entity);
                break;
            case EntityStopped stopped:
                OnStopped(stopped.Entity);
                break;
            case ToOneInMemory one when _residents.ContainsKey(one.Entity):
                Deliver(one.Entity, one.Message, Sender);
                break;
            case ToOneInMemory:
                break;
            case ToAllInMemory all:
                foreach (var entity in _residents.Keys.ToArray())
                {
                    Deliver(entity, all.Message, Sender);
                }

                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Deliver(EntityKey entity, object message, IActorRef sender)
    {
        if (!_residents.TryGetValue(entity, out var resident))
        {
            resident = Bring(entity);
        }

        if (resident.Leaving is { } waiting)
        {
            waiting.Enqueue((message, sender));
        }
        else
        {
            resident.Actor.Tell(message, sender);
        }
    }

    private Resident Bring(EntityKey entity)
    {
        var actor = Context.ActorOf(Props.Create(() => create(entity.Id)), Uri.EscapeDataString(entity.Id));
        Context.WatchWith(actor, new EntityStopped(entity));
        var resident = new Resident(actor);
        _residents.Add(entity, resident);
        Volatile.Write(ref _count, _residents.Count);
        return resident;
    }

    private void OnIdle(EntityKey entity)
    {
        if (!_residents.TryGetValue(entity, out var resident) || resident.MayLeave)
        {
            return;
        }

        resident.MayLeave = true;
        _idle.Enqueue((clock.Timestamp + idleAfter.Ticks, entity));
        if (_idle.Count == 1)
        {
            Context.Timers.StartSingleTimer(typeof(Sweep), Sweep.Instance, idleAfter);
        }
        else if (_idle.Count > MostIdle)
        {
            AskToLeave(_idle.Dequeue().Entity);
        }
    }

    private void OnSweep()
    {
        var now = clock.Timestamp;
        while (_idle.TryPeek(out var next) && next.At <= now)
        {
            AskToLeave(_idle.Dequeue().Entity);
        }

        if (_idle.TryPeek(out var later))
        {
            Context.Timers.StartSingleTimer(typeof(Sweep), Sweep.Instance, TimeSpan.FromTicks(Math.Max(1, later.At - now)));
        }
    }

    private void AskToLeave(EntityKey entity)
    {
        if (_residents.TryGetValue(entity, out var resident) && resident.Leaving is null)
        {
            resident.MayLeave = false;
            resident.Leaving = new Queue<(object, IActorRef)>();
            resident.Actor.Tell(TryPassivate.Instance, Self);
        }
    }

    private void OnStillBusy(EntityKey entity)
    {
        var resident = _residents[entity];
        var waiting = resident.Leaving!;
        resident.Leaving = null;
        foreach (var (message, sender) in waiting)
        {
            resident.Actor.Tell(message, sender);
        }
    }

    private void OnStopped(EntityKey entity)
    {
        _residents.Remove(entity, out var resident);
        Volatile.Write(ref _count, _residents.Count);
        foreach (var (message, sender) in resident!.Leaving ?? [])
        {
            Deliver(entity, message, sender);
        }
    }

    private sealed class Resident(IActorRef actor)
    {
        public IActorRef Actor { get; } = actor;

        /// <summary>Whether it stands in the queue of the idle.</summary>
        public bool MayLeave { get; set; }

        /// <summary>What has come since it was asked to leave; null if it was not asked.</summary>
        public Queue<(object Message, IActorRef Sender)>? Leaving { get; set; }
    }

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }
}
