using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Runner.Messages;

namespace Runner.Host.Verification;

/// <summary>
/// Reads a whole store once, from its beginning to its end: every event is read and applied, and what follows from an entity's events is compared
/// with its rows, wake-up and slots. All streams are in the order of the entities, so that one entity at a time is in memory.
/// </summary>
/// <param name="found">Told of each problem as it is found.</param>
/// <param name="progress">Told now and then how many entities were read.</param>
internal sealed class StoreVerifier(IStoreScan scan, Action<StoreProblem> found, Action<long> progress, CancellationToken cancel)
{
    private const string Restore = "Restore a backup from before the damage.";
    private const string RowToDo = "Lists and limits go by it; the entity itself goes by its events, and writes the row anew with its next one. "
        + "Restore a backup from before the damage if it has none to come.";

    /// <summary>The members of these differ with the words of a version, not with what happened.</summary>
    private const string Words = "state_message";

    private static readonly ImmutableArray<string> Kinds = [.. StoredEntities.Models.Keys.Order(StringComparer.Ordinal)];

    private long _entities;

    public long Deployments { get; private set; }

    public long Runs { get; private set; }

    public long Events { get; private set; }

    public long Rows { get; private set; }

    public long WakeUps { get; private set; }

    public long Slots { get; private set; }

    /// <summary>Reads everything but what the database finds wrong with itself.</summary>
    public void Run()
    {
        foreach (var kind in Kinds)
        {
            VerifyKind(StoredEntities.Models[kind]);
        }

        Guarded("the rest of the store", () =>
        {
            foreach (var (where, what) in scan.Strangers(Kinds))
            {
                found(new StoreProblem(
                    "entity", what, null, $"{where} has something of {what}, which is no entity of this program.",
                    "If a newer version wrote it, use that; otherwise restore a backup from before the damage."));
            }

            foreach (var (entity, sequence) in scan.ForgottenTooSoon())
            {
                found(new StoreProblem(
                    "number", entity, sequence, string.Create(
                        CultureInfo.InvariantCulture,
                        $"{entity} was erased after event {sequence}, and the number is not remembered: another node could write it again."),
                    Restore));
            }
        });
        foreach (var table in Tables.All)
        {
            foreach (var set in table.Columns.Where(c => c.Type == ColumnType.TextSet))
            {
                Guarded($"{table.Name}.{set.Name}", () => VerifyMembers(table, set.Name));
            }
        }
    }

    private void VerifyKind(IEntityModel model)
    {
        using var streams = new KindStreams(scan, model.Kind);
        while (streams.Next() is { } id)
        {
            cancel.ThrowIfCancellationRequested();
            if ((++_entities & 0xfff) == 0)
            {
                progress(_entities);
            }

            VerifyEntity(model, new EntityKey(model.Kind, id), streams);
            if (streams.Broken is { } broken)
            {
                // What comes after it could not be told from what is missing.
                found(new StoreProblem(
                    "database", null, null, $"The {broken.Name} of {model.Kind} entities cannot be read after {id}: {broken.Why}", Restore));
                break;
            }
        }

        Events += streams.Events.Count;
        WakeUps += streams.WakeUps.Count;
        Slots += streams.Slots.Count;
        Rows += streams.Tables.Sum(t => t.Rows.Count);
    }

