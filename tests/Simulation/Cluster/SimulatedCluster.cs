using Akka.Actor;
using Runner.Simulation.Runtime;
using Serilog;

namespace Runner.Simulation.Cluster;

/// <summary>
/// Stands in for Akka.Cluster with its leases in the database: who is a member, when members are parted with, where shards, singletons and daemons
/// are, and what each node hears of that, and when. Its guarantees are the real ones and no better: docs/simulation.md says which.
/// </summary>
internal sealed class SimulatedCluster
{
    /// <summary>For how long others leave a lease to its owner, by the database's clock.</summary>
    public static readonly TimeSpan LeaseTtl = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan HandOffAtMost = TimeSpan.FromSeconds(10);

    private readonly World _world;
    private readonly SimulatedRandom _random;
    private readonly ILogger _log;
    private readonly List<ClusterLife> _members = [];
    private readonly Dictionary<(string Region, string Shard), ClusterLife> _homes = [];
    private readonly HashSet<(string Region, string Shard)> _moving = [];
    private readonly SortedDictionary<string, ClusterLife> _placeHomes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(ClusterLife Life, IActorRef One)>> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lease> _leases = new(StringComparer.Ordinal);
    private readonly Dictionary<(ClusterLife, ClusterLife), TimeSpan> _unreachableSince = [];
    private TimeSpan _coordinatorFrom;
    private TimeSpan? _emptySince;
    private TimeSpan? _nobodySince;
    private TimeSpan _patience;
    private int _lives;

    public SimulatedCluster(World world, SimulatedRandom random, IReadOnlyList<Machine> machines, ILogger log)
    {
        (_world, _random, _log, Machines) = (world, random, log, machines);
        Network = new SimulatedNetwork(world, random.Fork());
        _patience = NextPatience();
        Look();
    }

    public IReadOnlyList<Machine> Machines { get; }

    public SimulatedNetwork Network { get; }

    /// <summary>The members, the oldest first: as those see it who go on.</summary>
    public IReadOnlyList<ClusterLife> Members => _members;

    /// <summary>False where leases are no protection: whoever is to take over does, and only the journal's key is left between two.</summary>
    public bool LeasesProtect { get; set; } = true;

    /// <summary>Told of each member that hears that another one is gone; where a bug is planted.</summary>
    public Action<ClusterLife, ClusterLife>? OnGone { get; set; }

    public ClusterLife NewLife(NodeProgram program) => new(program, this, ++_lives, _log);

    /// <summary>Starts the node of a machine that has none.</summary>
    public void Start(Machine machine)
    {
        if (machine.Program is null)
        {
            _world.Note($"{machine.Name}: starts");
            _world.Liveness.Disturbed();
            machine.Program = new NodeProgram(_world, this, machine, _random.Fork());
            _world.User.OnNodeStarted();
        }
    }

    /// <summary>Whether a life that asks becomes a member: all members have to be there to agree, or the database to know of none.</summary>
    public bool TryJoin(ClusterLife life)
    {
        if (!life.Program.ReachesDatabase || _members.Any(member => member.Machine == life.Machine || !Meet(member, life)))
        {
            return false;
        }

        if (_members.Count == 0 && _emptySince is { } since && _world.Elapsed - since < LeaseTtl)
        {
            return false;
        }

        // What its program's former life had it gives back.
        Expire(former => former.Program == life.Program);
        _world.Note($"cluster: {life.Text} joins {_members.Count} others");
        _world.Statistics.Joins++;
        _members.Add(life);
        _emptySince = null;
        foreach (var member in _members.Where(member => member != life).ToArray())
        {
            member.Turns.Schedule(Gossip(), () => member.HearsCame(life));
        }

        life.Turns.Schedule(Gossip(), () =>
        {
            if (_members.Contains(life))
            {
                life.ComesUp(_members);
            }
        });
        _world.Schedule(TimeSpan.FromMilliseconds(600 + _random.Next(600)), SetPlaces);
        return true;
    }

    /// <summary>Whether a member knows by now that it is none any more, or could know.</summary>
    public bool IsMember(ClusterLife life) => _members.Contains(life);

    /// <summary>Whether another member tells it so.</summary>
    public bool MeetsAnyMember(ClusterLife life) => _members.Any(member => member != life && Meet(member, life));

    /// <summary>A member leaves in order.</summary>
    public void Leave(ClusterLife life)
    {
        _world.Note($"cluster: {life.Text} leaves");
        Remove([life]);
    }

