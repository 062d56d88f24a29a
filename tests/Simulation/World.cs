using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Simulation.Runtime;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Simulation;

/// <summary>
/// One machine with a store, processes, a node that is killed and restarted, and a user, all in one thread under virtual time. One seed
/// decides everything; the world stops at the first invariant that does not hold.
/// </summary>
internal sealed class World : ILogEventSink
{
    public const string NodeName = "node-1";

    /// <summary>So many steps without any time passing are a loop.</summary>
    private const int BusyLoop = 200_000;

    private readonly SimulatedWorld _simulation;
    private readonly Trace _trace;
    private readonly ILogger _log;
    private readonly NodeSettings _settings;
    private long _killAtStep = long.MaxValue;
    private TimeSpan _movedTo;
    private long _movedAt;

    public World(ulong seed, SimulationOptions options)
    {
        Seed = seed;
        Options = options;
        _trace = new Trace(options.Echo);
        // Days all over a year, so that clocks change in some.
        var day = new SimulatedRandom(seed).Next(365);
        _simulation = new SimulatedWorld(seed, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day));
        LatestWall = _simulation.Wall;
        Random = _simulation.Random.Fork();
        // What keeps time where no node is.
        Store = new StoreMachine(this, _simulation.Random.Fork(), _simulation.CreateNode().Time);
        Regions = new RegionFaults(_simulation.Random.Fork(), Note);
        Processes = new SimulatedProcesses(this, _simulation.Random.Fork());
        Ledger = new Ledger(this);
        Liveness = new Liveness(this);
        User = new RandomUser(this, _simulation.Random.Fork());
        _settings = new NodeSettings(NodeName, 2 + Random.Next(7), _ => []) { Retention = Retention() };
        Ledger.Limits.Fixed(LimitNames.Node(NodeName), _settings.ProcessLimit);
        _log = new LoggerConfiguration().MinimumLevel.Warning().WriteTo.Sink(this).CreateLogger();
        PlantedBugs.Plant(this, options.Plant);
    }

    public ulong Seed { get; }

    public SimulationOptions Options { get; }

    public SimulatedRandom Random { get; }

    public StoreMachine Store { get; }

    /// <summary>How wrong the cluster is.</summary>
    public RegionFaults Regions { get; }

    public SimulatedProcesses Processes { get; }

    public Ledger Ledger { get; }

    public Liveness Liveness { get; }

    public RandomUser User { get; }

    public Statistics Statistics { get; } = new();

    /// <summary>The first invariant that did not hold.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>Virtual time since the beginning; no step of the wall clock moves it.</summary>
    public TimeSpan Elapsed => _simulation.Elapsed;

    /// <summary>The wall clock.</summary>
    public DateTimeOffset Wall => _simulation.Wall;

    /// <summary>The latest time that the wall clock has ever shown.</summary>
    public DateTimeOffset LatestWall { get => field > Wall ? field : field = Wall; private set; }

    /// <summary>The node, while one is up.</summary>
    public NodeLife? Node { get; private set; }

    /// <summary>When the last life of the node began.</summary>
    public TimeSpan LifeStarted { get; private set; }

    public SimulationResult Run()
    {
        StartNode();
        new Faults(this).Begin();
        User.Begin();
        Liveness.Begin();
        while (Elapsed < Options.Duration && Step())
        {
        }

        Aftermath.Run(this);
        Statistics.Steps = _simulation.Steps;
        (Statistics.Lost, Statistics.Doubled, Statistics.Late, Statistics.Twins) = (Regions.Lost, Regions.Doubled, Regions.Late, Regions.Twins);
        return new SimulationResult(Seed, Violation, _trace.Hash, Statistics, Elapsed, _trace.Last);
    }

    /// <summary>Does the next thing; false once something is wrong.</summary>
    public bool Step()
    {
        if (Violation is not null)
        {
            return false;
        }

        if (_simulation.Steps >= _killAtStep && Node is not null)
        {
            KillNode(TimeSpan.FromMilliseconds(1 + Random.Next(5000)), reboot: false);
        }

        if (!_simulation.Step())
        {
            Fail("the world goes on", "nothing is left to happen");
        }

        if (Elapsed != _movedTo)
        {
            (_movedTo, _movedAt) = (Elapsed, _simulation.Steps);
        }
        else if (_simulation.Steps - _movedAt > BusyLoop)
        {
            Fail("nothing is busy for ever", $"{BusyLoop} steps and no time has passed");
        }

        return Violation is null;
    }

    /// <summary>What its node keeps of the runs that have ended.</summary>
    public RetentionSettings Kept => _settings.Retention;

    public void Schedule(TimeSpan delay, Action action) => _simulation.Schedule(delay, action);

    public void Note(string line) => _trace.Add(Elapsed, line);

    public void Fail(string invariant, string detail)
    {
        if (Violation is null)
        {
            Note($"VIOLATION {invariant}: {detail}");
            Violation = new Violation(invariant, detail, Elapsed, Wall);
        }
    }

    /// <summary>How far the wall clock has been stepped, this way and that: after a restart a timeout may be wrong by that.</summary>
    public TimeSpan Stepped { get; private set; }

    public void StepWallClock(TimeSpan by)
    {
        Stepped += by.Duration();
        _ = LatestWall;
        Statistics.ClockSteps++;
        _simulation.StepWallClock(by);
        Note($"wall clock: steps by {by} to {Wall:O}");
        Liveness.Disturbed();
    }

    /// <summary>For so long the cluster is as wrong as it may be: two incarnations at once, messages lost, doubled and late.</summary>
    public void Split(TimeSpan duration, RegionFaultRates rates)
    {
        Store.Disturb($"cluster: wrong for {duration}", duration);
        Regions.Rates = rates;
        Schedule(duration, () => Regions.Rates = Regions.Rates == rates ? RegionFaultRates.None : Regions.Rates);
    }

    public void StartNode()
    {
        if (Node is null)
        {
            LifeStarted = Elapsed;
            Note("node: starts");
            Liveness.Disturbed();
            Node = new NodeLife(this, _simulation.CreateNode(), _settings, _log);
            User.OnNodeStarted();
        }
    }

    public void KillAfterSteps(int steps) => _killAtStep = _simulation.Steps + steps;

    /// <summary>Kills the node at once and starts it again later.</summary>
    public void KillNode(TimeSpan downFor, bool reboot)
    {
        if (Node is not { } node)
        {
            return;
        }

        Note(reboot ? "node: its machine is restarted" : "node: killed");
        Statistics.Kills++;
        End(node);
        if (reboot)
        {
            Processes.Reboot();
        }

        Schedule(downFor, StartNode);
    }

    /// <summary>A node that was stopped is gone.</summary>
    public void Stopped(NodeLife node, TimeSpan downFor)
    {
        if (Node == node)
        {
            Note("node: stopped");
            Statistics.Stops++;
            End(node);
            Schedule(downFor, StartNode);
        }
    }

    void ILogEventSink.Emit(LogEvent logEvent)
    {
        if (logEvent.Level >= LogEventLevel.Error)
        {
            Fail("no actor fails", $"{logEvent.RenderMessage()} {logEvent.Exception}");
        }
    }

    // Hours where there would be days, so that runs go while things go wrong; in some worlds nothing ever does.
    private RetentionSettings Retention() => new(
        new RetentionRule(
            Random.Next(3) == 0 ? null : TimeSpan.FromMinutes(20 + Random.Next(600)), Random.Next(3) == 0 ? 20 + Random.Next(200) : null),
        TimeSpan.FromMinutes(15))
    {
        Output = new SimulatedRunOutput(Processes),
    };

    private void End(NodeLife node)
    {
        _killAtStep = long.MaxValue;
        node.Machine.Kill();
        Ledger.NodeEnded();
        Node = null;
    }
}
