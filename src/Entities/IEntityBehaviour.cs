using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>
/// Everything an entity decides, as pure functions of an immutable state: no clock, randomness or I/O. The actor around it commits,
/// applies, replies and carries out intents.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
/// <typeparam name="TEvent">What all its events are, and nobody else's.</typeparam>
/// <typeparam name="TIntent">What its actor can be told to do.</typeparam>
public interface IEntityBehaviour<TState, TEvent, TIntent>
    where TState : class
    where TEvent : class
    where TIntent : class
{
    /// <summary>The kind part of the key of every such entity.</summary>
    string Kind { get; }

    /// <summary>The state of an entity that has no events.</summary>
    TState Initial(string id);

    /// <summary>
    /// What follows from a message in a state. Returns <see cref="Decision{TEvent,TIntent}.None"/> for a message that changes nothing.
    /// </summary>
    Decision<TEvent, TIntent> Decide(TState state, object message, DateTimeOffset now);

    /// <summary>The state after an event. Must accept every event that any version ever wrote.</summary>
    TState Apply(TState state, TEvent @event, DateTimeOffset at);

    /// <summary>
    /// The state after an event that nobody can read and that somebody has had skipped; what it said is not known. Of an entity whose first event is
    /// that, nothing may be left: then its later events change nothing.
    /// </summary>
    TState Skip(TState state) => state;

    /// <summary>What a state is, in a sentence for whoever mends the entity.</summary>
    string Words(TState state) => "It can be read.";

    /// <summary>When the entity has to be in memory: a time, or <see cref="EntityWakeUps.FromStartUp"/>, or null for never.</summary>
    DateTimeOffset? WakeUpAt(TState state);

    /// <summary>Rows and slots that change when the state goes from <paramref name="before"/> to <paramref name="after"/>.</summary>
    (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(TState before, TState after);

    /// <summary>Whether entities of this kind have snapshots; others live with their events alone.</summary>
    bool HasSnapshots { get; }

    /// <summary>A snapshot's payload for the state, or null if it has none now.</summary>
    byte[]? Snapshot(TState state);

    /// <summary>The state of a snapshot.</summary>
    TState FromSnapshot(string id, ReadOnlyMemory<byte> payload);
}

/// <summary>Wake-ups with a meaning of their own.</summary>
public static class EntityWakeUps
{
    /// <summary>
    /// Whoever owns the entity brings it to memory as soon as it starts. Not the time at which the need arose: that is in the future again
    /// once the wall clock has stepped back.
    /// </summary>
    public static readonly DateTimeOffset FromStartUp = DateTimeOffset.UnixEpoch;
}

/// <summary>What an entity does about one message.</summary>
/// <param name="Events">To be made durable, in order, before anything else of the decision happens.</param>
/// <param name="Reply">To the sender, afterwards; null for none.</param>
/// <param name="Intents">What to do outside, afterwards, in order: the actor of the kind knows them.</param>
/// <param name="Creates">First writes of other entities, in the same commit. Those that are new come to memory afterwards.</param>
[SuppressMessage("Design", "CA1000", Justification = "Whoever decides names its kind of decision once, by an alias.")]
public sealed record Decision<TEvent, TIntent>(
    ImmutableArray<TEvent> Events,
    object? Reply,
    ImmutableArray<TIntent> Intents,
    ImmutableArray<EntityWrite> Creates)
    where TEvent : class
    where TIntent : class
{
    /// <summary>Nobody is held up if the events become durable a moment later, together with those of what may follow at once.</summary>
    public bool MayWait { get; init; }

    /// <summary>Nothing changes and nobody is answered.</summary>
    public static Decision<TEvent, TIntent> None { get; } = new([], null, [], []);

    /// <summary>An answer that changes nothing.</summary>
    public static Decision<TEvent, TIntent> Answer(object reply) => new([], reply, [], []);

    /// <summary>Something to do that changes nothing durable.</summary>
    public static Decision<TEvent, TIntent> Do(params ImmutableArray<TIntent> intents) => new([], null, intents, []);

    /// <summary>Events to persist.</summary>
    public static Decision<TEvent, TIntent> Persist(params ImmutableArray<TEvent> events) => new(events, null, [], []);

    /// <summary>The same, and an answer.</summary>
    public Decision<TEvent, TIntent> Replying(object? reply) => this with { Reply = reply };

    /// <summary>The same, and more to do afterwards.</summary>
    public Decision<TEvent, TIntent> Then(params ImmutableArray<TIntent> intents) => this with { Intents = Intents.AddRange(intents) };

    /// <summary>Whether there is anything to commit.</summary>
    public bool NeedsCommit => !Events.IsEmpty || !Creates.IsEmpty;
}

/// <summary>Turns events into the journal's form and back.</summary>
public interface IEventCodec
{
    /// <summary>The journal's name, version and UTF-8 JSON of an event.</summary>
    (string Name, int Version, byte[] Payload) Write(object @event);

    /// <summary>An event back from the journal. Throws what says that this program cannot read it.</summary>
    object Read(string name, int version, ReadOnlySpan<byte> payload);
}
