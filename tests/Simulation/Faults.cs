using System.Globalization;
using Akka.Actor;
using Runner.Entities;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>What goes wrong with the node, the clock and the store, and when.</summary>
internal sealed class Faults(World world)
{
    private readonly SimulatedRandom _random = world.Random.Fork();

    public void Begin()
    {
        Every(TimeSpan.FromMinutes(100), Kill);
        Every(TimeSpan.FromMinutes(300), Stop);
        Every(TimeSpan.FromMinutes(240), StepClock);
        Every(TimeSpan.FromMinutes(200), TroubleStore);
        Every(TimeSpan.FromMinutes(200), SplitCluster);
        Every(TimeSpan.FromMinutes(200), MoveActors);
    }

    private void Kill()
    {
        if (_random.Next(2) == 0)
        {
            // In the middle of something: a few steps from now, when something is going on.
            world.KillAfterSteps(1 + _random.Next(400));
        }
        else
        {
            world.KillNode(Downtime(), reboot: _random.Next(5) == 0);
        }
    }

    private void Stop()
    {
        if (world.Node is { Stopping: false } node)
        {
            TimeSpan? hurry = _random.Next(3) == 0 ? TimeSpan.FromSeconds(_random.Next(20)) : null;
            _ = node.StopAsync(Downtime(), hurry, TimeSpan.FromMinutes(20));
        }
    }

    private void StepClock()
    {
        var by = _random.Next(4) switch
        {
            0 => TimeSpan.FromMilliseconds(1 + _random.Next(5000)),
            1 => TimeSpan.FromSeconds(1 + _random.Next(300)),
            2 => TimeSpan.FromMinutes(1 + _random.Next(90)),
            _ => TimeSpan.FromMinutes(1 + _random.Next(5 * 60)),
        };
        world.StepWallClock(_random.Next(2) == 0 ? by : -by);
    }

    private void TroubleStore()
    {
        var duration = TimeSpan.FromSeconds(1 + _random.Next(_random.Next(3) == 0 ? 600 : 60));
        switch (_random.Next(4))
        {
            case 0:
                world.Store.GoAway(duration);
                break;
            case 1:
                world.Store.FillUp(duration);
                break;
            case 2:
                world.Store.SlowDown(duration);
                break;
            default:
                world.Store.Flicker(duration);
                break;
        }
    }

    private void SplitCluster() => world.Split(TimeSpan.FromSeconds(1 + _random.Next(_random.Next(3) == 0 ? 900 : 90)), _random.Next(5) switch
    {
        0 => new RegionFaultRates { Lost = 0.1 },
        1 => new RegionFaultRates { Doubled = 0.2 },
        2 => new RegionFaultRates { Late = 0.2 },
        3 => new RegionFaultRates { Twins = 0.1 },
        _ => new RegionFaultRates { Lost = 0.03, Doubled = 0.03, Late = 0.03, Twins = 0.03 },
    });

    /// <summary>A singleton, or the entities of a shard, go to another node.</summary>
    private void MoveActors()
    {
        if (world.Node is not { Stopping: false, Router: var router })
        {
            return;
        }

        if (_random.Next(2) == 0)
        {
            var singletons = router.Singletons.ToArray();
            singletons[_random.Next(singletons.Length)].Tell(SimulatedSingleton.Restart.Instance, ActorRefs.NoSender);
        }
        else
        {
            var shard = _random.Next(EntityExtractor.Shards).ToString(CultureInfo.InvariantCulture);
            foreach (var region in router.Regions)
            {
                region.Tell(new HandOff(shard), ActorRefs.NoSender);
            }
        }
    }

    private TimeSpan Downtime() => _random.Next(4) switch
    {
        0 => TimeSpan.FromMilliseconds(1),
        < 3 => TimeSpan.FromMilliseconds(1 + _random.Next(20_000)),
        _ => TimeSpan.FromSeconds(_random.Next(3600)),
    };

    /// <summary>Again and again, at random times that are so far apart on average.</summary>
    private void Every(TimeSpan average, Action what) => world.Schedule(-Math.Log(1 - _random.NextDouble()) * average, () =>
    {
        if (world.Store.HasFaults)
        {
            what();
            Every(average, what);
        }
    });
}
