using Runner.Entities.Store;

namespace Runner.Entities.Unreadable;

/// <summary>
/// Reads what the store keeps of an entity, one event after the other, as far as it can be read: the one place that knows what cannot.
/// </summary>
public static class Histories
{
    /// <summary>The version that snapshots have.</summary>
    private const int SnapshotVersion = 1;

    /// <summary>
    /// What a store keeps of an entity. A damaged part of the store is the fault of the entities that are in it, and no reason to ask again and
    /// again; a store that is away throws.
    /// </summary>
    public static async Task<EntityHistory> LoadAsync(IEntityStore store, EntityKey entity)
    {
        try
        {
            return await store.LoadAsync(entity).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.IsDamage)
        {
            return EntityHistory.Empty with { Damage = $"the part of the store that it is in is damaged ({Sentence(e)})", LastSequence = 1 };
        }
    }

    /// <summary>
    /// The events as <see cref="JournaledEvent"/>s with their numbers. Where one is missing or cannot be read, a <see cref="JournaledDamage"/> stands
    /// in its place and is the last.
    /// </summary>
    public static IEnumerable<(long Sequence, object Payload)> Events(EntityHistory history, IEventCodec codec)
    {
        if (history.Damage is { } damage)
        {
            yield return (1, new JournaledDamage(0, damage));
            yield break;
        }

        var replaced = history.Snapshot?.Sequence ?? 0;
        long? last = null;
        foreach (var stored in history.Events)
        {
            if (stored.Sequence <= replaced)
            {
                continue;
            }

            // Where the store has not looked for the number before the first event, that one is as it should be.
            last ??= Math.Max(replaced, Math.Min(history.Before ?? long.MaxValue, stored.Sequence - 1));
            if (stored.Sequence != last + 1)
            {
                var missing = last.Value + 1;
                yield return (missing, new JournaledDamage(missing, Gap(missing, stored.Sequence - 1)));
                yield break;
            }

            last = stored.Sequence;
            var payload = Read(stored, codec);
            yield return (stored.Sequence, payload);
            if (payload is JournaledDamage)
            {
                yield break;
            }
        }
    }

    /// <summary>One event: a <see cref="JournaledEvent"/>, or a <see cref="JournaledDamage"/>.</summary>
    public static object Read(StoredEvent stored, IEventCodec codec)
    {
        if (stored.Damage is { } damage)
        {
            return new JournaledDamage(stored.Sequence, damage);
        }

        try
        {
            return new JournaledEvent(codec.Read(stored.Type, stored.Version, stored.Payload.Span), stored.At);
        }
        catch (Exception e)
        {
            return new JournaledDamage(stored.Sequence, $"cannot be read ({Sentence(e)})");
        }
    }

    /// <summary>What is said of events that are not there.</summary>
    public static string Gap(long from, long to) => from == to
        ? "is missing, though there are later ones"
        : $"is missing, with all up to event {to}, though there are later ones";

    /// <summary>The state of an entity's snapshot, or what is wrong with it.</summary>
    internal static (TState? State, string? Problem) FromSnapshot<TState>(
        JournaledSnapshot snapshot, Func<ReadOnlyMemory<byte>, TState> read, Func<TState> skipped)
        where TState : class
    {
        if (snapshot.Damage is { } damage)
        {
            return (null, damage);
        }

        if (snapshot.Version == StoredSnapshot.Skipped)
        {
            return (skipped(), null);
        }

        if (snapshot.Version != SnapshotVersion)
        {
            return (null, $"is replaced by a snapshot of version {snapshot.Version}, which this program does not know");
        }

        try
        {
            return (read(snapshot.Payload), null);
        }
        catch (Exception e)
        {
            return (null, $"is replaced by a snapshot that cannot be read ({Sentence(e)})");
        }
    }

    /// <summary>What is said of an event that the state does not take.</summary>
    internal static string Rejected(object @event, Exception e) => $"does not fit those before it ({@event.GetType().Name}: {Sentence(e)})";

    /// <summary>A reason inside a sentence: short, on one line, and without its full stop.</summary>
    public static string Sentence(Exception e)
    {
        var reason = (e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message).ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return reason.Length > MostOfReason ? $"{reason.AsSpan(0, MostOfReason)}…" : reason;
    }

    private const int MostOfReason = 300;
}
