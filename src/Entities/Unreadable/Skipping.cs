using System.Collections.Immutable;
using System.Globalization;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities.Unreadable;

/// <summary>
/// Leaves out the event that keeps an entity from being read: a marker takes its place and keeps its number, and rows, wake-up and slots are written
/// anew as they follow from the events that remain. One commit, fenced by the number of the last event; nobody else may write the entity meanwhile.
/// </summary>
public static class Skipping
{
    /// <summary>More missing events than this are no gap but a number that is damaged.</summary>
    private const long MostMissing = 1_000;

    /// <returns>An <see cref="EventSkipped"/> or a refusal.</returns>
    /// <exception cref="StoreException">The store is away.</exception>
    public static async Task<object> SkipAsync(
        IEntityStore store, IEventCodec codec, IEntityModel model, EntityKey entity, SkipEvent request, DateTimeOffset now)
    {
        var history = await Histories.LoadAsync(store, entity).ConfigureAwait(false);
        var (damage, _) = Read(model, codec, entity, history);
        if (Problem(history, damage, request.Sequence) is { } problem)
        {
            return new SkipRefused(entity.ToString(), request.Sequence, problem);
        }

        var (write, after) = Marked(entity, history, damage!, codec, request.Reason, now);
        var (next, reading) = Read(model, codec, entity, after);
        string state;
        if (next is null)
        {
            var projection = reading.Project();
            write = await AnewAsync(store, model, write, projection).ConfigureAwait(false);
            state = projection.State;
        }
        else
        {
            state = $"It rests still: its event {next.Sequence} {next.Problem}.";
        }

        return await store.CommitAsync(new EntityCommit([write])).ConfigureAwait(false) switch
        {
            CommitResult.Committed => new EventSkipped(entity.ToString(), request.Sequence, state, next?.Sequence),
            CommitResult.SlotConflict conflict => new SkipRefused(
                entity.ToString(), request.Sequence,
                $"by its other events it holds slot {conflict.Number} of the limit '{conflict.Limit}', which {conflict.Holder} holds now. "
                + "End that run first, then skip."),
            _ => new SkipRefused(entity.ToString(), request.Sequence, "somebody else wrote it meanwhile. Send the command again."),
        };
    }

    /// <summary>The first of a history that cannot be read; else what was read.</summary>
    private static (JournaledDamage? Damage, IEntityReading Reading) Read(
        IEntityModel model, IEventCodec codec, EntityKey entity, EntityHistory history)
    {
        var reading = model.Begin(entity.Id);
        if (history.Snapshot is { } snapshot && reading.Take(new JournaledSnapshot(snapshot.Version, snapshot.Payload, snapshot.Damage)) is { } wrong)
        {
            return (new JournaledDamage(snapshot.Sequence, wrong), reading);
        }

        foreach (var (sequence, payload) in Histories.Events(history, codec))
        {
            if (payload is JournaledDamage damage)
            {
                return (damage, reading);
            }

            if (reading.Take((JournaledEvent)payload) is { } rejected)
            {
                return (new JournaledDamage(sequence, rejected), reading);
            }
        }

        return (null, reading);
    }

    private static string? Problem(EntityHistory history, JournaledDamage? damage, long sequence) => damage switch
    {
        null when history.LastSequence == 0 || (history.Events.IsEmpty && history.Snapshot is null) =>
            "there is no such entity. `runner health` and `runner verify` name those that cannot be read.",
        null => "every event of it can be read, so that there is nothing to skip.",
        { Sequence: 0 } => $"{damage.Problem}, so that not even its events can be told apart. Restore a backup.",
        _ when damage.Sequence < sequence => string.Create(
            CultureInfo.InvariantCulture, $"its event {damage.Sequence} comes before it and cannot be read either. Skip that one first."),
        _ when damage.Sequence > sequence =>
            string.Create(CultureInfo.InvariantCulture, $"it can be read. What cannot is its event {damage.Sequence}."),
        _ when Missing(history, damage) > MostMissing =>
            "so many are missing that a number must be damaged, which no marker mends. Restore a backup.",
        _ => null,
    };

    /// <summary>How many events are missing from the damage on; 0 if there is one of its number, be it in a snapshot.</summary>
    private static long Missing(EntityHistory history, JournaledDamage damage) =>
        history.Snapshot?.Sequence == damage.Sequence ? 0
        : history.Events.FirstOrDefault(e => e.Sequence >= damage.Sequence) is { } first ? first.Sequence - damage.Sequence : 0;

    private static (EntityWrite Write, EntityHistory After) Marked(
        EntityKey entity, EntityHistory history, JournaledDamage damage, IEventCodec codec, string? reason, DateTimeOffset now)
    {
        var write = new EntityWrite(entity, history.LastSequence, []);
        if (history.Snapshot is { } snapshot && snapshot.Sequence == damage.Sequence)
        {
            var (_, _, payload) = codec.Write(new SkippedEvent(
                now, damage.Problem, reason, string.Create(CultureInfo.InvariantCulture, $"{entity.Kind}.snapshot/{snapshot.Version}"),
                snapshot.Payload.ToArray()));
            var marker = new StoredSnapshot(snapshot.Sequence, StoredSnapshot.Skipped, payload);
            return (write with { Snapshot = marker }, history with { Snapshot = marker });
        }

        var old = history.Events.FirstOrDefault(e => e.Sequence == damage.Sequence);
        ImmutableArray<StoredEvent> markers =
        [
            .. Enumerable.Range(0, (int)Math.Max(1, Missing(history, damage))).Select(i => Marker(
                damage.Sequence + i,
                new SkippedEvent(
                    now, damage.Problem, reason, old is null ? null : string.Create(CultureInfo.InvariantCulture, $"{old.Type}/{old.Version}"),
                    old?.Payload.ToArray()))),
        ];
        return (
            write with { Replaces = markers },
            history with { Events = [.. history.Events.Where(e => e.Sequence != damage.Sequence).Concat(markers).OrderBy(e => e.Sequence)] });

        StoredEvent Marker(long sequence, SkippedEvent marker)
        {
            var (name, version, payload) = codec.Write(marker);
            return new StoredEvent(sequence, name, version, now, payload);
        }
    }

    /// <summary>The write with all that stands in the store for a state, in the place of whatever stands there.</summary>
    private static async Task<EntityWrite> AnewAsync(IEntityStore store, IEntityModel model, EntityWrite write, EntityProjection projection)
    {
        var held = (await store.SlotsAsync().ConfigureAwait(false)).Where(slot => slot.Holder == write.Entity).ToArray();
        return write with
        {
            Rows = [.. await model.RemovalsAsync(store, write.Entity.Id).ConfigureAwait(false), .. projection.Rows],
            Slots =
            [
                .. held.Where(h => !projection.Slots.Any(s => s.Limit == h.Limit && s.Number == h.Number))
                    .Select(h => new SlotChange(h.Limit, h.Number, Take: false)),
                .. projection.Slots,
            ],
            WakeUp = new WakeUpChange(projection.WakeUp),
        };
    }
}