    /// <summary>A member ends by itself, and says so to those whom it reaches.</summary>
    public void DownsItself(ClusterLife life)
    {
        if (_members.Contains(life) && MeetsAnyMember(life))
        {
            _world.Schedule(Gossip(), () => Remove([life]));
        }
    }

    /// <summary>A life has ended: what it had is given back, if the database can be reached.</summary>
    public void Ended(ClusterLife life)
    {
        if (life.Program.ReachesDatabase)
        {
            Expire(life);
        }

        foreach (var running in _running.Values)
        {
            running.RemoveAll(one => one.Life == life);
        }
    }

    /// <summary>The process of a life is gone. On a machine that lives, members notice at once.</summary>
    public void Killed(ClusterLife life, bool withMachine)
    {
        foreach (var running in _running.Values)
        {
            running.RemoveAll(one => one.Life == life);
        }

        if (!withMachine)
        {
            _world.Schedule(TimeSpan.FromMilliseconds(300 + _random.Next(400)), () =>
            {
                if (_members.Contains(life) && _members.Any(member => IsAwake(member) && Network.AreConnected(member.Machine, life.Machine)))
                {
                    _world.Note($"cluster: {life.Text} is gone");
                    Expire(life);
                    Remove([life]);
                }
            });
        }
    }

    // Leases.

    /// <summary>Whether a life has a lease from now on.</summary>
    public bool TryAcquire(string resource, ClusterLife life)
    {
        var program = life.Program;
        if (!life.IsUp || life.Ends || !program.ReachesDatabase)
        {
            return false;
        }

        if (_leases.TryGetValue(resource, out var lease) && lease.Owner != life && LeasesProtect
            && (lease.Expires > _world.Elapsed || program.AnsweringSince is not { } since || _world.Elapsed - since < LeaseTtl))
        {
            return false;
        }

        _leases[resource] = new Lease(life, _world.Elapsed);
        return true;
    }

    public void Release(string resource, ClusterLife life)
    {
        if (!_leases.TryGetValue(resource, out var lease) || lease.Owner != life)
        {
            return;
        }

        if (life.Program.ReachesDatabase)
        {
            _leases.Remove(resource);
        }
        else
        {
            // Then it runs out.
            lease.Stop();
        }
    }

    /// <summary>A life counts its leases as lost: they run out.</summary>
    public void LeasesLost(ClusterLife life)
    {
        foreach (var lease in _leases.Values.Where(lease => lease.Owner == life))
        {
            lease.Stop();
        }
    }

    // Shards.

    /// <summary>A region asks where a shard is. It may get no answer: then it asks again.</summary>
    public void AskHome(ClusterLife life, string region, string shard)
    {
        if (!_members.Contains(life) || _world.Elapsed < _coordinatorFrom || !Meet(_members[0], life) || _moving.Contains((region, shard)))
        {
            return;
        }

        if (!_homes.TryGetValue((region, shard), out var home))
        {
            _homes.Add((region, shard), home = AnyMember());
        }

        life.Turns.Schedule(Trip(), () => life.Router.RegionOf(region).Tell(new HomeIs(shard, home), ActorRefs.NoSender));
    }

    /// <summary>A shard that somebody has goes to another member.</summary>
    public void MoveShard()
    {
        if (_homes.Count == 0 || _members.Count < 2)
        {
            return;
        }

        var ((region, shard), home) = _homes.ElementAt(_random.Next(_homes.Count));
        _world.Note($"cluster: {region}/{shard} leaves {home.Text}");
        _world.Statistics.Moves++;
        _homes.Remove((region, shard));
        _moving.Add((region, shard));
        SayItLeaves(region, shard);
        home.Turns.Schedule(Trip() + Trip(), () => home.Router.RegionOf(region).Tell(new HandOff(shard), ActorRefs.NoSender));
        home.Turns.Schedule(HandOffAtMost, () => home.Router.RegionOf(region).Tell(new EndShard(shard), ActorRefs.NoSender));
        _world.Schedule(HandOffAtMost + TimeSpan.FromSeconds(2), () =>
        {
            _moving.Remove((region, shard));
            SayItLeaves(region, shard);
        });
    }

    /// <summary>
    /// Akka.NET's coordinator moves nothing before every region has forgotten where it was. This one does not wait for them: so regions are wrong for
    /// a while. It says it again when the move is over, because no region stays wrong there.
    /// </summary>
    private void SayItLeaves(string region, string shard)
    {
        foreach (var member in _members.ToArray())
        {
            member.Turns.Schedule(Trip(), () => member.Router.RegionOf(region).Tell(new BeginHandOff(shard), ActorRefs.NoSender));
        }
    }