    // In one piece: all that is kept of one entity, each part held against its events.
    private void VerifyEntity(IEntityModel model, EntityKey key, KindStreams streams)
    {
        var snapshots = streams.Snapshots.Take(key.Id).Select(s => s.Snapshot).ToList();
        var numbers = streams.Numbers.Take(key.Id).Select(n => n.Sequence).ToList();
        var wakeUps = streams.WakeUps.Take(key.Id).ToList();
        var slots = streams.Slots.Take(key.Id).ToList();
        var rows = streams.Tables.Select(t => (t.Table, Rows: t.Rows.Take(key.Id).ToList())).ToList();
        if (!StoredEntities.CanBe(key))
        {
            foreach (var _ in streams.Events.Take(key.Id))
            {
                // Of what is no entity the events are nobody's.
            }

            found(new StoreProblem(
                "entity", key.ToString(), null, $"{key} is something that no entity is called, and has events, rows, a wake-up or slots.", Restore));
            return;
        }

        var damaged = false;
        var reading = model.Begin(key.Id);
        long? snapshot = snapshots.Count > 0 ? snapshots[^1].Sequence : null;
        if (snapshot is { } number
            && reading.Take(new JournaledSnapshot(snapshots[^1].Version, snapshots[^1].Payload, snapshots[^1].Damage)) is { } wrong)
        {
            damaged = true;
            found(new StoreProblem("snapshot", key.ToString(), number, Sentence(key, number, wrong), Skip(key, number)));
        }

        var any = VerifyEvents(key, streams.Events.Take(key.Id).Select(e => e.Event), snapshot, numbers, reading, ref damaged);
        if (snapshots.Count > 0 && !numbers.Contains(snapshots[^1].Sequence))
        {
            found(new StoreProblem(
                "number", key.ToString(), snapshots[^1].Sequence,
                string.Create(CultureInfo.InvariantCulture, $"{key} has a snapshot of event {snapshots[^1].Sequence}, "
                    + $"and that number is not remembered as that of the last event that it replaces."), Restore));
        }

        if (any || snapshots.Count > 0)
        {
            Count(key);
        }

        // Where a stream has ended early, what is missing may only be unread.
        if (!damaged && streams.Broken is null)
        {
            // An entity that has no events has a state of its own as well: that of one that is not there.
            Compare(key, any || snapshots.Count > 0 ? reading.Project() : null, rows, wakeUps, slots);
        }
    }

    /// <summary>
    /// Reads the events after a snapshot, one after the other; whether there is any. After the first damage the state is not known any more.
    /// </summary>
    private bool VerifyEvents(
        EntityKey key, IEnumerable<StoredEvent> events, long? snapshot, List<long> numbers, IEntityReading reading, ref bool damaged)
    {
        var any = false;
        var last = snapshot ?? 0;
        foreach (var stored in events)
        {
            if (stored.Sequence <= last && !any && snapshot is not null)
            {
                continue;
            }

            if (!any && snapshot is null)
            {
                last = Before(key, numbers, stored.Sequence);
            }

            any = true;
            if (stored.Sequence != last + 1)
            {
                var missing = last + 1;
                found(new StoreProblem("event", key.ToString(), missing, Sentence(key, missing, Histories.Gap(missing, stored.Sequence - 1)), damaged
                    ? AfterThat : Skip(key, missing)));
                damaged = true;
            }

            last = stored.Sequence;
            var payload = Histories.Read(stored, StoredEntities.Codec);
            var problem = payload is JournaledDamage damage ? damage.Problem : damaged ? null : reading.Take((JournaledEvent)payload);
            if (problem is not null)
            {
                found(new StoreProblem("event", key.ToString(), stored.Sequence, Sentence(key, stored.Sequence, problem), damaged ? AfterThat
                    : Skip(key, stored.Sequence)));
                damaged = true;
            }
        }

        return any;
    }

    private const string AfterThat = "Skip what comes before it first, then look again; or restore a backup.";

    /// <summary>
    /// The number before the first event of an entity without a snapshot: it may have been erased and have begun anew after its old number.
    /// </summary>
    private long Before(EntityKey key, List<long> numbers, long first)
    {
        if (numbers.Count == 0)
        {
            // Where the number is forgotten, nobody can tell.
            return scan.RemembersNumbers ? 0 : first - 1;
        }

        if (numbers[^1] >= first)
        {
            found(new StoreProblem(
                "number", key.ToString(), numbers[^1],
                string.Create(
                    CultureInfo.InvariantCulture, $"{key} is said to have nothing up to event {numbers[^1]}, and has its event {first}."), Restore));
            return first - 1;
        }

        return numbers[^1];
    }

    private void Count(EntityKey key)
    {
        if (key.Kind == "FlowRun")
        {
            Runs++;
        }
        else if (key.Kind == "Deployment")
        {
            Deployments++;
        }
    }

