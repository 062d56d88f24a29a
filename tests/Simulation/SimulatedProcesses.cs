using Runner.Actors.FlowRunners;
using Runner.Messages.Deployments;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// The processes of a machine. They belong to it and not to a life of the node: they go on when the node is killed, and what is left of
/// one that ends meanwhile is the file that proves its spawn.
/// </summary>
internal sealed class SimulatedProcesses(World world, SimulatedRandom random, string machine)
{
    /// <summary>
    /// Whoever stands still for longer cannot know in time that others have its runs: such a container is taken to be ended by what runs it.
    /// </summary>
    public static readonly TimeSpan LongestPauseOfContainers = TimeSpan.FromSeconds(20);

    private readonly Dictionary<AttemptKey, SimulatedProcess> _spawned = [];
    private readonly HashSet<AttemptKey> _files = [];
    private int _nextPid = 1000;
    private int _boot;

    public World World => world;

    /// <summary>The machine's name.</summary>
    public string Machine => machine;

    public SimulatedRandom Random => random;

    /// <summary>The simulated boot of the machine.</summary>
    public string BootId => $"boot-{_boot}";

    public IReadOnlyCollection<SimulatedProcess> Alive => [.. _spawned.Values.Where(p => p.IsAlive)];

    /// <summary>Outcomes are not kept for the actors that come after the one that was told; where a bug is planted.</summary>
    public bool ForgetsOutcomes { get; set; }

    /// <summary>The flow runner of one life of the node.</summary>
    public SimulatedFlowRunner NewLife(SimulatedNode node) => new(this, node) { ForgetsOutcomes = ForgetsOutcomes };

    /// <summary>Whether an attempt was spawned, as its file proves.</summary>
    public bool HasFile(AttemptKey key) => _files.Contains(key);

    public void MakeFile(AttemptKey key) => _files.Add(key);

    /// <summary>Deletes the file of an attempt; whether there was one. A run of the same id that comes later is another run.</summary>
    public bool DeleteFile(AttemptKey key)
    {
        _spawned.Remove(key);
        return _files.Remove(key);
    }

    public SimulatedProcess? Find(AttemptKey key) => _spawned.GetValueOrDefault(key);

    public SimulatedProcess Spawn(AttemptKey key)
    {
        var process = new SimulatedProcess(this, key, new ProcessHandle(_nextPid++, world.Elapsed.Ticks, BootId));
        if (!_spawned.TryAdd(key, process))
        {
            world.Fail("an attempt is spawned at most once", $"{key} was spawned again");
        }

        world.Statistics.Processes++;
        world.Note($"process: {key} starts, pid {process.Handle.Pid}");
        world.Ledger.ProcessStarted(key, machine);
        process.Run();
        return process;
    }

    /// <summary>A process that ends by itself within moments.</summary>
    public void EndSoon(AttemptKey key)
    {
        ProcessExit exit = new ProcessExit.Exited(random.Next(2));
        world.Schedule(TimeSpan.FromTicks(random.Next(100_000)), () => Find(key)?.End(exit));
    }

    /// <summary>Programs of deployments that do not wait for their node, which are for nodes whose programs die with them, die.</summary>
    public void KillThoseThatGoWithTheirNode()
    {
        foreach (var process in Alive)
        {
            if (world.Ledger.Runs.GetValueOrDefault(process.Key.RunId)?.State.Recipe.OnNodeLoss is { Action: not NodeLossAction.Wait })
            {
                process.End(new ProcessExit.Signaled(9));
            }
        }
    }

    /// <summary>The machine restarts: nothing that ran on it runs any more.</summary>
    public void Reboot()
    {
        _boot++;
        foreach (var process in Alive)
        {
            process.End(new ProcessExit.Signaled(9));
        }
    }
}

/// <summary>One process, with a life of its own.</summary>
internal sealed class SimulatedProcess(SimulatedProcesses machine, AttemptKey key, ProcessHandle handle)
{
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;

    private readonly Temper _temper = machine.World.Options.Nodes is null ? Temper.Draw(machine.Random) : Temper.DrawForCluster(machine.Random);

    public AttemptKey Key => key;

    public ProcessHandle Handle => handle;

    public bool IsAlive { get; private set; } = true;

    /// <summary>A stop signal was sent while it was alive.</summary>
    public bool StopSent { get; private set; }

    /// <summary>Told once when it has ended; whoever looks after it now.</summary>
    public Action<ProcessExit>? Ended { get; set; }

    public void Run() => machine.World.Schedule(_temper.Duration, () => End(_temper.Exit));

    public void Stop(StopSignal signal)
    {
        if (!IsAlive)
        {
            return;
        }

        StopSent = true;
        machine.World.Note($"process: {key} is sent {signal}");
        if (signal == StopSignal.Kill)
        {
            machine.World.Schedule(_temper.DiesWithin, () => End(new ProcessExit.Signaled(SignalKill)));
        }
        else if (_temper.ObeysWithin is { } delay)
        {
            machine.World.Schedule(delay, () => End(_temper.ExitsWhenStopped ?? new ProcessExit.Signaled(SignalTerminate)));
        }
    }

    public void End(ProcessExit exit)
    {
        if (IsAlive)
        {
            IsAlive = false;
            machine.World.Note($"process: {key} ends, {exit}");
            machine.World.Ledger.ProcessEnded(key);
            Ended?.Invoke(exit);
        }
    }
}

/// <summary>How a program behaves.</summary>
/// <param name="ObeysWithin">From SIGTERM to its end; null if it ignores it.</param>
/// <param name="DiesWithin">From SIGKILL to its end: long for one in an uninterruptible wait.</param>
internal sealed record Temper(
    TimeSpan Duration, ProcessExit Exit, TimeSpan? ObeysWithin, ProcessExit? ExitsWhenStopped, TimeSpan DiesWithin)
{
    public static Temper Draw(SimulatedRandom random)
    {
        var duration = random.Next(20) switch
        {
            0 => TimeSpan.FromTicks(random.Next(10_000)),
            < 4 => TimeSpan.FromMilliseconds(random.Next(1000)),
            < 18 => TimeSpan.FromMilliseconds(1000 + random.Next(120_000)),
            _ => TimeSpan.FromSeconds(120 + random.Next(3000)),
        };
        ProcessExit exit = random.Next(10) switch
        {
            0 => new ProcessExit.Exited(1 + random.Next(255)),
            1 => new ProcessExit.Signaled(random.Next(2) == 0 ? 9 : 11),
            _ => new ProcessExit.Exited(0),
        };
        TimeSpan? obeys = random.Next(4) == 0 ? null : TimeSpan.FromMilliseconds(random.Next(random.Next(4) == 0 ? 20_000 : 100));
        ProcessExit? whenStopped = random.Next(3) == 0 ? new ProcessExit.Exited(random.Next(2) == 0 ? 0 : 143) : null;
        var dies = TimeSpan.FromMilliseconds(random.Next(20) == 0 ? random.Next(15_000) : random.Next(10));
        return new Temper(duration, exit, obeys, whenStopped, dies);
    }

    /// <summary>Mostly shorter than half a minute, and some longer than any node is lost.</summary>
    public static Temper DrawForCluster(SimulatedRandom random)
    {
        var temper = Draw(random);
        return temper.Duration < TimeSpan.FromSeconds(5) ? temper
            : temper with { Duration = random.Next(4) == 0 ? TimeSpan.FromSeconds(60 + random.Next(240)) : temper.Duration / 10 };
    }
}
