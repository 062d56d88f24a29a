using Akka.Actor;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>A message that an entity has not decided about for good, and who is to hear the answer.</summary>
internal readonly record struct PendingMessage(object Message, IActorRef? Sender);

/// <summary>Messages decided one after the other that become durable together.</summary>
internal sealed class EntityBatch<TState, TEvent, TIntent>(TState state)
    where TState : class
    where TEvent : class
    where TIntent : class
{
    private const int Limit = 64;

    public TState State { get; set; } = state;

    /// <summary>What it was handed to the journal as.</summary>
    public PersistedCommit? Persisted { get; set; }

    public List<(PendingMessage Pending, Decision<TEvent, TIntent> Decision)> Members { get; } = [];

    /// <summary>Their events, each with the time at which it was decided.</summary>
    public List<(TEvent Event, DateTimeOffset At)> Events { get; } = [];

    /// <summary>How many of them have been answered.</summary>
    public int Answered { get; set; }

    public bool NeedsCommit => Members.Exists(m => m.Decision.NeedsCommit);

    public bool IsFull => Members.Count >= Limit;

    /// <summary>Whether nothing in it is in a hurry to be durable.</summary>
    public bool MayWait => !IsFull && Members.TrueForAll(m => m.Decision.MayWait || !m.Decision.NeedsCommit);

    public IEnumerable<EntityWrite> Creates => Members.SelectMany(m => m.Decision.Creates);

    public void Add(PendingMessage pending, Decision<TEvent, TIntent> decision, DateTimeOffset at)
    {
        Members.Add((pending, decision));
        foreach (var @event in decision.Events)
        {
            Events.Add((@event, at));
        }
    }
}
