using Akka.Actor;

namespace Runner.Simulation.Runtime;

/// <summary>
/// Stands in for a cluster singleton and its proxy: passes messages on to the one actor there is, and keeps them while there is none. May be told to
/// begin it anew (<see cref="Restart"/>), and may be wrong: two at once, each of which gets some of the messages.
/// </summary>
/// <param name="props">The actor's.</param>
/// <param name="terminationMessage">Asks it to stop when another node takes over.</param>
/// <param name="faults">How wrong it is; null for never.</param>
internal sealed class SimulatedSingleton(Props props, object terminationMessage, RegionFaults? faults) : UntypedActor
{
    private readonly Queue<(object Message, IActorRef Sender)> _waiting = new();
    private IActorRef _one = ActorRefs.Nobody;
    private IActorRef? _other;
    private bool _handingOver;
    private int _count;

    /// <inheritdoc/>
    protected override void PreStart() => _one = Begin();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Restart:
                if (!_handingOver)
                {
                    _handingOver = true;
                    _one.Tell(terminationMessage);
                }

                break;
            case Gone gone:
                OnGone(gone.Name);
                break;
            case TwinEnds:
                OnTwinEnds();
                break;
            case Arrived arrived:
                Pass(arrived.Message, Sender);
                break;
            default:
                OnMessage(message);
                break;
        }
    }

    private void OnMessage(object message)
    {
        switch (faults?.NextFate(Self.Path.Name, message) ?? MessageFate.Arrives)
        {
            case MessageFate.Lost:
                break;
            case MessageFate.Late:
                TellAfter(faults!.NextDelay(), new Arrived(message));
                break;
            case MessageFate.Doubled:
                Pass(message, Sender);
                TellAfter(faults!.NextDelay(), new Arrived(message));
                break;
            default:
                Pass(message, Sender);
                break;
        }
    }

    private void TellAfter(TimeSpan delay, object message)
    {
        var (self, sender) = (Self, Sender);
        SimulatedNode.Of(Context.System).Schedule(delay, () => self.Tell(message, sender));
    }

    private void Pass(object message, IActorRef sender)
    {
        if (_handingOver)
        {
            _waiting.Enqueue((message, sender));
            return;
        }

        if (faults is not null && _other is null && faults.TwinBegins(Self.Path.Name))
        {
            _other = Begin();
            TellAfter(faults.NextTwinLife(), TwinEnds.Instance);
        }

        var to = _other is not null && faults!.Random.Next(2) == 0 ? _other : _one;
        to.Tell(message, sender);
    }

    private IActorRef Begin()
    {
        var name = $"singleton-{++_count}";
        return Context.WatchWith(Context.ActorOf(props, name), new Gone(name));
    }

    // One of the two is left.
    private void OnTwinEnds()
    {
        if (_handingOver || _other is null)
        {
            return;
        }

        var (staying, ending) = faults!.Random.Next(2) == 0 ? (_one, _other) : (_other, _one);
        var abruptly = faults.Random.Next(2) == 0;
        faults.TwinEnded(Self.Path.Name, abruptly);
        (_one, _other) = (staying, null);
        if (abruptly)
        {
            Context.Stop(ending);
        }
        else
        {
            ending.Tell(terminationMessage);
        }
    }

    private void OnGone(string name)
    {
        if (_other?.Path.Name == name)
        {
            _other = null;
        }
        else if (_one.Path.Name == name)
        {
            (_one, _other) = (_other ?? Begin(), null);
            _handingOver = false;
            while (_waiting.TryDequeue(out var waiting))
            {
                Pass(waiting.Message, waiting.Sender);
            }
        }
    }

    /// <summary>Another node takes over: the actor is asked to stop, and a new one begins.</summary>
    public sealed record Restart
    {
        public static readonly Restart Instance = new();
    }

    private sealed record Gone(string Name);

    private sealed record Arrived(object Message);

    private sealed record TwinEnds
    {
        public static readonly TwinEnds Instance = new();
    }
}
