using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Decision = Runner.Entities.Decision<Runner.Bench.Tallied, string>;

namespace Runner.Bench;

/// <summary>Answered once it is durable.</summary>
internal sealed record AddOne : IRequest<TallyAnswer>
{
    public static readonly AddOne Instance = new();
}

/// <summary>Answered at once.</summary>
internal sealed record GetTally : IRequest<TallyAnswer>
{
    public static readonly GetTally Instance = new();
}

internal sealed record TallyAnswer(long Value);

internal sealed record Tallied
{
    public static readonly Tallied Instance = new();
}

internal sealed record TallyState(long Value);

/// <summary>The least an entity can be: it counts, and each count is an event as large as a run's usual one.</summary>
internal sealed class TallyBehaviour : IEntityBehaviour<TallyState, Tallied, string>
{
    public const string Name = "Tally";

    public string Kind => Name;

    public TallyState Initial(string id) => new(0);

    public Decision Decide(TallyState state, object message, DateTimeOffset now) => message switch
    {
        AddOne => Decision.Persist(Tallied.Instance).Replying(new TallyAnswer(state.Value + 1)),
        GetTally => Decision.Answer(new TallyAnswer(state.Value)),
        _ => Decision.None,
    };

    public TallyState Apply(TallyState state, Tallied @event, DateTimeOffset at) => new(state.Value + 1);

    public DateTimeOffset? WakeUpAt(TallyState state) => null;

    public (ImmutableArray<RowChange> Rows, ImmutableArray<SlotChange> Slots) Project(TallyState before, TallyState after) => ([], []);

    // With its events alone, as a run lives: what is compared is the writing of events.
    public bool HasSnapshots => false;

    public byte[]? Snapshot(TallyState state) => null;

    public TallyState FromSnapshot(string id, ReadOnlyMemory<byte> payload) => new(long.Parse(payload.Span, CultureInfo.InvariantCulture));
}

internal sealed class TallyCodec : IEventCodec
{
    private static readonly string Json =
        $$"""{"attempt":1,"pid":12345,"startTime":123456789,"bootId":"0d4f7c53-7a0f-4e33-a1a5-6c8f0f8cc5b1","note":"{{new string('x', 20)}}"}""";

    public (string Name, int Version, byte[] Payload) Write(object @event) => ("tallied", 1, Encoding.UTF8.GetBytes(Json));

    public object Read(string name, int version, ReadOnlySpan<byte> payload) => Tallied.Instance;
}

internal sealed class TallyActor(EntityServices services, string id) : EntityActor<TallyState, Tallied, string>(services, new TallyBehaviour(), id)
{
    protected override bool CanPassivate(TallyState state) => true;

    protected override void CarryOut(string intent)
    {
    }
}
