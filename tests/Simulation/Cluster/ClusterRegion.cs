using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>
/// The shard region of one kind on one node, as Akka.Cluster.Sharding's: asks where a shard is, keeps what comes meanwhile, goes on believing what it
/// was told until it hears of a hand-off or that the node there is gone, and begins a shard only with its lease.
/// </summary>
internal sealed class ClusterRegion(ClusterLife life, string name, Func<string, Props> entity, IMessageExtractor extractor) : UntypedActor
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan TryLeaseAgain = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<string, IActorRef> _shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClusterLife> _homes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Queue<(object Message, IActorRef Sender, int Ways)>> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);

    /// <summary>Shards whose home is asked for, or whose lease is.</summary>
    private readonly HashSet<string> _asking = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HomeIs home:
                OnHome(home);
                break;
            case Ask ask:
                Find(ask.Shard);
                break;
            case BeginHandOff begin:
                _homes.Remove(begin.Shard);
                break;
            case HandOff handOff:
                OnHandOff(handOff.Shard);
                break;
            case EndShard end:
                if (_shards.TryGetValue(end.Shard, out var stuck) && _leaving.Contains(end.Shard))
                {
                    Context.Stop(stuck);
                }

                break;
            case ShardGone gone:
                OnShardGone(gone.Shard);
                break;
            case MembersChanged changed:
                OnMembersChanged(changed.Gone);
                break;
            case LeasesAreLost:
                OnLeasesLost();
                break;
            case Forwarded forwarded:
                OnEnvelope(forwarded.Message, Sender, forwarded.Ways);
                break;
            default:
                OnEnvelope(message, Sender, 0);
                break;
        }
    }

    private void OnEnvelope(object message, IActorRef sender, int ways)
    {
        if (extractor.EntityId(message) is not { } id)
        {
            Unhandled(message);
            return;
        }

        var shard = extractor.ShardId(id)!;
        if (!_leaving.Contains(shard) && _shards.TryGetValue(shard, out var here))
        {
            here.Tell(message, sender);
        }
        else if (!_leaving.Contains(shard) && _homes.TryGetValue(shard, out var home) && home != life)
        {
            life.Cluster.Network.Forward(life, home, home.Router.RegionOf(name), new Forwarded(message, ways + 1), sender);
        }
        else
        {
            if (!_waiting.TryGetValue(shard, out var waiting))
            {
                _waiting.Add(shard, waiting = new Queue<(object, IActorRef, int)>());
            }

            waiting.Enqueue((message, sender, ways));
            if (!_leaving.Contains(shard) && _asking.Add(shard))
            {
                Find(shard);
            }
        }
    }

    /// <summary>Asks for a shard's home, or for its lease, until there is one.</summary>
    private void Find(string shard)
    {
        if (_shards.ContainsKey(shard) || !_waiting.ContainsKey(shard))
        {
            _asking.Remove(shard);
            return;
        }

        if (_homes.GetValueOrDefault(shard) == life)
        {
            Begin(shard);
        }
        else
        {
            life.Cluster.AskHome(life, name, shard);
            Later(AskAgain, new Ask(shard));
        }
    }

    private void OnHome(HomeIs home)
    {
        if (life.HasHeardGone(home.Home) || _leaving.Contains(home.Shard))
        {
            return;
        }

        _homes[home.Shard] = home.Home;
        if (home.Home != life)
        {
            Flush(home.Shard);
        }
        else if (!_shards.ContainsKey(home.Shard))
        {
            Begin(home.Shard);
        }
    }

    private void Begin(string shard)
    {
        if (!life.Cluster.TryAcquire($"{name}/{shard}", life))
        {
            Later(TryLeaseAgain, new Ask(shard));
            return;
        }

        var actor = Context.ActorOf(ActorProducer.Props(() => new SimulatedShard(entity, extractor, LeaveMemory.Instance)), shard);
        Context.WatchWith(actor, new ShardGone(shard));
        _shards.Add(shard, actor);
        Flush(shard);
    }

    private void Flush(string shard)
    {
        _asking.Remove(shard);
        if (_waiting.Remove(shard, out var waiting))
        {
            foreach (var (message, sender, ways) in waiting)
            {
                OnEnvelope(message, sender, ways);
            }
        }
    }

    private void OnHandOff(string shard)
    {
        if (!_shards.TryGetValue(shard, out var actor))
        {
            life.Cluster.HandedOff(life, name, shard);
        }
        else if (_leaving.Add(shard))
        {
            actor.Tell(new HandOff(shard));
        }
    }

    private void OnShardGone(string shard)
    {
        _shards.Remove(shard);
        _homes.Remove(shard);
        if (_leaving.Remove(shard))
        {
            life.Cluster.HandedOff(life, name, shard);
        }

        if (_waiting.ContainsKey(shard) && _asking.Add(shard))
        {
            Find(shard);
        }
    }

    private void OnMembersChanged(ClusterLife? gone)
    {
        foreach (var (shard, _) in _homes.Where(home => home.Value == gone).ToArray())
        {
            _homes.Remove(shard);
        }
    }

    private void OnLeasesLost()
    {
        foreach (var (_, shard) in _shards.OrderBy(shard => shard.Key, StringComparer.Ordinal))
        {
            Context.Stop(shard);
        }
    }

    private void Later(TimeSpan delay, object message)
    {
        var self = Self;
        life.Turns.Schedule(delay, () => self.Tell(message, ActorRefs.NoSender));
    }

    private sealed record Ask(string Shard);

    private sealed record ShardGone(string Shard);
}

/// <summary>To a region, from another one: a message for one of its entities, and how many regions have sent it on.</summary>
internal sealed record Forwarded(object Message, int Ways);

/// <summary>To a region: where a shard is.</summary>
internal sealed record HomeIs(string Shard, ClusterLife Home);

/// <summary>To a region: a shard moves, and is nowhere for now.</summary>
internal sealed record BeginHandOff(string Shard);

/// <summary>To a region: a shard that does not end by itself has had its time.</summary>
internal sealed record EndShard(string Shard);