    private void Compare(
        EntityKey key, EntityProjection? projection, List<(TableDefinition Table, List<Row> Rows)> rows,
        List<(string Id, long Due, int Slice)> wakeUps, List<(string Id, string Limit, int Number)> slots)
    {
        foreach (var (table, present) in rows)
        {
            CompareRows(key, table, [.. projection?.Rows.Where(r => r.Table == table.Name) ?? []], present);
        }

        CompareWakeUp(key, projection?.WakeUp, wakeUps);
        var due = projection?.Slots ?? [];
        foreach (var (_, limit, number) in slots.Where(s => !due.Any(d => d.Limit == s.Limit && d.Number == s.Number)))
        {
            found(new StoreProblem(
                "slot", key.ToString(), null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{key} holds slot {number} of the limit '{limit}', and by its events it does not{NotThere(projection)}."),
                "The limit counts it as long as it stands there. Restore a backup from before the damage."));
        }

        foreach (var slot in due.Where(d => !slots.Any(s => d.Limit == s.Limit && d.Number == s.Number)))
        {
            found(new StoreProblem(
                "slot", key.ToString(), null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{key} holds slot {slot.Number} of the limit '{slot.Limit}' by its events, and the slot is not taken."),
                "The limit may be overrun by one until the run ends. Restore a backup from before the damage if it matters."));
        }
    }

    private void CompareRows(EntityKey key, TableDefinition table, ImmutableArray<RowChange> expected, List<Row> present)
    {
        foreach (var row in present)
        {
            if (expected.FirstOrDefault(e => e.Key == row.Key) is not { } put)
            {
                found(new StoreProblem(
                    "row", key.ToString(), null, $"The row {row.Key} of {table.Name} stands there, and by the events of {key} there is none.",
                    RowToDo));
                continue;
            }

            for (var i = 0; i < table.Columns.Length; i++)
            {
                if (table.Columns[i].Name != Words && !Same(put.Values!.Value[i], row.Values[i])
                    && !IsOfBefore(table, table.Columns[i].Name, put.Values.Value[i], row.Values[i]))
                {
                    found(new StoreProblem(
                        "row", key.ToString(), null,
                        $"In the row {row.Key} of {table.Name}, {table.Columns[i].Name} is {Shown(row.Values[i])}; "
                        + $"by the events of {key} it is {Shown(put.Values!.Value[i])}.", RowToDo));
                }
            }
        }

        foreach (var put in expected.Where(e => !present.Exists(p => p.Key == e.Key)))
        {
            if (table == Tables.RunWords)
            {
                // A run of before there were such rows has none, and is found without, as ever.
                continue;
            }

            found(new StoreProblem(
                "row", key.ToString(), null, $"The row {put.Key} of {table.Name} is missing; by the events of {key} there is one.", RowToDo));
        }
    }

    /// <summary>
    /// Whether a run that waits since an older version says of its deployment's limit only the name, and not the size: that is its deployment's. Or a
    /// run whose program's end alone was told does not say when it began, which older versions left out.
    /// </summary>
    private static bool IsOfBefore(TableDefinition table, string column, object? expected, object? present) =>
        (table == Tables.Runs && column == "started" && present is null)
        || (table == Tables.Waiters && expected is string now && now.IndexOf('=', StringComparison.Ordinal) is >= 0 and var sized
        && string.Concat(now.AsSpan(0, sized), now.IndexOf('\n', sized) is >= 0 and var rest ? now.AsSpan(rest) : "")
            .Equals(present as string, StringComparison.Ordinal));

