using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Runner.Entities;

namespace Runner.Simulation.Runtime.Check;

/// <summary>
/// Persistent actors with timers on a journal that answers later and fails, on a node that is killed, stopped in order and started again:
/// shows that the runtime repeats itself, and how fast it is. Knows nothing of what the nodes do.
/// </summary>
internal sealed class RuntimeCheck
{
    private static readonly Config s_config = ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.plugin = "check"
        check.class = "{{SimulatedConfig.NameOf(typeof(CheckJournal))}}"
        """);

    private readonly SimulatedWorld _world;
    private readonly CheckStore _store;
    private readonly Trace _trace;
    private readonly RegionFaults _faults;
    private SimulatedNode _node;
    private ActorSystem _system;
    private IActorRef _region;

    /// <param name="echo">Gets every line of the trace; null for none.</param>
    public RuntimeCheck(ulong seed, int actors, Action<string>? echo = null)
    {
        Actors = actors;
        _trace = new Trace(echo);
        _world = new SimulatedWorld(seed, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _store = new CheckStore(_world.Random.Fork());
        _faults = new RegionFaults(_world.Random.Fork(), Trace)
        {
            Rates = new RegionFaultRates { Lost = 0.01, Doubled = 0.01, Late = 0.01, Twins = 0.001 },
        };
        (_node, _system, _region) = Start();
    }

    public int Actors { get; }

    public ulong Hash => _trace.Hash;

    public long Steps => _world.Steps;

    /// <summary>Lives the given number of lives, of which every third ends in order and the others by a kill.</summary>
    public void Run(int lives, TimeSpan each)
    {
        for (var life = 1; life <= lives; life++)
        {
            _world.RunFor(each + TimeSpan.FromTicks(_world.Random.Next(1_000_000)));
            if (life % 3 == 0)
            {
                var stopping = _node.TerminateAsync(_system);
                _world.RunUntil(() => stopping.IsCompleted, TimeSpan.FromMinutes(1));
            }

            _node.Kill();
            Trace("dead");
            (_node, _system, _region) = Start();
        }
    }

    /// <summary>One line with the hash, the steps and the speed of a seed.</summary>
    public static string Measure(ulong seed)
    {
        var started = Stopwatch.GetTimestamp();
        var check = new RuntimeCheck(seed, 50);
        check.Run(6, TimeSpan.FromSeconds(20));
        var took = Stopwatch.GetElapsedTime(started);
        return string.Create(CultureInfo.InvariantCulture, $"{check.Hash:x16} {check.Steps} steps, {check.Steps / took.TotalSeconds:0} a second");
    }

    public void Trace(string line) => _trace.Add(_world.Elapsed, line);

    /// <summary>Through the region.</summary>
    public void Tell(int number, Pass pass) =>
        _region.Tell(new CheckEnvelope(number.ToString(CultureInfo.InvariantCulture), pass), ActorRefs.NoSender);

    private (SimulatedNode Node, ActorSystem System, IActorRef Region) Start()
    {
        var node = _world.CreateNode();
        var system = node.StartSystem("check", s_config, _store);
        var region = system.ActorOf(
            ActorProducer.Props(() => new SimulatedRegion(Entity, new CheckExtractor(), Leave.Instance, _faults)), "check");
        for (var number = 0; number < Actors; number++)
        {
            region.Tell(new CheckEnvelope(number.ToString(CultureInfo.InvariantCulture), new Pass(0)), ActorRefs.NoSender);
        }

        return (node, system, region);
    }

    private Props Entity(string number) => ActorProducer.Props(() => new CheckActor(this, number));
}
