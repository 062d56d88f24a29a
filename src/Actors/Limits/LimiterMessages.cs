using System.Collections.Immutable;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Limits;

/// <summary>A run that wants slots: of all its limits or of none.</summary>
/// <param name="Ready">Since when it could run: the order of service within a priority.</param>
/// <param name="Own">
/// The size of its deployment's limit, the first of <paramref name="Limits"/>, as it was when the run was made; null if it has none. It bounds the
/// run when the deployment is deleted or declared without: a limit lives as long as a run that counts against it.
/// </param>
/// <param name="OnFull">What becomes of it when its deployment's limit is full; <see cref="OnFull.Queue"/> without such a limit.</param>
/// <param name="Requires">What labels its node has to have; null for any node.</param>
internal sealed record WaitingRun(
    Guid Run, ImmutableArray<string> Limits, int Priority, DateTimeOffset Ready, int? Own = null, OnFull OnFull = OnFull.Queue,
    NodeRequirements? Requires = null)
{
    /// <summary>Whether slots are of the limits that it asks for; where they are to wait with, of the first. Of nodes any will do.</summary>
    /// <param name="waitFor">The limit that it is to wait for with them; null if they are all it needs.</param>
    public bool AsksFor(ImmutableArray<Slot> slots, string? waitFor) =>
        slots.Select(slot => slot.Limit).Where(limit => LimitNames.KindOf(limit) != LimitKind.Node)
            .SequenceEqual(waitFor is null ? Limits : Limits.Take(1));

    /// <summary>The node where the run's own actor is, as the limiter sees who asks; null where that is not known.</summary>
    public string? Home { get; init; }
}

/// <summary>What others decide to tell the limiter: their actors only send it.</summary>
internal interface ILimiterMessage : IWireMessage, IRunIntent, IDeploymentIntent, ILimitIntent;

/// <summary>
/// Answered with SlotsGranted if every limit has room and nobody waits, else with SlotsRefused. A run that does not stand in its deployment's queue
/// and that only others of its limits hold up is granted its place in its deployment's, to wait with.
/// </summary>
internal sealed record AcquireSlots(WaitingRun Run) : ILimiterMessage;

/// <summary>The run's wait for this limit is durable: serve it when its turn comes.</summary>
internal sealed record WaitForSlot(WaitingRun Run, string Limit) : ILimiterMessage;

/// <summary>The run's wait is over, durably, or there was none.</summary>
internal sealed record StopWaiting(Guid Run) : ILimiterMessage;

/// <summary>Granted slots are taken, durably.</summary>
internal sealed record SlotsTaken(Guid Run, ImmutableArray<Slot> Slots) : ILimiterMessage;

/// <summary>Granted slots are not taken.</summary>
/// <param name="HeldByOthers">The store says that one of them has a holder: the limiter's memory is wrong.</param>
internal sealed record SlotsDeclined(Guid Run, ImmutableArray<Slot> Slots, bool HeldByOthers) : ILimiterMessage;

/// <summary>Held slots were given back, durably.</summary>
internal sealed record SlotsReleased(Guid Run, ImmutableArray<Slot> Slots) : ILimiterMessage;

/// <summary>The limiter's yes: these slots are kept for the run until it takes or declines them.</summary>
/// <param name="WaitFor">The limit that is full: the slots are not all that it needs, but those that it is to hold while it waits; null if it may
/// start.</param>
/// <param name="Node">The node that is to execute it; null in a grant of a place to wait with.</param>
/// <param name="Requires">
/// What who asked required of the node, in words; empty for nothing. A submission that came to nothing may have asked otherwise than the one after it
/// with the same id: this is its answer, if it differs. Null from limiters of before.
/// </param>
internal sealed record SlotsGranted(
    Guid Run, ImmutableArray<Slot> Slots, string? WaitFor = null, string? Node = null, string? Requires = null) : IRunMessage, IEntityCommand;

/// <summary>The limiter's «not now»: <paramref name="Limit"/> is full.</summary>
/// <param name="Ready">Since when the run that asked was ready: what tells the answer to an earlier attempt, which decides nothing; null in messages
/// of before.</param>
/// <param name="Why">Why, as a sentence, where the name of the limit does not say it; null where it does.</param>
internal sealed record SlotsRefused(Guid Run, string Limit, DateTimeOffset? Ready = null, string? Why = null) : IRunMessage, IEntityCommand;

/// <summary>The deployment's limit is full, and a newer run, which waits, is to have this one's place: said again until it has.</summary>
internal sealed record GiveWay(Guid Run, Guid To) : IRunMessage, IEntityCommand;

/// <summary>A granted slot turned out to be held: ask again.</summary>
internal sealed record SlotsConflicted(Guid Run) : IRunMessage, IEntityCommand;

/// <summary>A limit has another size, durably; null is none.</summary>
/// <param name="Ending">Whether it is deleted, and bounds as long as a run counts against it; <see cref="LimitUnused"/> answers then.</param>
internal sealed record LimitSizeChanged(string Limit, int? Size, bool Ending = false) : ILimiterMessage;

/// <summary>Nothing counts any more against a limit that was deleted.</summary>
internal sealed record LimitUnused(string Name) : ILimitMessage;
