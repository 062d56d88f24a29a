using Runner.Engine.Clock;
using Serilog;

namespace Runner.Engine.Actors;

/// <summary>A tree of actors under one guardian, on one runtime. Thread-safe.</summary>
public sealed class ActorSystem
{
    private readonly ActorCell _guardian;
    private readonly Completion _terminated;

    private ActorSystem(string name, EngineRuntime runtime, ILogger log)
    {
        Name = name;
        Runtime = runtime;
        Log = log;
        Throughput = runtime.Dispatcher.Throughput;
        EventStream = new EventStream(log);
        DeadLetters = new DeadLetterRef(this);
        CoordinatedShutdown = new CoordinatedShutdown(this);
        _terminated = new Completion(runtime.Outside);
        _guardian = new ActorCell(this, null, Props.Create(static () => new Guardian()), "user");
        _guardian.OpenToOtherThreads();
        _guardian.Schedule();
    }

    /// <summary>For people and logs.</summary>
    public string Name { get; }

    /// <summary>Time, timers, threads and chance of this system.</summary>
    public EngineRuntime Runtime { get; }

    /// <summary>Where everything sent to nobody goes: logged at Debug, published on <see cref="EventStream"/>.</summary>
    public IActorRef DeadLetters { get; }

    /// <summary>Subscribe here to <see cref="DeadLetter"/> and <see cref="UnhandledMessage"/>.</summary>
    public EventStream EventStream { get; }

    /// <summary>The orderly way down.</summary>
    public CoordinatedShutdown CoordinatedShutdown { get; }

    /// <summary>Completes when the last actor has stopped.</summary>
    public Task WhenTerminated => _terminated.Task;

    internal ILogger Log { get; }

    internal int Throughput { get; }

    /// <param name="log">Failures of actors go there at Error, dead letters at Debug.</param>
    public static ActorSystem Create(string name, EngineRuntime runtime, ILogger log)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(log);
        return new ActorSystem(name, runtime, log);
    }

    /// <summary>Starts an actor under the guardian, which restarts it when it fails.</summary>
    /// <inheritdoc cref="IActorContext.ActorOf"/>
    public IActorRef ActorOf(Props props, string? name = null) => _guardian.ActorOf(props, name);

    /// <summary>Stops an actor after the message it is handling. Does nothing to references that are not actors of this system.</summary>
    public void Stop(IActorRef actor)
    {
        if (actor is ActorCell cell && cell.ActorSystem == this)
        {
            cell.StopSelf();
        }
    }

    /// <summary>Runs <see cref="CoordinatedShutdown"/>, whose last phase stops all actors. Idempotent.</summary>
    public Task Terminate() => CoordinatedShutdown.Run(CoordinatedShutdown.ActorSystemTerminateReason);

    /// <summary>Every living actor, parents first: a snapshot for people.</summary>
    public IReadOnlyList<IActorRef> Hierarchy()
    {
        var all = new List<IActorRef>();
        Collect(_guardian, all);
        return all;
    }

    internal Task StopActors()
    {
        _guardian.StopSelf();
        return WhenTerminated;
    }

    internal void OnGuardianTerminated() => _terminated.Complete();

    internal void PublishDeadLetter(object message, IActorRef? sender, IActorRef recipient)
    {
        if (message is AutoReceivedMessage and not PoisonPill)
        {
            return; // A timer or notice for an actor that has stopped tells nobody anything.
        }

        if (Log.IsEnabled(Serilog.Events.LogEventLevel.Debug))
        {
            var log = recipient is ILogged { LogContext: { } context } ? Log.ForContext(context) : Log;
            log.Debug("Dead letter for {Actor}: {MessageType}", recipient.Path, message.GetType().Name);
        }

        EventStream.Publish(new DeadLetter(message, sender, recipient));
    }

    internal void PublishUnhandled(UnhandledMessage unhandled)
    {
        (unhandled.Recipient is ActorCell cell ? cell.Log : Log).Debug("{Actor} has no handler for {MessageType}", unhandled.Recipient.Path, unhandled.Message.GetType().Name);
        EventStream.Publish(unhandled);
    }

    private static void Collect(ActorCell cell, List<IActorRef> all)
    {
        all.Add(cell);
        foreach (var child in cell.ChildCells)
        {
            Collect(child, all);
        }
    }

    private sealed class Guardian : ActorBase
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class DeadLetterRef(ActorSystem system) : IActorRef
    {
        public string Name => "deadLetters";

        public string Path => "/deadLetters";

        public void Tell(object message, IActorRef? sender = null)
        {
            ArgumentNullException.ThrowIfNull(message);
            system.PublishDeadLetter(message, sender, this);
        }
    }

    // Completed from the dispatcher: whoever awaits must not run inside the last actor's turn.
    private sealed class Completion(IDispatcher dispatcher) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _source = new();

        public Task Task => _source.Task;

        public void Complete() => dispatcher.Execute(this);

        public void Execute() => _source.TrySetResult();
    }
}