    private void CompareWakeUp(EntityKey key, DateTimeOffset? expected, List<(string Id, long Due, int Slice)> present)
    {
        var due = expected is { } at ? Milliseconds(at) : (long?)null;
        if (present is [var wakeUp])
        {
            if (due is null)
            {
                found(new StoreProblem(
                    "wake-up", key.ToString(), null, $"{key} has a wake-up at {Instant(wakeUp.Due)}, and by its events it has none.",
                    "It wakes in vain, once a minute, until its next event. Restore a backup from before the damage if that matters."));
            }
            else if (wakeUp.Due != due)
            {
                found(new StoreProblem(
                    "wake-up", key.ToString(), null,
                    $"{key} has a wake-up at {Instant(wakeUp.Due)}; by its events it is due at {Instant(due.Value)}.",
                    key.Kind == "Deployment"
                        ? "If the rules of its time zone have changed since, its next event mends it; otherwise pause and resume it." : Restore));
            }

            if (wakeUp.Slice != EntitySlices.Of(key))
            {
                found(new StoreProblem(
                    "wake-up", key.ToString(), null,
                    $"The wake-up of {key} is in slice {wakeUp.Slice} and belongs into {EntitySlices.Of(key)}, where its worker looks.", Restore));
            }
        }
        else if (due is { } missing)
        {
            found(new StoreProblem(
                "wake-up", key.ToString(), null, $"{key} has no wake-up; by its events it is due at {Instant(missing)}.",
                "Nobody wakes it: ask for it once (`runner run show`, `runner deployment show`), or restore a backup from before the damage."));
        }
    }

    private void VerifyMembers(TableDefinition table, string set)
    {
        var column = table.Columns.Select(c => c.Name).ToImmutableArray().IndexOf(set);
        using var members = new ScanCursor<(string Key, string Member)>(set, scan.Members(table.Name, set), m => m.Key);
        using var rows = new ScanCursor<Row>(
            table.Name, scan.Rows(table.Name).Where(r => r.Values[column] is ImmutableArray<string> { IsEmpty: false }), r => r.Key);
        while (IdOrder.Least(members.Id, rows.Id) is { } key)
        {
            cancel.ThrowIfCancellationRequested();
            var listed = members.Take(key).Select(m => m.Member).ToHashSet(StringComparer.Ordinal);
            var said = rows.Take(key).SelectMany(r => (ImmutableArray<string>)r.Values[column]!).ToHashSet(StringComparer.Ordinal);
            if (!listed.SetEquals(said))
            {
                found(new StoreProblem(
                    "member", StoredEntities.OwnerOf(table.Name, key)?.ToString(), null,
                    $"The row {key} of {table.Name} has the {set} {Shown(said.Order(StringComparer.Ordinal).ToImmutableArray())}, "
                    + $"and is found by {Shown(listed.Order(StringComparer.Ordinal).ToImmutableArray())}.", RowToDo));
            }
        }
    }

    private void Guarded(string what, Action read)
    {
        try
        {
            read();
        }
        catch (StoreUnavailableException e) when (e.IsDamage)
        {
            found(new StoreProblem("database", null, null, $"{what} cannot be read to its end: {e.Message}", Restore));
        }
    }

    private bool Same(object? expected, object? actual) => expected switch
    {
        null => actual is null,
        string text => actual is string other && (text == other || scan.InRow(text) == other),
        long number => actual is long other && number == other,
        ImmutableArray<string> set => actual is ImmutableArray<string> other && set.Length == other.Length
            && set.Zip(other).All(p => Same(p.First, p.Second)),
        _ => false,
    };

    private static string NotThere(EntityProjection? projection) => projection is null ? ": it has none" : "";

    private static string Sentence(EntityKey key, long sequence, string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"Event {sequence} of {key} {problem}.");

    private static string Skip(EntityKey key, long sequence) =>
        $"{UnreadableWords.SkipCommand(key.ToString(), sequence)}, or restore a backup from before the damage.";

    private static string Shown(object? value) => value switch
    {
        null => "nothing",
        string text => $"'{(text.Length > 100 ? $"{text.AsSpan(0, 100)}…" : text)}'",
        ImmutableArray<string> set => $"[{string.Join(", ", set.Take(20))}{(set.Length > 20 ? ", …" : "")}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Instant(long milliseconds) =>
        milliseconds == EntityWakeUps.FromStartUp.ToUnixTimeMilliseconds() ? "the node's start"
        : milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? InstantText.Milliseconds(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
        : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}, which is no time");

    /// <summary>As stores keep wake-ups: a part of a millisecond counts as a whole one.</summary>
    private static long Milliseconds(DateTimeOffset at)
    {
        var floor = at.ToUnixTimeMilliseconds();
        return at.UtcTicks % TimeSpan.TicksPerMillisecond == 0 || floor == DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? floor : floor + 1;
    }
}
