using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

internal enum PendingStep : byte
{
    None,
    Creation,
    Recreation,
    Termination,
}

/// <summary>What an actor needs only once it has children, watches, timers or a failure. Most actors never have one.</summary>
internal sealed class CellExtras
{
    public ChildSet Children { get; } = new();

    /// <summary>Children told to stop; a restart waits for these.</summary>
    public HashSet<ActorCell> Dying { get; } = [];

    /// <summary>Whom this actor watches, with the message asked for (null: Terminated).</summary>
    public Dictionary<IActorRef, object?>? Watching { get; set; }

    /// <summary>Terminated messages queued and not yet handled; Unwatch takes them back.</summary>
    public Dictionary<IActorRef, TerminatedNotice>? Notices { get; set; }

    public HashSet<IInternalRef>? WatchedBy { get; set; }

    public ActorTimers? Timers { get; set; }

    public ActorStash? Stash { get; set; }

    /// <summary>Last envelope of the held batch while suspended; null when not known.</summary>
    public Envelope? HeldTail { get; set; }

    public PendingStep Pending { get; set; }

    public Exception? RestartCause { get; set; }

    public bool Failed { get; set; }

    public object? FailedMessage { get; set; }

    /// <summary>The child whose escalated failure became this actor's.</summary>
    public ActorCell? Perpetrator { get; set; }

    /// <summary>Children that escalated while this actor had failed already.</summary>
    public List<ActorCell>? AlsoFailed { get; set; }

    public Dictionary<ActorCell, RestartStatistics>? RestartStatistics { get; set; }

    public TimeSpan? ReceiveTimeout { get; set; }

    public long ReceiveTimeoutGeneration { get; set; }

    public long LastActivity { get; set; }

    public ICancelable? ReceiveTimeoutTimer { get; set; }
}