    /// <summary>What was to leave has left.</summary>
    public void HandedOff(ClusterLife life, string region, string shard)
    {
        Release($"{region}/{shard}", life);
        _world.Schedule(Trip(), () => _moving.Remove((region, shard)));
    }

    // Singletons and daemons.

    /// <summary>A daemon goes to another member.</summary>
    public void MoveDaemon()
    {
        if (_members.Count < 2)
        {
            return;
        }

        _world.Statistics.Moves++;
        SetPlace(SimulatedClusterRouter.Daemons[_random.Next(SimulatedClusterRouter.Daemons.Length)], AnyMember());
    }

    public void Runs(string name, ClusterLife life, IActorRef one)
    {
        _world.Note($"cluster: {name} runs at {life.Text}");
        if (!_running.TryGetValue(name, out var all))
        {
            _running.Add(name, all = []);
        }

        all.Add((life, one));
    }

    public void RunsNoMore(string name, ClusterLife life)
    {
        _world.Note($"cluster: {name} ends at {life.Text}");
        _running[name].RemoveAll(one => one.Life == life);
        foreach (var other in Machines.Select(machine => machine.Program?.Life).OfType<ClusterLife>().Where(other => other != life).ToArray())
        {
            other.Turns.Schedule(Trip(), () => other.Router.PlaceOf(name).Tell(new OneIsGone(life), ActorRefs.NoSender));
        }
    }

    /// <summary>Where a life finds one that runs; null if it finds none.</summary>
    public (ClusterLife Life, IActorRef One)? Find(string name, ClusterLife life)
    {
        foreach (var one in _running.GetValueOrDefault(name)?.AsEnumerable().Reverse() ?? [])
        {
            if (one.Life != life && life.Known.Contains(one.Life) && Meet(one.Life, life))
            {
                return one;
            }
        }

        return null;
    }

    private bool Meet(ClusterLife one, ClusterLife other) =>
        one == other || (IsAwake(one) && IsAwake(other) && Network.AreConnected(one.Machine, other.Machine));

    private static bool IsAwake(ClusterLife life) => life.Turns is { Alive: true, Paused: false } && !life.Ends;

    private ClusterLife AnyMember() => _members[_random.Next(_members.Count)];

    private TimeSpan Trip() => TimeSpan.FromTicks(10_000 + _random.Next(1_000_000));

    private TimeSpan Gossip() => TimeSpan.FromMilliseconds(50 + _random.Next(600));

    /// <summary>Failure detector, and how long nothing may have changed.</summary>
    private TimeSpan NextPatience() => TimeSpan.FromMilliseconds(4500 + _random.Next(2000));

    private void Expire(ClusterLife life) => Expire(owner => owner == life);

    private void Expire(Predicate<ClusterLife> isOwner)
    {
        foreach (var (resource, _) in _leases.Where(lease => isOwner(lease.Value.Owner)).ToArray())
        {
            _leases.Remove(resource);
        }
    }

    /// <summary>The others go on without these.</summary>
    private void Remove(IReadOnlyCollection<ClusterLife> lives)
    {
        if (!_members.Any(lives.Contains))
        {
            return;
        }

        var wasOldest = _members[0];
        _members.RemoveAll(lives.Contains);
        foreach (var (key, _) in _homes.Where(home => lives.Contains(home.Value)).ToArray())
        {
            _homes.Remove(key);
        }

        foreach (var pair in _unreachableSince.Keys.Where(pair => lives.Contains(pair.Item1) || lives.Contains(pair.Item2)).ToArray())
        {
            _unreachableSince.Remove(pair);
        }

        foreach (var member in _members.ToArray())
        {
            foreach (var life in lives)
            {
                member.Turns.Schedule(Gossip(), () => member.HearsGone(life));
            }
        }

        if (_members.Count == 0)
        {
            _emptySince = _world.Elapsed;
        }
        else if (_members[0] != wasOldest)
        {
            _coordinatorFrom = _world.Elapsed + TimeSpan.FromMilliseconds(200 + _random.Next(1300));
        }

        _world.Schedule(TimeSpan.FromMilliseconds(200 + _random.Next(800)), SetPlaces);
    }

