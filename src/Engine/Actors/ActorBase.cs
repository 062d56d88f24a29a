namespace Runner.Engine.Actors;

/// <summary>
/// Base of all actors. One message is handled at a time, each of them seeing what the one before left; no locks are needed and no
/// member is to be used from elsewhere. Constructed only through <see cref="Props"/>.
/// </summary>
public abstract class ActorBase
{
    private readonly ActorCell _cell;

    /// <exception cref="ActorInitializationException">Constructed outside of an actor system.</exception>
    protected ActorBase()
    {
        _cell = ActorCell.UnderConstruction ?? throw new ActorInitializationException(
            null, $"{GetType().Name} can only be constructed by ActorOf, with Props.Create(() => new {GetType().Name}(…)).");
    }

    /// <summary>Children, watches, timers, stash.</summary>
    protected IActorContext Context => _cell;

    /// <summary>This actor's own address.</summary>
    protected IActorRef Self => _cell;

    /// <summary>Who sent the current message; dead letters when nobody said.</summary>
    protected IActorRef Sender => _cell.CurrentSender;

    /// <summary>What happens to children that fail. Read at every failure: return the same object each time.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy => SupervisorStrategy.Default;

    /// <summary>
    /// Adds to the lines that the engine logs about this actor what they are about; null for nothing. Asked for when such a line is written and
    /// when the actor has stopped; what it returns is used later, from any thread.
    /// </summary>
    protected virtual Serilog.Core.ILogEventEnricher? LogContext => null;

    internal ActorCell OwnCell => _cell;

    /// <summary>Handles one message. What it throws goes to the parent's supervisor strategy.</summary>
    protected abstract void OnReceive(object message);

    /// <summary>Before the first message; also after a restart, unless PostRestart is overridden.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>The last call, when all children have ended; also before a restart, unless PreRestart is overridden.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>On the failed instance before it is replaced. Stops all children and calls PostStop; children left alive are restarted.</summary>
    /// <param name="reason">What was thrown.</param>
    /// <param name="message">The message being handled then, if any.</param>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in Context.Children)
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>On the new instance. Calls PreStart.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>Publishes an <see cref="UnhandledMessage"/>.</summary>
    /// <exception cref="DeathPactException">The message is <see cref="Terminated"/>.</exception>
    protected void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        _cell.ActorSystem.PublishUnhandled(new UnhandledMessage(message, Sender, Self));
    }

    internal SupervisorStrategy AroundSupervisorStrategy => SupervisorStrategy;

    internal Serilog.Core.ILogEventEnricher? AroundLogContext => LogContext;

    internal void AroundReceive(object message) => OnReceive(message);

    internal void AroundPreStart() => PreStart();

    internal void AroundPostStop() => PostStop();

    internal void AroundPreRestart(Exception reason, object? message) => PreRestart(reason, message);

    internal void AroundPostRestart(Exception reason) => PostRestart(reason);
}
