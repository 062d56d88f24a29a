using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Engine.Entities;

/// <summary>The entity has just been loaded: do what the state says.</summary>
public sealed record Recovered
{
    public static readonly Recovered Instance = new();
}

/// <summary>The entity's wake-up is due.</summary>
public sealed record WakeUpNow
{
    public static readonly WakeUpNow Instance = new();
}

/// <summary>A message for the entity of this key; the region brings it to memory if need be.</summary>
public sealed record EntityMessage(EntityKey Entity, object Message);

/// <summary>The region asks: may you be forgotten?</summary>
internal sealed record TryPassivate
{
    public static readonly TryPassivate Instance = new();
}

/// <summary>An entity's answer: not now; send me what came meanwhile.</summary>
internal sealed record StillBusy(EntityKey Entity);

/// <summary>An entity's actor has stopped.</summary>
internal sealed record EntityStopped(EntityKey Entity);

/// <summary>An entity has nothing to do for now and may be forgotten in a while.</summary>
internal sealed record Idle(EntityKey Entity);

/// <summary>For every entity of the region that is in memory.</summary>
public sealed record ToAllInMemory(object Message);

/// <summary>For an entity if it is in memory; otherwise nobody needs to hear it.</summary>
public sealed record ToOneInMemory(EntityKey Entity, object Message);

/// <summary>
/// The entity has just been created, and these events are its whole history: it need not be read back. Should there be more by the time
/// that this arrives, the entity finds out by its sequence number.
/// </summary>
internal sealed record EntityBegan(ImmutableArray<StoredEvent> Events);

/// <summary>The entity has been erased from the store: what is remembered of it is gone.</summary>
public sealed record EntityErased
{
    public static readonly EntityErased Instance = new();
}

/// <summary>An entity's wake-up is another one now; null if it has none.</summary>
public sealed record AlarmChanged(EntityKey Entity, DateTimeOffset? At);

/// <summary>Asks the alarm clock how far it sees. Answered with <see cref="AlarmStatus"/>.</summary>
public sealed record GetAlarmStatus
{
    public static readonly GetAlarmStatus Instance = new();
}

/// <param name="ReadUntil">Every wake-up due up to here is in memory.</param>
/// <param name="LastStep">The last step of the wall clock that was noticed; null for none since the start.</param>
public sealed record AlarmStatus(DateTimeOffset ReadUntil, ClockStep? LastStep = null);

/// <summary>The wall clock went another way than the monotonic one: somebody set it, or the machine slept.</summary>
/// <param name="By">How far; negative for a step back.</param>
/// <param name="Ago">How long since, by the monotonic clock.</param>
public sealed record ClockStep(TimeSpan By, TimeSpan Ago);

/// <summary>To the alarm clock: rows may have wake-ups it was not told of; read them now.</summary>
public sealed record ReadAlarms
{
    public static readonly ReadAlarms Instance = new();
}
