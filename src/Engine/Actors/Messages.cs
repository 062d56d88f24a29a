namespace Runner.Engine.Actors;

/// <summary>A watched actor has stopped. If the watcher does not handle it, it fails with <see cref="DeathPactException"/>.</summary>
public sealed record Terminated(IActorRef ActorRef);

/// <summary>Tells an actor to stop when this message's turn in the mailbox comes; never reaches its OnReceive.</summary>
public sealed class PoisonPill : AutoReceivedMessage
{
    /// <summary>The one there is.</summary>
    public static readonly PoisonPill Instance = new();

    private PoisonPill()
    {
    }
}

/// <summary>No message came for as long as <see cref="IActorContext.SetReceiveTimeout"/> said.</summary>
public sealed class ReceiveTimeout
{
    /// <summary>The one there is.</summary>
    public static readonly ReceiveTimeout Instance = new();

    private ReceiveTimeout()
    {
    }
}

/// <summary>Marks messages that do not count as activity for <see cref="ReceiveTimeout"/>.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>Replies by which an actor tells that something worked or failed.</summary>
public abstract record Status
{
    private Status()
    {
    }

    /// <summary>It worked.</summary>
    public sealed record Success(object? Value) : Status;

    /// <summary>It failed; as the reply to an ask, it faults the asker's task with <paramref name="Cause"/>.</summary>
    public sealed record Failure(Exception Cause) : Status;
}

/// <summary>A message whose receiver had stopped or did not exist. Published on <see cref="ActorSystem.EventStream"/>.</summary>
public sealed record DeadLetter(object Message, IActorRef? Sender, IActorRef Recipient);

/// <summary>A message its receiver had no handler for. Published on <see cref="ActorSystem.EventStream"/>.</summary>
public sealed record UnhandledMessage(object Message, IActorRef Sender, IActorRef Recipient);

/// <summary>Messages the engine handles in the actor's stead, in mailbox order.</summary>
public abstract class AutoReceivedMessage
{
    private protected AutoReceivedMessage()
    {
    }
}

internal sealed class TerminatedNotice(IActorRef actor, object message) : AutoReceivedMessage
{
    public IActorRef Actor { get; } = actor;

    public object Message { get; } = message;
}

internal sealed class ReceiveTimeoutCheck(long generation) : AutoReceivedMessage
{
    public long Generation { get; } = generation;
}
