using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Store;
using Serilog;

namespace Runner.Engine.Entities;

/// <summary>What every entity of a node works with.</summary>
/// <param name="Alarms">The node's <see cref="AlarmClock"/>.</param>
public sealed record EntityServices(IEntityStore Store, IEventCodec Codec, IClock Clock, IActorRef Alarms, ILogger Log);

/// <summary>Marks a message that makes an entity which is most likely new: the store's fence is asked instead of its history.</summary>
public interface ICreatesEntity;
