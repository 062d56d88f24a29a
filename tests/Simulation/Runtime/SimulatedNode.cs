using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;

namespace Runner.Simulation.Runtime;

/// <summary>
/// One life of a node: clocks, timers, chance, and actor systems whose every turn is the world's. Once killed it accepts calls and does
/// nothing, as a dead machine would: no further code of it runs, not even what would tidy up.
/// </summary>
internal sealed class SimulatedNode
{
    // Akka.NET makes the scheduler by its type, and tells it nothing of the system.
    [ThreadStatic]
    private static SimulatedNode? s_starting;

    private readonly SimulatedTaskScheduler _tasks;

    /// <summary>What was ready, and the timers that came due, while it stood still.</summary>
    private readonly List<(IRunnable Run, ActorPath? BySystemMessage)> _readyHeld = [];
    private readonly List<SimulatedTimer> _timersHeld = [];

    internal SimulatedNode(SimulatedWorld world, int number, SimulatedRandom random)
    {
        World = world;
        Number = number;
        Random = random;
        Time = new SimulatedTime(this);
        _tasks = new SimulatedTaskScheduler(this);
    }

    public SimulatedWorld World { get; }

    /// <summary>Its place among the world's nodes.</summary>
    public int Number { get; }

    public SimulatedRandom Random { get; }

    /// <summary>The node's clocks, and timers that die with it.</summary>
    public TimeProvider Time { get; }

    public bool Alive { get; private set; } = true;

    /// <summary>Whether it stands still: nothing of it runs, and nothing of it is lost.</summary>
    public bool Paused { get; private set; }

    /// <summary>How far its wall clock is from the world's; null for not at all.</summary>
    public Func<TimeSpan>? WallOffset { get; init; }

    internal static SimulatedNode Starting =>
        s_starting ?? throw new InvalidOperationException("A simulated scheduler belongs to a system that SimulatedNode.StartSystem makes.");

    /// <summary>The node on which a simulated system runs.</summary>
    public static SimulatedNode Of(ActorSystem system) => ((SimulatedScheduler)system.Scheduler).Node;

    /// <summary>Starts an actor system on this node. Its first turns come with the world's next steps.</summary>
    /// <param name="name">The system's name.</param>
    /// <param name="config">Its settings; <see cref="SimulatedConfig.Base"/> is put over them. Null for none.</param>
    /// <param name="setups">What its extensions look for.</param>
    public ActorSystem StartSystem(string name, Config? config = null, params Setup[] setups)
    {
        World.Guard();
        var bootstrap = BootstrapSetup.Create().WithConfig(SimulatedConfig.Over(config));
        var setup = ActorSystemSetup.Create([bootstrap, .. setups]);
        ActorSystem? system = null;
        // Tasks that the system starts when it has terminated go where this one runs.
        var starting = new Task(() => system = ActorSystem.Create(name, setup));
        World.Run(() =>
        {
            s_starting = this;
            try
            {
                starting.RunSynchronously(_tasks);
            }
            finally
            {
                s_starting = null;
            }
        });
        starting.GetAwaiter().GetResult();
        return system!;
    }

    /// <summary>Runs <paramref name="action"/> after a delay, unless the node has died by then.</summary>
    public void Schedule(TimeSpan delay, Action action) => World.Add(new ActionTimer(this, action), delay);

    /// <summary>
    /// Ends a system in order: its actors stop. What awaits the task goes on in the world, which what awaits Akka.NET's own task does not.
    /// </summary>
    public Task TerminateAsync(ActorSystem system)
    {
        var ended = new TaskCompletionSource();
        var terminated = system.Terminate();
        _tasks.HasRun += () =>
        {
            if (terminated.IsCompleted)
            {
                ended.TrySetResult();
            }
        };
        return ended.Task;
    }

    /// <summary>
    /// Drops the node's pending work and timers, and whatever it asks for from now on. Work of that node that is running (a kill from
    /// inside) ends its current message only. Killing twice does nothing.
    /// </summary>
    public void Kill()
    {
        World.Guard();
        if (Alive)
        {
            (Alive, Paused) = (false, false);
            _readyHeld.Clear();
            _timersHeld.Clear();
            World.DropAllOf(this);
        }
    }

    /// <summary>Stands still, as a process that is stopped or a machine that is suspended does.</summary>
    public void Pause()
    {
        World.Guard();
        if (Alive && !Paused)
        {
            Paused = true;
            _readyHeld.AddRange(World.TakeAllOf(this));
        }
    }

    /// <summary>Goes on: with what was ready, and with all timers that have come due, at once.</summary>
    public void Resume()
    {
        World.Guard();
        if (!Paused)
        {
            return;
        }

        Paused = false;
        foreach (var (run, path) in _readyHeld)
        {
            if (path is null)
            {
                World.Enqueue(this, run);
            }
            else
            {
                World.EnqueueBySystemMessage(this, run, path);
            }
        }

        foreach (var timer in _timersHeld)
        {
            World.Add(timer, TimeSpan.Zero);
        }

        _readyHeld.Clear();
        _timersHeld.Clear();
    }

    internal void Hold(IRunnable run, ActorPath? bySystemMessage) => _readyHeld.Add((run, bySystemMessage));

    internal void Hold(SimulatedTimer timer) => _timersHeld.Add(timer);
}
