using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities;
using Runner.Simulation.Runtime;

namespace Runner.Actors.Tests.Simulation;

/// <summary>The simulated region and singleton are to their actors what the cluster's are, until they are told to be wrong.</summary>
public sealed class RegionTests
{
    private readonly SimulatedWorld _world = new(1, new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _seen = [];
    private readonly RegionFaults _faults;
    private readonly SimulatedNode _node;
    private readonly ActorSystem _system;
    private readonly IActorRef _region;

    public RegionTests()
    {
        _faults = new RegionFaults(_world.Random.Fork());
        _node = _world.CreateNode();
        _system = _node.StartSystem("test");
        var lives = 0;
        var entity = (string id) => ActorProducer.Props(() => new Entity(_seen, id, ++lives));
        _region = _system.ActorOf(
            ActorProducer.Props(() => new SimulatedRegion(entity, new Extractor(), "leave", _faults)), "things");
    }

    [Fact]
    public void An_entity_comes_to_memory_with_its_first_message_below_kind_and_shard()
    {
        Tell("a/b", "hello", "again");

        Assert.Equal(["a/b#1 hello", "a/b#1 again"], _seen);
        Assert.Equal("akka://test/user/things/3/a%2Fb", Ask("a/b", "path"));
    }

    [Fact]
    public void What_comes_while_an_entity_leaves_goes_to_its_next_life_in_order()
    {
        Tell("a", "hello");
        var passivate = new Envelope("a", "passivate");
        _region.Tell(passivate);
        // The entity is slow to stop: it has had the stop message, and is there still.
        _world.RunFor(TimeSpan.FromMilliseconds(500));
        Tell("a", "one", "two");
        _world.RunFor(TimeSpan.FromSeconds(1));

        Assert.Equal(["a#1 hello", "a#1 passivate", "a#1 leave", "a#1 stops", "a#2 one", "a#2 two"], _seen);
    }

    [Fact]
    public void An_entity_that_fails_is_restarted_and_one_that_stops_is_forgotten_until_its_next_message()
    {
        Tell("a", "fail", "hello");
        Tell("a", "stop");
        Tell("a", "hello");

        Assert.Equal(["a#1 fail", "a#1 stops", "a#2 hello", "a#2 stop", "a#2 stops", "a#3 hello"], _seen);
    }

    [Fact]
    public void A_shard_that_is_handed_off_stops_its_entities_and_comes_back()
    {
        Tell("a", "hello");
        _region.Tell(new HandOff("1"));
        _world.RunFor(TimeSpan.FromMilliseconds(500));
        Tell("a", "meanwhile");
        _world.RunFor(TimeSpan.FromSeconds(1));

        Assert.Equal(["a#1 hello", "a#1 leave", "a#1 stops", "a#2 meanwhile"], _seen);
    }

    [Fact]
    public void Messages_are_lost_doubled_and_late_when_told_so()
    {
        _faults.Rates = new RegionFaultRates { Lost = 0.2, Doubled = 0.2, Late = 0.2 };
        for (var i = 0; i < 1000; i++)
        {
            Tell("a", $"{i}");
        }

        _world.RunFor(TimeSpan.FromMinutes(1));
        var numbers = _seen.ConvertAll(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));

        Assert.InRange(_faults.Lost, 100, 300);
        Assert.InRange(_faults.Doubled, 100, 300);
        Assert.InRange(_faults.Late, 100, 300);
        Assert.Equal(1000 - _faults.Lost, numbers.Distinct().Count());
        Assert.Equal(1000 - _faults.Lost + _faults.Doubled, numbers.Count);
        Assert.NotEqual(numbers.Order(), numbers);
    }

    [Fact]
    public void An_entity_may_have_two_incarnations_and_has_one_in_the_end()
    {
        _faults.Rates = new RegionFaultRates { Twins = 0.02 };
        for (var i = 0; i < 500; i++)
        {
            Tell("a", $"{i}");
            _world.RunFor(TimeSpan.FromMilliseconds(100));
        }

        _faults.Rates = RegionFaultRates.None;
        _world.RunFor(TimeSpan.FromMinutes(1));
        _seen.Clear();
        Tell("a", "one", "two", "three");

        Assert.True(_faults.Twins > 2);
        Assert.Single(_seen.Select(line => line.Split(' ')[0]).Distinct());
    }

