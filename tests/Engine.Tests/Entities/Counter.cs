using Runner.Entities;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Engine.Actors;
using Runner.Engine.Entities;
using Runner.Entities.Store;

namespace Runner.Engine.Tests.Entities;

internal sealed record CounterState(int Value, DateTimeOffset? WakeAt = null);

/// <summary>A request: answered with the value it led to.</summary>
internal sealed record Add(int By);

/// <summary>A message that nobody waits for.</summary>
internal sealed record Note(int By);

internal sealed record WakeMeAt(DateTimeOffset At);

internal sealed record Get;

/// <summary>Makes another counter, if there is none of that name.</summary>
internal sealed record Beget(string Id, int By);

internal sealed record Added(int By);

internal sealed record Set(DateTimeOffset? At);

/// <summary>The smallest entity that does all an entity can.</summary>
internal sealed class CounterBehaviour : IEntityBehaviour<CounterState>
{
    public string Kind => "Counter";

    public CounterState Initial(string id) => new(0);

    public Decision Decide(CounterState state, object message, DateTimeOffset now) => message switch
    {
        Add add => Decision.Persist(new Added(add.By)).Replying(state.Value + add.By),
        Note note => Decision.Persist(new Added(note.By)),
        WakeMeAt wake => Decision.Persist(new Set(wake.At)).Replying(state.Value),
        WakeUpNow when state.WakeAt <= now => Decision.Persist(new Added(1000), new Set(null)),
        Get => Decision.Answer(state.Value),
        Beget beget => new Decision([new Added(0)], state.Value, [], [EntityWrites.First(this, new CounterCodec(), beget.Id, new Added(beget.By), now)]),
        Recovered => Decision.Do("recovered"),
        _ => Decision.None,
    };

    public CounterState Apply(CounterState state, object @event, DateTimeOffset at) => @event switch
    {
        Added e => state with { Value = state.Value + e.By },
        Set e => state with { WakeAt = e.At },
        _ => state,
    };

    public DateTimeOffset? WakeUpAt(CounterState state) => state.WakeAt;

    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(CounterState before, CounterState after) => ([], []);

    public byte[]? Snapshot(CounterState state) => Encoding.UTF8.GetBytes(state.Value.ToString(CultureInfo.InvariantCulture));

    public CounterState FromSnapshot(string id, ReadOnlyMemory<byte> payload) => new(int.Parse(payload.Span, CultureInfo.InvariantCulture));
}

internal sealed class CounterCodec : IEventCodec
{
    public (string Name, int Version, byte[] Payload) Write(object @event) => @event switch
    {
        Added e => ("added", 1, Encoding.UTF8.GetBytes(e.By.ToString(CultureInfo.InvariantCulture))),
        Set e => ("set", 1, Encoding.UTF8.GetBytes(e.At?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "")),
        _ => throw new ArgumentOutOfRangeException(nameof(@event)),
    };

    public object Read(string name, int version, ReadOnlySpan<byte> payload) => name == "added"
        ? new Added(int.Parse(payload, CultureInfo.InvariantCulture))
        : new Set(payload.IsEmpty ? null : new DateTimeOffset(long.Parse(payload, CultureInfo.InvariantCulture), TimeSpan.Zero));
}

internal sealed class CounterActor(EntityServices services, CounterBehaviour behaviour, string id, Action<string> said)
    : EntityActor<CounterState>(services, behaviour, id)
{
    protected override bool CanPassivate(CounterState state) => true;

    protected override bool IsRequest(object message) => message is Add or Get or WakeMeAt or Beget;

    protected override object RefuseRequest(Exception failure) => $"refused: {failure.Message}";

    protected override void CarryOut(object intent) => said((string)intent);

    protected override void Committed(CounterState before, CounterState after) => said($"{before.Value}->{after.Value}");

    protected override void CaughtUp(CounterState before, CounterState after) => said($"caught up {before.Value}->{after.Value}");
}
