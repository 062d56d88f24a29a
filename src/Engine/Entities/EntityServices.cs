using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Entities.Store;
using Runner.Entities;
using Serilog;

namespace Runner.Engine.Entities;

/// <summary>What every entity of a node works with.</summary>
/// <param name="Alarms">The node's <see cref="AlarmClock"/>.</param>
/// <param name="Tell">Sends a message to any entity, wherever it is, in the name of a sender.</param>
public sealed record EntityServices(
    IEntityStore Store, IEventCodec Codec, IClock Clock, IActorRef Alarms, Action<EntityKey, object, IActorRef> Tell, ILogger Log)
{
    /// <summary>Where entities are counted; null counts nothing.</summary>
    public EntityTelemetry? Telemetry { get; init; }
}

/// <summary>As a decision's reply: the answer is another entity's to give.</summary>
public sealed record AnswerFrom(EntityKey Entity, object Message);

/// <summary>Marks a message that makes an entity which is most likely new: the store's fence is asked instead of its history.</summary>
public interface ICreatesEntity;