    [Fact]
    public void A_message_that_is_swallowed_never_arrives()
    {
        _faults.Swallows = (_, message) => message is "two";
        Tell("a", "one", "two", "three");
        _world.RunFor(TimeSpan.FromHours(1));

        Assert.Equal(["a#1 one", "a#1 three"], _seen);
    }

    [Fact]
    public void A_singleton_is_one_actor_that_can_begin_anew()
    {
        var singleton = Singleton();
        singleton.Tell("hello");
        _world.RunFor(TimeSpan.FromMilliseconds(1));
        singleton.Tell(SimulatedSingleton.Restart.Instance);
        singleton.Tell("meanwhile");
        _world.RunFor(TimeSpan.FromSeconds(2));
        singleton.Tell("stop");
        _world.RunFor(TimeSpan.FromMilliseconds(1));
        singleton.Tell("later");
        _world.RunFor(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["one#1 hello", "one#1 leave", "one#1 stops", "one#2 meanwhile", "one#2 stop", "one#2 stops", "one#3 later"], _seen);
    }

    [Fact]
    public void A_singleton_may_be_two_for_a_while()
    {
        var singleton = Singleton();
        _faults.Rates = new RegionFaultRates { Twins = 1, LongestTwin = TimeSpan.FromSeconds(100) };
        singleton.Tell("hello");
        _world.RunFor(TimeSpan.FromMilliseconds(1));
        _faults.Rates = _faults.Rates with { Twins = 0 };
        for (var i = 0; i < 20; i++)
        {
            singleton.Tell("message");
        }

        _world.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _seen.Select(line => line.Split(' ')[0]).Distinct().Count());

        _world.RunFor(TimeSpan.FromSeconds(200));
        _seen.Clear();
        singleton.Tell("one");
        singleton.Tell("two");
        _world.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Single(_seen.Select(line => line.Split(' ')[0]).Distinct());
    }

    private IActorRef Singleton()
    {
        var lives = 0;
        var props = ActorProducer.Props(() => new Entity(_seen, "one", ++lives));
        return _system.ActorOf(ActorProducer.Props(() => new SimulatedSingleton(props, "leave", _faults)), "one");
    }

    /// <summary>One after the other, as from one sender; runs what is ready, but no timer.</summary>
    private void Tell(string id, params string[] messages)
    {
        foreach (var message in messages)
        {
            _region.Tell(new Envelope(id, message));
        }

        _world.RunFor(TimeSpan.Zero);
    }

    private string Ask(string id, string message) =>
        (string)_world.Run(
            () => PromiseRef.AskAsync(
                _system, _node.Time, inline: true, TimeSpan.FromSeconds(1), sender => _region.Tell(new Envelope(id, message), sender), default),
            TimeSpan.FromSeconds(2))!;

    private sealed record Envelope(string Id, string Message);

    private sealed class Extractor : IMessageExtractor
    {
        public string? EntityId(object message) => (message as Envelope)?.Id;

        public object EntityMessage(object message) => message is Envelope envelope ? envelope.Message : message;

        public string ShardId(object message) => ShardId(EntityId(message)!);

        public string ShardId(string entityId, object? messageHint = null) => $"{entityId.Length}";
    }

    /// <summary>Says what it hears; a second passes between its stop message and its end.</summary>
    private sealed class Entity(List<string> seen, string id, int life) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PostStop() => Say("stops");

        protected override void OnReceive(object message)
        {
            if (message is "path")
            {
                Sender.Tell(Self.Path.ToString());
                return;
            }

            if (message is not "end")
            {
                Say((string)message);
            }

            switch (message)
            {
                case "passivate":
                    Context.Parent.Tell(new Passivate("leave"));
                    break;
                case "leave":
                    Timers.StartSingleTimer("end", "end", TimeSpan.FromSeconds(1));
                    break;
                case "stop" or "end":
                    Context.Stop(Self);
                    break;
                case "fail":
                    throw new InvalidOperationException("It fails.");
                default:
                    break;
            }
        }

        private void Say(string what) => seen.Add($"{id}#{life} {what}");
    }
}
