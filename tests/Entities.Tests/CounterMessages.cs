using Runner.Messages;

namespace Runner.Entities.Tests;

/// <summary>What requests are answered with.</summary>
internal sealed record Value(int Of) : IWireMessage;

internal sealed record Add(int By) : IRequest<Value>;

internal sealed record AddAndTell(int By) : IRequest<Value>;

/// <summary>Makes the counter, unless there is one: then it is answered as that is.</summary>
internal sealed record Make(int By, bool HasFreshId) : IRequest<Value>, ICreation
{
    public object WithKnownId() => this with { HasFreshId = false };
}

internal sealed record Get : IRequest<Value>;

/// <summary>Answered by another counter.</summary>
internal sealed record GetOther(string Id) : IRequest<Value>;

internal sealed record WakeMeAt(DateTimeOffset At) : IRequest<Value>;

/// <summary>Makes another counter, if there is none of that name.</summary>
/// <param name="Alone">Without an event of its own.</param>
internal sealed record Beget(string Id, int By, bool Alone = false) : IRequest<Value>;

internal sealed record BeBusy(bool Busy) : IRequest<Value>;

internal sealed record TakeSlot : IRequest<Value>;

/// <summary>Two things to do and nothing to make durable.</summary>
internal sealed record Tell(string What) : IRequest<Value>;

/// <summary>Fails when it is decided, applied, written or carried out.</summary>
internal sealed record Break(string Where) : IRequest<Value>;

/// <summary>A request that no behaviour knows.</summary>
internal sealed record Unknown : IRequest<Value>;

/// <summary>A message that nobody waits for.</summary>
internal sealed record Note(int By) : IEntityCommand;

/// <summary>The same, that may become durable a moment later.</summary>
internal sealed record Later(int By) : IEntityCommand;

/// <summary>Fails, and nobody waits for it.</summary>
internal sealed record BreakQuietly : IEntityCommand;

/// <summary>Is not for the behaviour.</summary>
internal sealed record Outside(bool Breaks) : IRequest<Value>;
