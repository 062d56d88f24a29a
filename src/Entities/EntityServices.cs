using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Serilog;

namespace Runner.Entities;

/// <summary>How entities reach each other, wherever they are.</summary>
public interface IEntityRouter
{
    /// <summary>Sends a message to an entity, through the shard region of its kind.</summary>
    void Tell(EntityKey entity, object message, IActorRef? sender);

    /// <summary>Tells the alarm worker that looks after the entity.</summary>
    void Tell(AlarmChanged change, IActorRef? sender);

    /// <summary>The entity whose actor has this path; null if it is none's.</summary>
    EntityKey? Find(ActorPath path);
}

/// <summary>What every entity of a node works with.</summary>
/// <param name="Time">Instants, and the monotonic clock by which waits are measured.</param>
public sealed record EntityServices(IEntityStore Store, IEventCodec Codec, TimeProvider Time, IEntityRouter Router, ILogger Log)
{
    /// <summary>Those that could not go on, until they are brought back.</summary>
    public required FallenEntities Fallen { get; init; }

    /// <summary>Those that cannot be read, and rest.</summary>
    public UnreadableEntities Unreadable { get; init; } = new(Time, Log);

    /// <summary>What each kind makes of a history, to mend one that cannot be read; of a kind that is not here none can be.</summary>
    public IReadOnlyDictionary<string, IEntityModel> Models { get; init; } = ImmutableDictionary<string, IEntityModel>.Empty;

    /// <summary>Those in this node's memory.</summary>
    public ResidentEntities Residents { get; init; } = new();

    /// <summary>Those that are about to be made.</summary>
    public NewEntities New { get; init; } = new();

    /// <summary>Where entities say that they have nothing to do; nobody lets them stay.</summary>
    public IActorRef Idle { get; init; } = ActorRefs.Nobody;

    /// <summary>Where entities are counted; null counts nothing.</summary>
    public EntityTelemetry? Telemetry { get; init; }
}

/// <summary>As a decision's reply: the answer is another entity's to give.</summary>
public sealed record AnswerFrom(EntityKey Entity, object Message);
