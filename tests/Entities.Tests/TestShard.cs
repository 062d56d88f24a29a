using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities.Store;

namespace Runner.Entities.Tests;

/// <summary>
/// Does to its entities what a shard of Akka.Cluster.Sharding does: keeps what comes for one that is passivating, begins it again with that,
/// and when it hands over tells all to leave and hears nothing else.
/// </summary>
internal sealed class TestShard(Func<string, Props> entity) : UntypedActor
{
    private readonly Dictionary<string, IActorRef> _byId = [];
    private readonly Dictionary<IActorRef, string> _ids = [];
    private readonly Dictionary<string, List<(object Message, IActorRef Sender)>> _kept = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EntityMessage envelope:
                Deliver(envelope.Entity.Id, envelope.Message);
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

    private void Deliver(string id, object message)
    {
        if (_kept.TryGetValue(id, out var kept))
        {
            kept.Add((message, Sender));
            return;
        }

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
                Self.Tell(new EntityMessage(new EntityKey(CounterBehaviour.CounterKind, id!), message), sender);
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
