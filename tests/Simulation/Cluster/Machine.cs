using System.Collections.Immutable;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>A machine of a cluster: its programs and their files, its wall clock, and the node program while one runs on it.</summary>
internal sealed class Machine
{
    private readonly World _world;
    private TimeSpan _offset;
    private TimeSpan _driftsSince;
    private double _drift;

    public Machine(World world, string name, int size, ImmutableSortedDictionary<string, string> labels, SimulatedRandom random)
    {
        (_world, Name, Size, Labels) = (world, name, size, labels);
        Processes = new SimulatedProcesses(world, random, name);
    }

    public string Name { get; }

    /// <summary>How many programs its node runs at once.</summary>
    public int Size { get; }

    public ImmutableSortedDictionary<string, string> Labels { get; }

    public SimulatedProcesses Processes { get; }

    /// <summary>The node program; null while the machine has none.</summary>
    public NodeProgram? Program { get; set; }

    /// <summary>It has no node before the aftermath.</summary>
    public bool StaysDown { get; set; }

    /// <summary>How far its wall clock is from the world's, which is the database's.</summary>
    public TimeSpan ClockOffset => _offset + ((_world.Elapsed - _driftsSince) * _drift);

    public DateTimeOffset Wall => _world.Wall + ClockOffset;

    public void StepClock(TimeSpan by) => SetClock(ClockOffset + by, _drift);

    /// <param name="drift">Seconds that it gains in a second.</param>
    public void SetClock(TimeSpan offset, double drift) => (_offset, _driftsSince, _drift) = (offset, _world.Elapsed, drift);
}