    private void SetPlaces()
    {
        if (_members.Count == 0)
        {
            return;
        }

        foreach (var name in SimulatedClusterRouter.Singletons)
        {
            SetPlace(name, _members[0]);
        }

        foreach (var name in SimulatedClusterRouter.Daemons.Where(name => !_members.Contains(_placeHomes.GetValueOrDefault(name)!)))
        {
            SetPlace(name, AnyMember());
        }
    }

    private void SetPlace(string name, ClusterLife home)
    {
        var before = _placeHomes.GetValueOrDefault(name);
        if (before == home)
        {
            return;
        }

        _placeHomes[name] = home;
        if (before is not null && _members.Contains(before))
        {
            Turn(before, false);
        }

        Turn(home, true);

        void Turn(ClusterLife life, bool isTurn) => life.Turns.Schedule(Gossip(), () =>
        {
            if ((_placeHomes[name] == life) == isTurn)
            {
                life.Router.PlaceOf(name).Tell(new YourTurn(isTurn), ActorRefs.NoSender);
            }
        });
    }

    /// <summary>Who does not reach whom for how long; and who goes on.</summary>
    private void Look() => _world.Schedule(LookEvery, () =>
    {
        var isDue = false;
        for (var i = 0; i < _members.Count; i++)
        {
            for (var j = i + 1; j < _members.Count; j++)
            {
                var pair = (_members[i], _members[j]);
                if (Meet(pair.Item1, pair.Item2))
                {
                    _unreachableSince.Remove(pair);
                }
                else
                {
                    _unreachableSince.TryAdd(pair, _world.Elapsed);
                    isDue |= _world.Elapsed - _unreachableSince[pair] >= _patience;
                }
            }
        }

        if (isDue)
        {
            Decide();
            _patience = NextPatience();
        }

        // Nobody renews what the database knows of the cluster: who comes then forms another.
        _nobodySince = _members.Count == 0 || _members.Exists(IsAwake) ? null : _nobodySince ?? _world.Elapsed;
        if (_world.Elapsed - _nobodySince > LeaseTtl)
        {
            Remove([.. _members]);
        }

        Look();
    });

    /// <summary>
    /// The largest group whose members all reach each other and of which one reaches the database, which gives its lease to one group alone, goes on.
    /// A node that reaches some of those that reach each other, and not others, goes with nobody.
    /// </summary>
    private void Decide()
    {
        var awake = _members.Where(IsAwake).ToList();
        var groups = new List<List<ClusterLife>>();
        foreach (var life in awake)
        {
            if (groups.Find(group => group.Exists(other => AreTogether(other, life))) is { } joined)
            {
                joined.Add(life);
            }
            else
            {
                groups.Add([life]);
            }
        }

        foreach (var group in groups)
        {
            var odd = group.Where(life => group.Exists(other => !AreTogether(other, life))).ToList();
            if (odd.Count < group.Count)
            {
                group.RemoveAll(odd.Contains);
            }
            else
            {
                group.RemoveRange(1, group.Count - 1);
            }
        }

        var winner = groups.OrderByDescending(group => group.Count).FirstOrDefault(group => group.Exists(life => life.Program.ReachesDatabase)) ?? [];
        var losers = _members.Except(winner).ToList();
        _world.Note($"cluster: {Names(winner)} part with {Names(losers)}");
        _world.Statistics.Parted += losers.Count;
        Remove(losers);
        foreach (var life in losers.Where(IsAwake))
        {
            life.Turns.Schedule(
                TimeSpan.FromMilliseconds(_random.Next(2500)), () => life.Program.Parted(life, "it is not with those that go on"));
        }

        bool AreTogether(ClusterLife a, ClusterLife b) =>
            a == b || !(_unreachableSince.ContainsKey((a, b)) || _unreachableSince.ContainsKey((b, a)));

        static string Names(IReadOnlyCollection<ClusterLife> lives) => lives.Count == 0 ? "nobody" : string.Join(", ", lives.Select(l => l.Text));
    }

    /// <summary>A lease, of a node that renews all that it has together.</summary>
    private sealed class Lease(ClusterLife owner, TimeSpan acquired)
    {
        private TimeSpan? _stopped;

        public ClusterLife Owner => owner;

        public TimeSpan Expires => LeaseTtl + (_stopped ?? (owner.Program.RenewedAt > acquired ? owner.Program.RenewedAt : acquired));

        /// <summary>It is not renewed any more.</summary>
        public void Stop() => _stopped ??= owner.Program.RenewedAt > acquired ? owner.Program.RenewedAt : acquired;
    }
}
