using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;

namespace Runner.Simulation.Runtime;

/// <summary>
/// Stands in for the shard regions of one kind: takes their envelopes, and brings entities to memory below shards, by the same names. May be
/// wrong as a cluster may be that has been cut in two: messages are lost, come twice or late, and an entity has two incarnations at once, each
/// of which gets some of its messages.
/// </summary>
/// <param name="entity">The props of the entity of an id.</param>
/// <param name="handOffStopMessage">What tells an entity to stop when its shard moves.</param>
/// <param name="faults">How wrong it is; null for never.</param>
internal sealed class SimulatedRegion(Func<string, Props> entity, IMessageExtractor extractor, object handOffStopMessage, RegionFaults? faults)
    : UntypedActor
{
    private readonly Dictionary<string, IActorRef> _shards = new(StringComparer.Ordinal);

    /// <summary>Shards that are being handed off, with what came for them since.</summary>
    private readonly Dictionary<string, Queue<(object Message, IActorRef Sender)>> _leaving = new(StringComparer.Ordinal);

    /// <summary>Entities that have two incarnations now.</summary>
    private readonly HashSet<string> _twins = new(StringComparer.Ordinal);

    /// <summary>Entities that live on the other side, having lived on both.</summary>
    private readonly HashSet<string> _moved = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Arrived arrived:
                Route(arrived.Message);
                break;
            case HandOff handOff:
                OnHandOff(handOff.Shard);
                break;
            case ShardGone gone:
                OnShardGone(gone.Name);
                break;
            case TwinEnds ends:
                OnTwinEnds(ends.Id);
                break;
            default:
                OnEnvelope(message);
                break;
        }
    }

    private void OnEnvelope(object message)
    {
        if (extractor.EntityId(message) is not { } id)
        {
            Unhandled(message);
            return;
        }

        switch (faults?.NextFate(id, extractor.EntityMessage(message)!) ?? MessageFate.Arrives)
        {
            case MessageFate.Lost:
                break;
            case MessageFate.Late:
                Later(new Arrived(message));
                break;
            case MessageFate.Doubled:
                Route(message);
                Later(new Arrived(message));
                break;
            default:
                Route(message);
                break;
        }
    }

    private void Later(object message) => TellAfter(faults!.NextDelay(), message, Sender);

    private void TellAfter(TimeSpan delay, object message, IActorRef sender)
    {
        var self = Self;
        SimulatedNode.Of(Context.System).Schedule(delay, () => self.Tell(message, sender));
    }

    private void Route(object message)
    {
        var id = extractor.EntityId(message)!;
        var other = _moved.Contains(id);
        if (faults is not null)
        {
            if (_twins.Contains(id))
            {
                other = faults.Random.Next(2) == 0;
            }
            else if (faults.TwinBegins(id))
            {
                _twins.Add(id);
                TellAfter(faults.NextTwinLife(), new TwinEnds(id), Self);
                other = !other;
            }
        }

        ToShard(ShardOf(id, other), message);
    }

    // One of the two is left, and has what comes from now on.
    private void OnTwinEnds(string id)
    {
        _twins.Remove(id);
        var endsOther = faults!.Random.Next(2) == 0;
        var abruptly = faults.Random.Next(2) == 0;
        faults.TwinEnded(id, abruptly);
        if (endsOther)
        {
            _moved.Remove(id);
        }
        else
        {
            _moved.Add(id);
        }

        ToShard(ShardOf(id, endsOther), new EndIncarnation(id, abruptly));
    }

    private void ToShard(string name, object message)
    {
        if (_leaving.TryGetValue(name, out var waiting))
        {
            waiting.Enqueue((message, Sender));
            return;
        }

        if (!_shards.TryGetValue(name, out var shard))
        {
            shard = Context.ActorOf(
                ActorProducer.Props(() => new SimulatedShard(entity, extractor, handOffStopMessage)), name);
            Context.WatchWith(shard, new ShardGone(name));
            _shards.Add(name, shard);
        }

        shard.Tell(message, Sender);
    }

    private void OnHandOff(string name)
    {
        if (_shards.TryGetValue(name, out var shard) && _leaving.TryAdd(name, new Queue<(object, IActorRef)>()))
        {
            shard.Tell(new HandOff(name));
        }
    }

    private void OnShardGone(string name)
    {
        _shards.Remove(name);
        _leaving.Remove(name, out var waiting);
        foreach (var (message, sender) in waiting ?? [])
        {
            Self.Tell(new Arrived(message), sender);
        }
    }

    private string ShardOf(string id, bool other)
    {
        var shard = extractor.ShardId(id);
        return other ? shard + "-other" : shard;
    }

    /// <summary>An envelope that has had its faults.</summary>
    private sealed record Arrived(object Message);

    private sealed record ShardGone(string Name);

    private sealed record TwinEnds(string Id);
}
