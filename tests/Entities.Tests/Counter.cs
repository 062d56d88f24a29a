using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Entities.Store;
using Decision = Runner.Entities.Decision<object, string>;

namespace Runner.Entities.Tests;

/// <param name="Slots">Slots that it holds.</param>
internal sealed record CounterState(string Id, int Value, DateTimeOffset? WakeAt = null, bool Busy = false, int Slots = 0);

internal sealed record Added(int By);

internal sealed record Set(DateTimeOffset? At);

internal sealed record BusySet(bool Busy);

internal sealed record Took;

/// <summary>One that cannot be applied, or written.</summary>
internal sealed record Broken(string Where);

/// <summary>The smallest entity that does all an entity can.</summary>
internal sealed class CounterBehaviour : IEntityBehaviour<CounterState, object, string>
{
    public const string CounterKind = "Counter";

    public string Kind => CounterKind;

    public bool HasSnapshots => true;

    /// <summary>What recovering fails with; null if it does not.</summary>
    public Exception? FailsToRecover { get; set; }

    /// <summary>Recovering makes something durable.</summary>
    public bool CountsRecoveries { get; set; }

    public CounterState Initial(string id) => new(id, 0);

    public Decision Decide(CounterState state, object message, DateTimeOffset now) => message switch
    {
        Add add => Decision.Persist(new Added(add.By)).Replying(new Value(state.Value + add.By)),
        Make make when state.Value == 0 => Decision.Persist(new Added(make.By)).Replying(new Value(make.By)),
        Make => Decision.Answer(new Value(state.Value)),
        Note note => Decision.Persist(new Added(note.By)),
        Later later => Decision.Persist(new Added(later.By)) with { MayWait = true },
        Tell tell => Decision.Do($"{tell.What} 1", $"{tell.What} 2").Replying(new Value(state.Value)),
        AddAndTell both => Decision.Persist(new Added(both.By)).Then($"added {both.By}").Replying(new Value(state.Value + both.By)),
        WakeMeAt wake => Decision.Persist(new Set(wake.At)).Replying(new Value(state.Value)),
        WakeUpNow or Recovered when state.WakeAt <= now => Decision.Persist(new Added(1000), new Set(null)),
        Recovered when FailsToRecover is { } failure => throw failure,
        Recovered when CountsRecoveries => Decision.Persist(new Added(100)),
        Recovered => Decision.Do("recovered"),
        WakeUpNow => Decision.Do("woken"),
        Get => Decision.Answer(new Value(state.Value)),
        GetOther other => Decision.Answer(new AnswerFrom(new EntityKey(Kind, other.Id), new Get())),
        BeBusy busy => Decision.Persist(new BusySet(busy.Busy)).Replying(new Value(state.Value)),
        TakeSlot => Decision.Persist(new Took()).Replying(new Value(state.Value)),
        Beget beget => new Decision(
            beget.Alone ? [] : [new Added(0)], new Value(state.Value), [],
            [EntityWrites.First(this, new CounterCodec(), beget.Id, new Added(beget.By), now)]),
        Break { Where: "decide" } => throw new InvalidOperationException("It is broken: decide."),
        Break { Where: "carry" } broken => Decision.Persist(new Added(1)).Then("break").Replying(new Value(state.Value + 1)),
        Break broken => Decision.Persist(new Broken(broken.Where)),
        BreakQuietly => throw new InvalidOperationException("It is broken: quietly."),
        _ => Decision.None,
    };

    public CounterState Apply(CounterState state, object @event, DateTimeOffset at) => @event switch
    {
        Added e => state with { Value = state.Value + e.By },
        Set e => state with { WakeAt = e.At },
        BusySet e => state with { Busy = e.Busy },
        Took => state with { Slots = state.Slots + 1 },
        Broken { Where: "apply" } => throw new InvalidOperationException("It is broken: apply."),
        _ => state,
    };

    public DateTimeOffset? WakeUpAt(CounterState state) => state.WakeAt;

    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(CounterState before, CounterState after) =>
        ([], before.Slots == after.Slots ? [] : [new SlotChange("limit", 0, Take: true)]);

    public byte[]? Snapshot(CounterState state) => Encoding.UTF8.GetBytes(state.Value.ToString(CultureInfo.InvariantCulture));

    public CounterState FromSnapshot(string id, ReadOnlyMemory<byte> payload) => new(id, int.Parse(payload.Span, CultureInfo.InvariantCulture));
}

internal sealed class CounterCodec : IEventCodec
{
    public (string Name, int Version, byte[] Payload) Write(object @event) => @event switch
    {
        Added e => ("added", 1, Encoding.UTF8.GetBytes(e.By.ToString(CultureInfo.InvariantCulture))),
        Set e => ("set", 1, Encoding.UTF8.GetBytes(e.At?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "")),
        BusySet e => ("busy", 1, Encoding.UTF8.GetBytes(e.Busy ? "1" : "")),
        Took => ("took", 1, []),
        Broken { Where: "write" } => throw new InvalidOperationException("It is broken: write."),
        _ => throw new ArgumentOutOfRangeException(nameof(@event)),
    };

    public object Read(string name, int version, ReadOnlySpan<byte> payload) => name switch
    {
        "added" => new Added(int.Parse(payload, CultureInfo.InvariantCulture)),
        "set" => new Set(payload.IsEmpty ? null : new DateTimeOffset(long.Parse(payload, CultureInfo.InvariantCulture), TimeSpan.Zero)),
        "busy" => new BusySet(!payload.IsEmpty),
        "took" => new Took(),
        "broken" => new Broken(Encoding.UTF8.GetString(payload)),
        _ => throw new InvalidOperationException($"There is no event {name}."),
    };
}

/// <param name="said">Told of everything that it does outside.</param>
internal sealed class CounterActor(EntityServices services, CounterBehaviour behaviour, string id, Action<string> said)
    : EntityActor<CounterState, object, string>(services, behaviour, id)
{
    protected override bool CanPassivate(CounterState state) => !state.Busy;

    protected override void CarryOut(string intent)
    {
        if (intent == "break")
        {
            throw new InvalidOperationException("It is broken: carry.");
        }

        said(intent);
    }

    protected override void Committed(CounterState before, CounterState after) => said($"{before.Value}->{after.Value}");

    protected override void CaughtUp(CounterState before, CounterState after) => said($"caught up {before.Value}->{after.Value}");

    protected override bool DecideAgainAfter(CommitResult.SlotConflict conflict, object message)
    {
        said($"slot {conflict.Number} is {conflict.Holder}'s");
        return message is not TakeSlot;
    }

    protected override bool HandleOutside(object message) => message switch
    {
        Outside { Breaks: true } => throw new InvalidOperationException("It is broken: outside."),
        Outside => true,
        _ => false,
    };
}
