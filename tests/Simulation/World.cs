using System.Collections.Immutable;
using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Simulation.Cluster;
using Runner.Simulation.Runtime;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Simulation;

/// <summary>
/// One machine, or several, with a store, processes, a node on each that is killed and restarted, and a user, all in one thread under virtual time.
/// One seed decides everything; the world stops at the first invariant that does not hold.
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
    private readonly SimulatedRandom? _choice;
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
        Processes = new SimulatedProcesses(this, _simulation.Random.Fork(), NodeName);
        Machines = [Processes];
        Ledger = new Ledger(this);
        Liveness = new Liveness(this);
        User = new RandomUser(this, _simulation.Random.Fork());
        _settings = new NodeSettings(NodeName, 2 + Random.Next(7), _ => []) { Retention = Retention() };
        _log = new LoggerConfiguration().MinimumLevel.Warning().WriteTo.Sink(this).CreateLogger();
        if (options.Nodes is { } nodes)
        {
            _choice = _simulation.Random.Fork();
            Cluster = MakeCluster(nodes == 0 ? 2 + _choice.Next(4) : nodes, _choice);
            Machines = [.. Cluster.Machines.Select(machine => machine.Processes)];
        }
        else
        {
            Ledger.Limits.Fixed(LimitNames.Node(NodeName), _settings.ProcessLimit);
        }

        PlantedBugs.Plant(this, options.Plant);
    }

    public ulong Seed { get; }

    public SimulationOptions Options { get; }

    public SimulatedRandom Random { get; }

    public StoreMachine Store { get; }

    /// <summary>How wrong the cluster is.</summary>
    public RegionFaults Regions { get; }

    public SimulatedProcesses Processes { get; }

    /// <summary>The processes of each machine.</summary>
    public IReadOnlyList<SimulatedProcesses> Machines { get; }

    /// <summary>The nodes, if there are several; null for one that is no cluster.</summary>
    public SimulatedCluster? Cluster { get; }

    /// <summary>Nodes that are cut off do not end their programs; where a bug is planted.</summary>
    public bool IsolatedProgramsGoOn { get; set; }

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
    public DateTimeOffset LatestWall
    {
        get
        {
            var latest = Cluster?.Machines.Max(machine => machine.Wall) is { } any && any > Wall ? any : Wall;
            return field > latest ? field : field = latest;
        }

        private set;
    }

    /// <summary>What the wall clock shows that is furthest behind.</summary>
    public DateTimeOffset EarliestWall => Cluster?.Machines.Min(machine => machine.Wall) is { } any && any < Wall ? any : Wall;

    /// <summary>Whether there is nothing that hinders anybody: every node that is to be up is, and takes requests.</summary>
    public bool IsServed => Cluster is null ? Node is { Stopping: false } : Cluster.Machines.All(machine => machine.StaysDown || machine.Program is
        { Serves: true });

    /// <summary>The nodes that take new programs now.</summary>
    public IEnumerable<(string Name, ImmutableSortedDictionary<string, string> Labels)> Places => Cluster is null
        ? [(NodeName, ImmutableSortedDictionary<string, string>.Empty)]
        : Cluster.Machines.Where(machine => machine.Program is { Serves: true, Settings.Drain.IsOn: false })
            .Select(machine => (machine.Name, machine.Labels));

    /// <summary>The node, while one is up.</summary>
    public NodeLife? Node { get; private set; }

    /// <summary>When the last life of the node began.</summary>
    public TimeSpan LifeStarted { get; private set; }

    public SimulationResult Run()
    {
        if (Cluster is not null)
        {
            foreach (var machine in Cluster.Machines)
            {
                Schedule(TimeSpan.FromMilliseconds(_choice!.Next(3000)), () => Cluster.Start(machine));
            }

            new ClusterFaults(this, Cluster).Begin();
        }
        else
        {
            StartNode();
            new Faults(this).Begin();
        }

        User.Begin();
        Liveness.Begin();
        while (Elapsed < Options.Duration && Step())
        {
        }

        Aftermath.Run(this);
        Statistics.Steps = _simulation.Steps;
        Statistics.Crossings = Cluster?.Network.Crossings ?? 0;
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

    /// <summary>A further node of the runtime: something that has turns, timers and a clock of its own.</summary>
    public SimulatedNode NewNode(Func<TimeSpan> wallOffset) => _simulation.CreateNode(wallOffset);

    /// <summary>A node that takes requests; null if none does.</summary>
    public IRunnerNode? AnyNode()
    {
        if (Cluster is null)
        {
            return Node?.Node;
        }

        var serving = Cluster.Machines.Select(machine => machine.Program).Where(program => program is { Serves: true }).ToList();
        return serving.Count == 0 ? null : serving[_choice!.Next(serving.Count)]!.Life!.Node;
    }

    /// <summary>Whether a node looks after its programs.</summary>
    public bool IsUp(string? node) => Cluster is null || Cluster.Machines.Any(machine => machine.Name == node && machine.Program is { Serves: true });

    /// <summary>A process that ends by itself within moments.</summary>
    public void EndSoon(AttemptKey key) => Machines.First(machine => machine.Find(key) is not null || machine == Machines[^1]).EndSoon(key);

    /// <summary>Every node comes back, every way is open, and clocks go right.</summary>
    public void Recover()
    {
        Cluster?.Network.Heal();
        foreach (var machine in Cluster?.Machines ?? [])
        {
            machine.StaysDown = false;
            machine.Program?.Resume();
            StepClock(machine, -machine.ClockOffset);
            machine.SetClock(TimeSpan.Zero, 0);
            Cluster!.Start(machine);
        }
    }

    public void StepClock(Machine machine, TimeSpan by)
    {
        Stepped += by.Duration();
        _ = LatestWall;
        Statistics.ClockSteps++;
        machine.StepClock(by);
        Note($"{machine.Name}: its clock steps by {by} to {machine.Wall:O}");
        Liveness.Disturbed();
    }

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

    private SimulatedCluster MakeCluster(int nodes, SimulatedRandom random)
    {
        var machines = new List<Machine>();
        for (var i = 1; i <= nodes; i++)
        {
            var labels = ImmutableSortedDictionary<string, string>.Empty;
            // The first has what any run may require.
            labels = i == 1 || random.Next(2) == 0 ? labels.Add("zone", "a") : labels.Add("zone", "b");
            labels = i > 1 && random.Next(3) == 0 ? labels.Add("spot", "true") : labels;
            var machine = new Machine(this, $"node-{i}", 2 + random.Next(5), labels, random.Fork());
            var offset = TimeSpan.FromMilliseconds(random.Next(4000) - 2000);
            machine.SetClock(offset, random.Next(3) == 0 ? (random.NextDouble() - 0.5) / 50 : 0);
            Stepped += offset.Duration() + TimeSpan.FromMinutes(1);
            Ledger.Limits.Fixed(LimitNames.Node(machine.Name), machine.Size);
            machines.Add(machine);
        }

        return new SimulatedCluster(this, random.Fork(), machines, _log) { LeasesProtect = random.Next(4) > 0 };
    }

    // Hours where there would be days, so that runs go while things go wrong; in some worlds nothing ever does.
    private RetentionSettings Retention() => new(
        new RetentionRule(
            Random.Next(3) == 0 ? null : TimeSpan.FromMinutes((20 + Random.Next(600)) / (Options.Nodes is null ? 1 : 20)),
            Random.Next(3) == 0 ? 20 + Random.Next(200) : null),
        TimeSpan.FromMinutes(Options.Nodes is null ? 15 : 3))
    {
        Output = new SimulatedRunOutput(Processes),
    };

    private void End(NodeLife node)
    {
        _killAtStep = long.MaxValue;
        node.Machine.Kill();
        Ledger.NodeEnded(NodeName);
        Node = null;
    }
}
