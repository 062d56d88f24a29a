using Runner.Engine.Clock;

namespace Runner.Engine.Simulation;

/// <summary>One node's seams into the simulator. Once killed it accepts calls and does nothing, as a dead machine would.</summary>
internal sealed class SimulatedNode : IClock, ITimerScheduler, IDispatcher
{
    public SimulatedNode(SimulatedRuntime simulation, SimulatedRandom random)
    {
        Simulation = simulation;
        Runtime = new EngineRuntime(this, this, this, random);
    }

    public SimulatedRuntime Simulation { get; }

    public EngineRuntime Runtime { get; }

    public bool Alive { get; set; } = true;

    public TimeSpan WallOffset { get; set; }

    // One message a turn: every message is a choice of the generator, and a kill strikes between two of them.
    public int Throughput => 1;

    public DateTimeOffset UtcNow => Simulation.Now + WallOffset;

    public long Timestamp => Simulation.Elapsed;

    public void Execute(IThreadPoolWorkItem work)
    {
        if (Alive)
        {
            Simulation.Enqueue(this, work);
        }
    }

    public ICancelable ScheduleOnce(TimeSpan delay, Action callback) => Simulation.AddTimer(this, delay, callback);
}
