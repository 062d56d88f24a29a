using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Persistence;

namespace Runner.Simulation.Runtime.Check;

/// <summary>Tells an actor of the check to pass something on.</summary>
internal sealed record Pass(int Hops);

/// <summary>The event of the check.</summary>
internal sealed record Passed(int Hops);

/// <summary>For the actor of this number.</summary>
internal sealed record CheckEnvelope(string Number, object Message);

/// <summary>Ten shards.</summary>
internal sealed class CheckExtractor : IMessageExtractor
{
    public string? EntityId(object message) => (message as CheckEnvelope)?.Number;

    public object EntityMessage(object message) => message is CheckEnvelope envelope ? envelope.Message : message;

    public string ShardId(object message) => ShardId(EntityId(message)!);

    public string ShardId(string entityId, object? messageHint = null) => entityId[^1..];
}

/// <summary>Persistent, with timers, talking to the others, and now and then leaving memory.</summary>
internal sealed class CheckActor : ReceivePersistentActor, IWithTimers
{
    private const int LeavesOneIn = 20;

    private readonly RuntimeCheck _check;
    private readonly string _number;
    private readonly SimulatedNode _node = SimulatedNode.Of(Context.System);
    private int _count;

    public CheckActor(RuntimeCheck check, string number)
    {
        _check = check;
        _number = number;
        PersistenceId = $"check/{number}";
        Recover<Passed>(passed => _count++);
        Command<Tick>(_ => OnTick());
        Command<Pass>(OnPass);
        Command<Leave>(_ => Context.Stop(Self));
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReplaySuccess()
    {
        _check.Trace($"{_number} has {_count} at {LastSequenceNr}");
        SetTimer();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _check.Trace($"{_number} fails at {sequenceNr}");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _check.Trace($"{_number} is refused {sequenceNr}");
        Context.Stop(Self);
    }

    protected override void PostStop()
    {
        _check.Trace($"{_number} stops");
        base.PostStop();
    }

    private void OnTick()
    {
        SetTimer();
        if (_node.Random.Next(LeavesOneIn) == 0)
        {
            Context.Parent.Tell(new Passivate(Leave.Instance));
        }

        OnPass(new Pass(3));
    }

    private void OnPass(Pass pass) => Persist(new Passed(pass.Hops), passed =>
    {
        _count++;
        _check.Trace($"{_number} passes {passed.Hops} at {LastSequenceNr}");
        if (passed.Hops > 0)
        {
            _check.Tell(_node.Random.Next(_check.Actors), new Pass(passed.Hops - 1));
        }
    });

    private void SetTimer() => Timers.StartSingleTimer("tick", Tick.Instance, TimeSpan.FromMilliseconds(1 + _node.Random.Next(1_000)));

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }
}

/// <summary>The stop message.</summary>
internal sealed record Leave
{
    public static readonly Leave Instance = new();
}
