using Akka.Actor;
using Akka.Persistence;

namespace Runner.Simulation.Runtime.Check;

/// <summary>Tells an actor of the check to pass something on.</summary>
internal sealed record Pass(int Hops);

/// <summary>The event of the check.</summary>
internal sealed record Passed(int Hops);

/// <summary>Persistent, with timers, and talking to the others.</summary>
internal sealed class CheckActor : ReceivePersistentActor, IWithTimers
{
    private readonly RuntimeCheck _check;
    private readonly int _number;
    private readonly SimulatedNode _node = SimulatedNode.Of(Context.System);
    private int _count;

    public CheckActor(RuntimeCheck check, int number)
    {
        _check = check;
        _number = number;
        PersistenceId = $"check/{number}";
        Recover<Passed>(passed => _count++);
        Command<Tick>(_ => OnTick());
        Command<Pass>(OnPass);
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
        OnPass(new Pass(3));
    }

    private void OnPass(Pass pass) => Persist(new Passed(pass.Hops), passed =>
    {
        _count++;
        _check.Trace($"{_number} passes {passed.Hops} at {LastSequenceNr}");
        if (passed.Hops > 0)
        {
            Context.Parent.Tell((_node.Random.Next(_check.Actors), new Pass(passed.Hops - 1)));
        }
    });

    private void SetTimer() => Timers.StartSingleTimer("tick", Tick.Instance, TimeSpan.FromMilliseconds(1 + _node.Random.Next(1_000)));

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }
}

/// <summary>Parent of the <see cref="CheckActor"/>s; brings back those that stop.</summary>
internal sealed class CheckParent : ReceiveActor
{
    private readonly RuntimeCheck _check;
    private readonly Dictionary<int, IActorRef> _children = [];

    public CheckParent(RuntimeCheck check)
    {
        _check = check;
        Receive<(int Number, Pass Pass)>(message => Child(message.Number).Tell(message.Pass));
        Receive<Gone>(gone =>
        {
            _children.Remove(gone.Number);
            Child(gone.Number);
        });
    }

    protected override void PreStart()
    {
        for (var number = 0; number < _check.Actors; number++)
        {
            Child(number);
        }
    }

    protected override void PostStop() => _check.Trace("all have stopped");

    private IActorRef Child(int number)
    {
        if (!_children.TryGetValue(number, out var child))
        {
            child = Context.ActorOf(Props.CreateBy(new Maker(_check, number)), $"entity-{number}");
            Context.WatchWith(child, new Gone(number));
            _children.Add(number, child);
        }

        return child;
    }

    private sealed record Gone(int Number);

    private sealed class Maker(RuntimeCheck check, int number) : IIndirectActorProducer
    {
        public Type ActorType => typeof(CheckActor);

        public ActorBase Produce() => new CheckActor(check, number);

        public void Release(ActorBase actor)
        {
        }
    }
}
