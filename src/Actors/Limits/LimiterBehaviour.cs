using System.Collections.Immutable;
using System.Text.Json;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Serialization;
using Decision = Runner.Entities.Decision<Runner.Messages.Limits.ILimitEvent, Runner.Actors.ILimitIntent>;

namespace Runner.Actors.Limits;

/// <summary>The durable part of the limiter: which named limits there are.</summary>
/// <param name="Sizes">Of those that are being deleted, too; those are negative, in the snapshots that keep this likewise.</param>
internal sealed record LimiterState(ImmutableSortedDictionary<string, int> Sizes)
{
    /// <summary>How a limit bounds; null if it does not.</summary>
    public (int Size, bool Ending)? Of(string name) => Sizes.TryGetValue(name, out var size) ? (Math.Abs(size), size < 0) : null;
}

/// <summary>Decides about setting and deleting limits.</summary>
internal sealed class LimiterBehaviour : IEntityBehaviour<LimiterState, ILimitEvent, ILimitIntent>
{
    /// <summary>The largest size of a limit.</summary>
    public const int Largest = ConcurrencySpec.LargestLimit;

    private static readonly ImmutableSortedDictionary<string, int> NoSizes =
        ImmutableSortedDictionary<string, int>.Empty.WithComparers(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Kind => EntityKinds.Limiter;

    /// <inheritdoc/>
    public LimiterState Initial(string id) => new(NoSizes);

    /// <inheritdoc/>
    public Decision Decide(LimiterState state, object message, DateTimeOffset now) => message switch
    {
        SetLimit set => Set(state, set),
        DeleteLimit delete => Delete(state, delete),
        LimitUnused unused => state.Of(unused.Name) is { Ending: true }
            ? Decision.Persist(new LimitDeleted(unused.Name)).Then(new LimitSizeChanged(unused.Name, null))
            : Decision.None,
        _ => Decision.None,
    };

    /// <inheritdoc/>
    public LimiterState Apply(LimiterState state, ILimitEvent @event, DateTimeOffset at) => @event switch
    {
        LimitSet e => new(state.Sizes.SetItem(e.Name, e.Size)),
        LimitEnding e => state.Of(e.Name) is { } limit ? new(state.Sizes.SetItem(e.Name, -limit.Size)) : state,
        LimitDeleted e => new(state.Sizes.Remove(e.Name)),
        _ => throw new InvalidOperationException(
            $"A {@event.GetType().Name} is an event of limits that changes none: this program does not know what it means."),
    };

    /// <inheritdoc/>
    public string Words(LimiterState state) => state.Sizes.IsEmpty
        ? "No named limit has a size any more: `runner limit set` sets them again."
        : $"These limits have a size: {string.Join(", ", state.Sizes.Select(s => $"{s.Key} ({Math.Abs(s.Value)})"))}. "
            + "`runner limit set` sets others again.";

    /// <inheritdoc/>
    public DateTimeOffset? WakeUpAt(LimiterState state) => null;

    /// <inheritdoc/>
    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(LimiterState before, LimiterState after) => (
        [
            .. after.Sizes.Where(s => before.Sizes.GetValueOrDefault(s.Key) != s.Value)
                .Select(s => new LimitRow(s.Key, Math.Abs(s.Value), s.Value < 0).Put()),
            .. before.Sizes.Keys.Where(name => !after.Sizes.ContainsKey(name)).Select(name => LimitRow.Delete(name)),
        ],
        []);

    /// <inheritdoc/>
    public bool HasSnapshots => true;

    /// <inheritdoc/>
    public byte[]? Snapshot(LimiterState state) =>
        JsonSerializer.SerializeToUtf8Bytes(state.Sizes, MessagesJson.Default.ImmutableSortedDictionaryStringInt32);

    /// <inheritdoc/>
    public LimiterState FromSnapshot(string id, ReadOnlyMemory<byte> payload) =>
        new(JsonSerializer.Deserialize(payload.Span, MessagesJson.Default.ImmutableSortedDictionaryStringInt32)!
            .WithComparers(StringComparer.Ordinal));

    private static Decision Set(LimiterState state, SetLimit set)
    {
        if (NameProblem(set.Name) is { } problem)
        {
            return Decision.Answer(new LimitInvalid(set.Name, problem));
        }

        if (set.Size is < 1 or > Largest)
        {
            return Decision.Answer(new LimitInvalid(
                set.Name, $"a size of {set.Size} is not possible; expected 1 to {Largest}. To hold runs back, pause their deployments."));
        }

        var changed = state.Sizes.GetValueOrDefault(set.Name) != set.Size;
        var reply = new LimitChanged(set.Name, set.Size, changed);
        return changed
            ? Decision.Persist(new LimitSet(set.Name, set.Size)).Replying(reply).Then(new LimitSizeChanged(set.Name, set.Size))
            : Decision.Answer(reply);
    }

    /// <summary>The limiter knows whether a run counts against it, and says so once none does.</summary>
    private static Decision Delete(LimiterState state, DeleteLimit delete) => state.Of(delete.Name) switch
    {
        null => Decision.Answer(new LimitNotFound(delete.Name)),
        { Ending: true } => Decision.Answer(new LimitChanged(delete.Name, null, Changed: false)),
        { Size: var size } => Decision.Persist(new LimitEnding(delete.Name)).Replying(new LimitChanged(delete.Name, null, Changed: true))
            .Then(new LimitSizeChanged(delete.Name, size, Ending: true)),
    };

    private static string? NameProblem(string name) =>
        LimitNames.KindOf(name) != LimitKind.Named
            ? "limits of deployments and nodes are set where those are declared (`concurrency`, `--limit`)."
            : Names.ProblemOfPart(name) is { } problem ? $"its name {problem}." : null;
}
