using System.Collections.Immutable;

namespace Runner.Messages.Limits;

/// <summary>A command about one named limit.</summary>
public interface ILimitMessage : IWireMessage
{
    string Name { get; }
}

/// <summary>Creates a limit or changes its size. Lowering ends nothing; raising wakes waiters. Answered with <see cref="LimitChanged"/>.</summary>
/// <param name="Size">1 to 1,000,000.</param>
public sealed record SetLimit(string Name, int Size) : ILimitMessage, IRequest<LimitChanged>;

/// <summary>
/// Deletes a limit. While runs hold a slot of it or wait, it bounds them and whoever comes meanwhile, and is gone after the last one; with nobody it
/// is gone at once. Answered with <see cref="LimitChanged"/> or a refusal.
/// </summary>
public sealed record DeleteLimit(string Name) : ILimitMessage, IRequest<LimitChanged>;

/// <summary>Answer to <see cref="SetLimit"/> and <see cref="DeleteLimit"/>.</summary>
/// <param name="Changed">False if it was so already.</param>
public sealed record LimitChanged(string Name, int? Size, bool Changed) : IWireMessage;

/// <summary>Asks for the limits that are set or in use, by name. Answered with <see cref="LimitPage"/>.</summary>
/// <param name="Limit">1 to 1,000: how many of them at most.</param>
/// <param name="After">Those after this one; null for the first.</param>
public sealed record ListLimits(int Limit = Http.Pages.Limits, string? After = null) : IRequest<LimitPage>, IWireMessage;

/// <summary>A page of limits by name.</summary>
/// <param name="Next">Pass as <c>after</c> for the next page; null if this is the last.</param>
public sealed record LimitPage(ImmutableArray<LimitView> Items, string? Next) : IWireMessage, Http.IPage<LimitView>;

/// <summary>What a limit bounds.</summary>
public enum LimitKind
{
    /// <summary>A limit named in deployments' <c>limits</c>.</summary>
    Named,

    /// <summary>A deployment's own <c>concurrency</c>.</summary>
    Deployment,

    /// <summary>A node's processes.</summary>
    Node,
}

/// <summary>A limit as it stands.</summary>
/// <param name="Size">Null if no size has been set: it counts and does not bound.</param>
/// <param name="Holders">Up to 100 of the runs that hold a slot.</param>
/// <param name="Waiters">Up to 100 of the waiting runs, in the order in which they will be served.</param>
/// <param name="MoreWaiting">Whether there are waiters beyond those.</param>
/// <param name="Ending">Whether it was taken away, and bounds those that still count against it.</param>
public sealed record LimitView(
    string Name, LimitKind Kind, int? Size, int Held, ImmutableArray<LimitHolder> Holders, ImmutableArray<Guid> Waiters, bool MoreWaiting,
    bool Ending = false);

/// <summary>A run that holds a slot.</summary>
public sealed record LimitHolder(Guid Run, int Slot);

/// <summary>An event of the limiter.</summary>
public interface ILimitEvent;

public sealed record LimitSet(string Name, int Size) : ILimitEvent;

/// <summary>It is deleted, and bounds what counts against it until nothing does.</summary>
public sealed record LimitEnding(string Name) : ILimitEvent;

public sealed record LimitDeleted(string Name) : ILimitEvent;
