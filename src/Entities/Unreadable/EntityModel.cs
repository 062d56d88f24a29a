using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities.Unreadable;

/// <summary>What a kind of entity makes of a history: for whoever reads stores without bringing entities to memory.</summary>
public interface IEntityModel
{
    /// <summary>The kind part of the keys of its entities.</summary>
    string Kind { get; }

    /// <summary>Begins to read an entity.</summary>
    IEntityReading Begin(string id);

    /// <summary>What removes every row that an entity may have in a store, whatever its state was.</summary>
    Task<ImmutableArray<RowChange>> RemovalsAsync(IEntityStore store, string id);
}

/// <summary>The reading of one entity: first its snapshot, if it has one, then its events in order.</summary>
public interface IEntityReading
{
    /// <summary>What is wrong with the snapshot, as the end of a sentence; null if nothing is.</summary>
    string? Take(JournaledSnapshot snapshot);

    /// <summary>What is wrong with the event, as the end of a sentence; null if nothing is.</summary>
    string? Take(JournaledEvent @event);

    /// <summary>What stands in the store for the state that was read.</summary>
    EntityProjection Project();
}

/// <summary>What stands in the store for an entity's state beside its events.</summary>
/// <param name="Rows">Put, each once; empty for an entity that is not there.</param>
/// <param name="State">What it is, in a sentence.</param>
public sealed record EntityProjection(DateTimeOffset? WakeUp, ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots, string State);

/// <summary>The model of a behaviour.</summary>
/// <param name="removals">What removes every row that an entity of this id may have.</param>
public sealed class EntityModel<TState, TEvent, TIntent>(
    IEntityBehaviour<TState, TEvent, TIntent> behaviour, Func<IEntityStore, string, Task<ImmutableArray<RowChange>>> removals) : IEntityModel
    where TState : class
    where TEvent : class
    where TIntent : class
{
    /// <inheritdoc/>
    public string Kind => behaviour.Kind;

    /// <inheritdoc/>
    public IEntityReading Begin(string id) => new Reading(behaviour, id);

    /// <inheritdoc/>
    public Task<ImmutableArray<RowChange>> RemovalsAsync(IEntityStore store, string id) => removals(store, id);

    private sealed class Reading(IEntityBehaviour<TState, TEvent, TIntent> behaviour, string id) : IEntityReading
    {
        private readonly TState _initial = behaviour.Initial(id);
        private TState? _state;

        public string? Take(JournaledSnapshot snapshot)
        {
            (_state, var problem) = Histories.FromSnapshot(snapshot, payload => behaviour.FromSnapshot(id, payload), () => behaviour.Skip(_initial));
            return problem;
        }

        public string? Take(JournaledEvent @event)
        {
            if (!Applying.TryApply(behaviour, _state ?? _initial, @event, out var after, out var problem))
            {
                return problem;
            }

            _state = after;
            return null;
        }

        public EntityProjection Project()
        {
            var state = _state ?? _initial;
            var (rows, slots) = behaviour.Project(_initial, state);
            // Later changes of a row go over earlier ones, as in a commit.
            var last = new List<RowChange>(rows.Length);
            foreach (var row in rows)
            {
                last.RemoveAll(other => other.Table == row.Table && other.Key == row.Key);
                last.Add(row);
            }

            last.RemoveAll(row => row.Values is null);
            return new EntityProjection(behaviour.WakeUpAt(state), [.. last], slots, behaviour.Words(state));
        }
    }
}

/// <summary>Applies events that may not fit.</summary>
public static class Applying
{
    /// <summary>The state after an event, or what is wrong with the event, as the end of a sentence.</summary>
    public static bool TryApply<TState, TEvent, TIntent>(
        IEntityBehaviour<TState, TEvent, TIntent> behaviour, TState state, JournaledEvent e, [NotNullWhen(true)] out TState? after,
        [NotNullWhen(false)] out string? problem)
        where TState : class
        where TEvent : class
        where TIntent : class
    {
        (after, problem) = (null, null);
        try
        {
            after = e.Event switch
            {
                SkippedEvent => behaviour.Skip(state),
                TEvent own => behaviour.Apply(state, own, e.At),
                _ => null,
            };
            problem = after is null ? $"is a {e.Event.GetType().Name}, which is no event of a {behaviour.Kind}" : null;
        }
        catch (Exception failure)
        {
            problem = Histories.Rejected(e.Event, failure);
        }

        return problem is null;
    }
}
