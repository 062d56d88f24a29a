namespace Runner.Engine.Actors;

internal enum SystemMessageKind : byte
{
    Watch,
    Unwatch,
    DeathNotice,
    Failed,
    Suspend,
    Resume,
    Restart,
    Terminate,
}

/// <summary>The engine's own messages; they overtake user messages. One object per send: it is a node of the receiver's list.</summary>
internal sealed class SystemMessage(SystemMessageKind kind, IInternalRef? actor = null, Exception? cause = null)
{
    public SystemMessageKind Kind { get; } = kind;

    /// <summary>The watcher, the dead or the failed one.</summary>
    public IInternalRef? Actor { get; } = actor;

    /// <summary>Why it failed; why it is resumed or restarted (null when only balancing a suspension).</summary>
    public Exception? Cause { get; } = cause;

    public SystemMessage? Next { get; set; }
}

/// <summary>A user message in a mailbox.</summary>
internal sealed class Envelope(object message, IActorRef? sender)
{
    public readonly object Message = message;
    public readonly IActorRef? Sender = sender;
    public Envelope? Next;
}
