using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Runner.Simulation.Runtime;

/// <summary>
/// Parent of entities, and to them just what Akka.Cluster.Sharding's shard is: creates one when there is a message for it, answers its
/// <see cref="Passivate"/> with the stop message that it brings, keeps what comes meanwhile for the next incarnation, forgets one that has
/// stopped by itself, restarts one that fails.
/// </summary>
internal sealed class SimulatedShard(Func<string, Props> entity, IMessageExtractor extractor, object handOffStopMessage) : UntypedActor
{
    private readonly Dictionary<string, Resident> _residents = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, Resident> _byActor = [];
    private bool _handingOff;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EntityGone gone:
                OnGone(gone.Resident);
                break;
            case Passivate passivate:
                if (_byActor.TryGetValue(Sender, out var passive))
                {
                    LetGo(passive, passivate.StopMessage);
                }

                break;
            case HandOff:
                OnHandOff();
                break;
            case EndIncarnation end:
                OnEnd(end);
                break;
            default:
                Deliver(message);
                break;
        }
    }

    private void Deliver(object message)
    {
        // A shard that is being handed off handles nothing more: what is in its mailbox is lost.
        if (_handingOff || extractor.EntityId(message) is not { } id)
        {
            Unhandled(message);
            return;
        }

        var resident = Get(id);
        if (resident.Waiting is { } waiting)
        {
            waiting.Enqueue((message, Sender));
        }
        else
        {
            resident.Actor.Tell(extractor.EntityMessage(message), Sender);
        }
    }

    private Resident Get(string id)
    {
        if (!_residents.TryGetValue(id, out var resident))
        {
            var actor = Context.ActorOf(entity(id), Uri.EscapeDataString(id));
            resident = new Resident(id, actor);
            Context.WatchWith(actor, new EntityGone(resident));
            _residents.Add(id, resident);
            _byActor.Add(actor, resident);
        }

        return resident;
    }

    private static void LetGo(Resident resident, object stopMessage)
    {
        if (resident.Waiting is null)
        {
            resident.Waiting = new Queue<(object, IActorRef)>();
            resident.Actor.Tell(stopMessage);
        }
    }

    private void OnGone(Resident gone)
    {
        _residents.Remove(gone.Id);
        _byActor.Remove(gone.Actor);
        foreach (var (message, sender) in gone.Waiting ?? [])
        {
            if (gone.Ended)
            {
                Context.Parent.Tell(message, sender);
            }
            else
            {
                Self.Tell(message, sender);
            }
        }

        if (_handingOff && _residents.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    private void OnHandOff()
    {
        _handingOff = true;
        foreach (var resident in _residents.Values)
        {
            resident.Waiting = null;
            resident.Actor.Tell(handOffStopMessage);
        }

        if (_residents.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    private void OnEnd(EndIncarnation end)
    {
        if (!_residents.TryGetValue(end.Id, out var resident))
        {
            return;
        }

        resident.Ended = true;
        if (end.Abruptly)
        {
            Context.Stop(resident.Actor);
        }
        else
        {
            LetGo(resident, handOffStopMessage);
        }
    }

    private sealed class Resident(string id, IActorRef actor)
    {
        public string Id => id;

        public IActorRef Actor => actor;

        /// <summary>What has come since it was told to stop; null if it was not.</summary>
        public Queue<(object Message, IActorRef Sender)>? Waiting { get; set; }

        /// <summary>Its place is another one from now on: what waits goes there.</summary>
        public bool Ended { get; set; }
    }

    private sealed record EntityGone(Resident Resident);
}

/// <summary>To a region or shard: the entities of the shard leave, and come back with their next messages.</summary>
internal sealed record HandOff(string Shard);

/// <summary>To a shard: an entity lives elsewhere from now on.</summary>
/// <param name="Abruptly">As when its node dies; otherwise it is told to stop.</param>
internal sealed record EndIncarnation(string Id, bool Abruptly);
