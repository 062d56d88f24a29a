using Runner.Engine.Actors;
using Runner.Engine.Simulation;

namespace Runner.Engine.Testing;

/// <summary>An expectation of a <see cref="TestProbe"/> was not met; the message says which, and what came instead.</summary>
public sealed class TestProbeException(string message) : Exception(message);

/// <summary>
/// An actor that keeps what it receives for a test to look at, in order. On a simulated runtime, expecting steps the simulation and
/// timeouts are virtual time; on a real one it blocks the test's thread until the message is there.
/// </summary>
public sealed class TestProbe
{
    /// <summary>How long to expect unless said otherwise.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing may come unless said otherwise.</summary>
    public static readonly TimeSpan DefaultQuiet = TimeSpan.FromMilliseconds(100);

    private readonly Queue<(object Message, IActorRef Sender)> _received = new();
    private readonly ActorSystem _system;
    private readonly SimulatedRuntime? _simulation;
    private IActorRef? _lastSender;

    /// <param name="name">Of its actor; generated if null.</param>
    public TestProbe(ActorSystem system, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        _system = system;
        _simulation = SimulatedRuntime.Of(system.Runtime);
        Ref = system.ActorOf(Props.Create(() => new ProbeActor(this)), name);
    }

    /// <summary>The probe's address.</summary>
    public IActorRef Ref { get; }

    /// <summary>Who sent the message that was expected last.</summary>
    public IActorRef LastSender => _lastSender ?? throw new TestProbeException("Nothing was received yet.");

    /// <summary>Sends with the probe as sender.</summary>
    public void Send(IActorRef target, object message)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.Tell(message, Ref);
    }

    /// <summary>Answers the message that was expected last.</summary>
    public void Reply(object message) => LastSender.Tell(message, Ref);

    /// <summary>From the moment the probe's actor has seen this, it gets the actor's <see cref="Terminated"/>.</summary>
    public void Watch(IActorRef actor) => Ref.Tell(new WatchCommand(actor, true));

    /// <summary>Takes back <see cref="Watch"/>.</summary>
    public void Unwatch(IActorRef actor) => Ref.Tell(new WatchCommand(actor, false));

    /// <summary>The next message, which must be a <typeparamref name="T"/>.</summary>
    /// <exception cref="TestProbeException">It is another, or none came in time.</exception>
    public T ExpectMsg<T>(TimeSpan? timeout = null)
    {
        var wait = timeout ?? DefaultTimeout;
        if (!TryTake(wait, out var message))
        {
            throw new TestProbeException($"Expected {typeof(T).Name} within {wait}, but nothing came.");
        }

        return message is T expected
            ? expected
            : throw new TestProbeException($"Expected {typeof(T).Name}, but got {message.GetType().Name}: {message}.");
    }

    /// <summary>The next message, which must equal <paramref name="expected"/>.</summary>
    /// <inheritdoc cref="ExpectMsg{T}(TimeSpan?)"/>
    public T ExpectMsg<T>(T expected, TimeSpan? timeout = null)
    {
        var message = ExpectMsg<T>(timeout);
        return EqualityComparer<T>.Default.Equals(message, expected)
            ? message
            : throw new TestProbeException($"Expected {expected}, but got {message}.");
    }

    /// <summary>Nothing must come for so long.</summary>
    /// <exception cref="TestProbeException">Something came.</exception>
    public void ExpectNoMsg(TimeSpan? duration = null)
    {
        if (TryTake(duration ?? DefaultQuiet, out var message))
        {
            throw new TestProbeException($"Expected no message, but got {message.GetType().Name}: {message}.");
        }
    }

    /// <summary>The next message, which must be the actor's <see cref="Terminated"/>; watch it first.</summary>
    /// <inheritdoc cref="ExpectMsg{T}(TimeSpan?)"/>
    public Terminated ExpectTerminated(IActorRef actor, TimeSpan? timeout = null) =>
        ExpectMsg(new Terminated(actor), timeout);

    /// <summary>The first <typeparamref name="T"/> that fits; everything before it is thrown away.</summary>
    /// <exception cref="TestProbeException">None came in time.</exception>
    public T FishForMessage<T>(Predicate<T> isIt, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(isIt);
        var wait = timeout ?? DefaultTimeout;
        long end = _system.Runtime.Clock.Timestamp + wait.Ticks;
        int thrownAway = 0;
        while (TryTake(TimeSpan.FromTicks(Math.Max(0, end - _system.Runtime.Clock.Timestamp)), out var message))
        {
            if (message is T candidate && isIt(candidate))
            {
                return candidate;
            }

            thrownAway++;
        }

        throw new TestProbeException($"Fished for {typeof(T).Name} for {wait}; {thrownAway} other messages came.");
    }

    private bool TryTake(TimeSpan timeout, out object message)
    {
        bool came = _simulation is null ? WaitReal(timeout) : WaitSimulated(_simulation, timeout);
        if (!came)
        {
            message = string.Empty;
            return false;
        }

        lock (_received)
        {
            (message, _lastSender) = _received.Dequeue();
            return true;
        }
    }

    private bool WaitSimulated(SimulatedRuntime simulation, TimeSpan timeout)
    {
        long limit = simulation.Elapsed + timeout.Ticks;
        while (_received.Count == 0 && simulation.StepWithin(limit))
        {
        }

        if (_received.Count == 0)
        {
            simulation.RunFor(TimeSpan.FromTicks(limit - simulation.Elapsed));
        }

        return _received.Count > 0;
    }

    private bool WaitReal(TimeSpan timeout)
    {
        var clock = _system.Runtime.Clock;
        long end = clock.Timestamp + timeout.Ticks;
        lock (_received)
        {
            while (_received.Count == 0)
            {
                var left = TimeSpan.FromTicks(end - clock.Timestamp);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                // Rounded up: part of a millisecond would not wait at all.
                Monitor.Wait(_received, TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)));
            }

            return true;
        }
    }

    private void Keep(object message, IActorRef sender)
    {
        lock (_received)
        {
            _received.Enqueue((message, sender));
            Monitor.PulseAll(_received);
        }
    }

    private sealed record WatchCommand(IActorRef Actor, bool On);

    private sealed class ProbeActor(TestProbe probe) : ActorBase
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case WatchCommand { On: true } command:
                    Context.Watch(command.Actor);
                    break;
                case WatchCommand command:
                    Context.Unwatch(command.Actor);
                    break;
                default:
                    probe.Keep(message, Sender);
                    break;
            }
        }
    }
}
