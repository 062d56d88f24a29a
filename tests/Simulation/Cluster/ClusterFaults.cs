using Runner.Messages.Nodes;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>
/// What goes wrong with a cluster, and when: storms, of the kinds that the seed picks for the world, and calm between them, in which whatever can go
/// on has to.
/// </summary>
internal sealed class ClusterFaults
{
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(5);

    private readonly World _world;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedRandom _random;
    private readonly List<(TimeSpan Average, Action What)> _kinds = [];
    private TimeSpan _stormsUntil;

    public ClusterFaults(World world, SimulatedCluster cluster)
    {
        (_world, _cluster, _random) = (world, cluster, world.Random.Fork());
        (TimeSpan, Action)[] all =
        [
            (TimeSpan.FromSeconds(40), Kill),
            (TimeSpan.FromSeconds(40), Pause),
            (TimeSpan.FromSeconds(40), Cut),
            (TimeSpan.FromSeconds(100), Stop),
            (TimeSpan.FromSeconds(100), Drain),
            (TimeSpan.FromSeconds(80), StepClock),
            (TimeSpan.FromSeconds(80), TroubleStore),
            (TimeSpan.FromSeconds(60), TroubleMessages),
            (TimeSpan.FromSeconds(10), Move),
        ];
        _kinds.AddRange(all.Where(_ => _random.Next(10) < 6));
        if (_kinds.Count == 0)
        {
            _kinds.AddRange(all);
        }
    }

    public void Begin()
    {
        if (_world.Options.Faultless || _world.Options.Plant is PlantedBug.IsolatedProgramsGoOn or PlantedBug.NodeLostAtOnce)
        {
            return;
        }

        _world.Schedule(TimeSpan.FromSeconds(30 + _random.Next(60)), Storm);
    }

    private bool IsStorm => _world.Store.HasFaults && _world.Elapsed < _stormsUntil;

    private void Storm()
    {
        if (!_world.Store.HasFaults)
        {
            return;
        }

        var duration = TimeSpan.FromSeconds(120 + _random.Next(240));
        _world.Store.Disturb($"world: a storm of {duration}", duration);
        _stormsUntil = _world.Elapsed + duration;
        foreach (var (average, what) in _kinds)
        {
            Every(average, what);
        }

        _world.Schedule(duration, Abate);
        _world.Schedule(duration + Calm, Storm);
    }

    private void Abate()
    {
        _world.Note("world: the storm abates");
        _cluster.Network.Heal();
        _world.Store.Quiet();
        foreach (var machine in _cluster.Machines)
        {
            machine.Program?.Resume();
            if (machine.Program is null && _world.Store.HasFaults && _random.Next(5) == 0 && _cluster.Machines.Count(m => m.Program is not null) > 1)
            {
                machine.StaysDown = true;
            }
            else if (!machine.StaysDown)
            {
                _cluster.Start(machine);
            }
        }
    }

    private NodeProgram? AnyProgram()
    {
        var all = _cluster.Machines.Select(machine => machine.Program).OfType<NodeProgram>().ToList();
        return all.Count == 0 ? null : all[_random.Next(all.Count)];
    }

    private Machine AnyMachine() => _cluster.Machines[_random.Next(_cluster.Machines.Count)];

    private void Kill()
    {
        if (AnyProgram() is { } program)
        {
            program.Kill(Downtime(), withMachine: _random.Next(4) == 0);
        }
    }

    private void Stop() => _ = AnyProgram()?.StopAsync(Downtime());

    private void Pause()
    {
        var duration = Upto(_random.Next(2) == 0 ? 60 : 10);
        if (AnyProgram() is { } program)
        {
            _world.Store.Disturb("world: a node stands still", duration);
            if (duration > SimulatedProcesses.LongestPauseOfContainers)
            {
                program.Machine.Processes.KillThoseThatGoWithTheirNode();
            }

            program.Pause(duration);
        }
    }

    private void Cut()
    {
        var network = _cluster.Network;
        var machine = AnyMachine();
        var others = _cluster.Machines.Where(other => other != machine && _random.Next(3) > 0).ToList();
        var duration = Upto(_random.Next(3) switch { 0 => 15, 1 => 40, _ => 120 });
        var kind = _random.Next(6);
        var (outwards, inwards) = _random.Next(4) switch { 0 => (true, false), 1 => (false, true), _ => (true, true) };
        _world.Store.Disturb(
            $"network: {machine.Name} is cut off from {(kind < 4 ? string.Join(", ", others.Select(other => other.Name)) : "")}"
            + $"{(kind > 2 ? " the database" : "")}{(outwards ? " outwards" : "")}{(inwards ? " inwards" : "")} for {duration}", duration);
        _world.Statistics.Cuts++;
        foreach (var other in kind < 4 ? others : [])
        {
            if (outwards)
            {
                network.Close(machine, other, duration);
            }

            if (inwards)
            {
                network.Close(other, machine, duration);
            }
        }

        if (kind > 2)
        {
            if (outwards)
            {
                network.Close(machine, null, duration);
            }

            if (inwards)
            {
                network.CloseAnswers(machine, duration);
            }
        }
    }

    private void Drain()
    {
        if (AnyProgram() is { Serves: true, Life: { } life })
        {
            var name = AnyMachine().Name;
            _world.Note($"user: drain {name}");
            _ = life.Node.AskAsync(new DrainNode(name), default);
        }
    }

    private void StepClock()
    {
        var by = _random.Next(3) switch
        {
            0 => TimeSpan.FromMilliseconds(1 + _random.Next(5000)),
            1 => Upto(120),
            _ => Upto(600),
        };
        _world.StepClock(AnyMachine(), _random.Next(2) == 0 ? by : -by);
    }

    private void TroubleStore()
    {
        var duration = Upto(_random.Next(3) == 0 ? 90 : 20);
        switch (_random.Next(5))
        {
            case 0 or 1:
                _world.Store.GoAway(duration);
                break;
            case 2:
                _world.Store.FillUp(duration);
                break;
            case 3:
                _world.Store.SlowDown(duration);
                break;
            default:
                _world.Store.Flicker(duration);
                break;
        }
    }

    private void TroubleMessages() => _world.Split(Upto(60), _random.Next(4) switch
    {
        0 => new RegionFaultRates { Lost = 0.1 },
        1 => new RegionFaultRates { Doubled = 0.2 },
        2 => new RegionFaultRates { Late = 0.2 },
        _ => new RegionFaultRates { Lost = 0.03, Doubled = 0.03, Late = 0.03 },
    });

    private void Move()
    {
        if (_random.Next(4) == 0)
        {
            _cluster.MoveDaemon();
        }
        else
        {
            _cluster.MoveShard();
        }
    }

    private TimeSpan Downtime() => _random.Next(3) switch
    {
        0 => TimeSpan.FromMilliseconds(1 + _random.Next(2000)),
        1 => Upto(20),
        _ => Upto(150),
    };

    private TimeSpan Upto(int seconds) => TimeSpan.FromMilliseconds(100 + (_random.NextDouble() * 1000 * seconds));

    /// <summary>Again and again, at random times that are so far apart on average, as long as the storm lasts.</summary>
    private void Every(TimeSpan average, Action what) => _world.Schedule(-Math.Log(1 - _random.NextDouble()) * average, () =>
    {
        if (IsStorm)
        {
            what();
            Every(average, what);
        }
    });
}
