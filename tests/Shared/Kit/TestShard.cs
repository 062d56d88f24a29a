using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;

namespace Runner.Tests.Kit;

/// <summary>
/// Does to its entities what a shard of Akka.Cluster.Sharding does: keeps what comes for one that is passivating, begins it again with that,
/// and when it hands over tells all to leave and hears nothing else.
/// </summary>
/// <param name="extractor">Takes messages out of their envelopes, just before the entity is brought to memory.</param>
internal sealed class TestShard(Func<string, Props> entity, EntityExtractor extractor) : UntypedActor
{
    private readonly Dictionary<string, IActorRef> _byId = [];
    private readonly Dictionary<IActorRef, string> _ids = [];
    private readonly Dictionary<string, List<(EntityMessage Message, IActorRef Sender)>> _kept = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EntityMessage envelope:
                Deliver(envelope.Entity.Id, envelope);
                break;
            case Passivate passivate when _ids.TryGetValue(Sender, out var id) && _kept.TryAdd(id, []):
                Sender.Tell(passivate.StopMessage, Self);
                break;
            case Passivate:
                break;
            case Terminated ended:
                OnTerminated(ended.ActorRef);
                break;
            case HandOver:
                OnHandOver();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Deliver(string id, EntityMessage envelope)
    {
        if (_kept.TryGetValue(id, out var kept))
        {
            kept.Add((envelope, Sender));
            return;
        }

        var message = extractor.EntityMessage(envelope);
        if (!_byId.TryGetValue(id, out var actor))
        {
            actor = Context.Watch(Context.ActorOf(entity(id), Uri.EscapeDataString(id)));
            _byId.Add(id, actor);
            _ids.Add(actor, id);
        }

        actor.Forward(message);
    }

    private void OnTerminated(IActorRef actor)
    {
        _ids.Remove(actor, out var id);
        _byId.Remove(id!);
        if (_kept.Remove(id!, out var kept))
        {
            foreach (var (message, sender) in kept)
            {
                Self.Tell(message, sender);
            }
        }
    }

    private void OnHandOver()
    {
        foreach (var actor in _ids.Keys)
        {
            actor.Tell(LeaveMemory.Instance, Self);
        }

        Become(message =>
        {
            if (message is Terminated ended)
            {
                _ids.Remove(ended.ActorRef);
                StopWhenEmpty();
            }

            return true;
        });
        StopWhenEmpty();
    }

    private void StopWhenEmpty()
    {
        if (_ids.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    public sealed record HandOver : INoSerializationVerificationNeeded;
}
