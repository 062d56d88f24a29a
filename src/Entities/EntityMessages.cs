using Akka.Actor;
using Akka.Event;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities;

/// <summary>The entity has just been loaded: do what the state says.</summary>
public sealed record Recovered : IWireMessage
{
    public static readonly Recovered Instance = new();
}

/// <summary>The entity's wake-up is due.</summary>
public sealed record WakeUpNow : IWireMessage
{
    public static readonly WakeUpNow Instance = new();
}

/// <summary>A message for the entity of this key; its shard region brings it to memory if need be.</summary>
public sealed record EntityMessage(EntityKey Entity, object Message) : IWireMessage;

/// <summary>A message of this node's actors that an entity has to decide about: what comes too late for one life is for the next.</summary>
public interface IEntityCommand : IWireMessage;

/// <summary>The entity has been erased from the store: what is remembered of it is gone.</summary>
public sealed record EntityErased : IWireMessage
{
    public static readonly EntityErased Instance = new();
}

/// <summary>An entity's wake-up is another one now; null if it has none.</summary>
public sealed record AlarmChanged(EntityKey Entity, DateTimeOffset? At) : IWireMessage;

/// <summary>The shard's word to an entity that is to leave memory: the answer to its own Passivate, or a hand-over to another node.</summary>
public sealed record LeaveMemory : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly LeaveMemory Instance = new();
}

/// <summary>An entity that could not be read is to be read again: somebody may have mended it.</summary>
internal sealed record ReadAgain : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ReadAgain Instance = new();
}

/// <summary>Asks an entity whether it has still nothing to do; if so it leaves.</summary>
internal sealed record LeaveIfIdle : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly LeaveIfIdle Instance = new();
}

/// <summary>What waits a moment to be committed with what comes after it has waited long enough.</summary>
internal sealed record HoldOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly HoldOver Instance = new();
}
