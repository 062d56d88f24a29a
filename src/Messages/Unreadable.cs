namespace Runner.Messages;

/// <summary>
/// An entity rests, because something of what is kept of it cannot be read: nothing of it is done until that is mended. Nothing has changed.
/// </summary>
/// <param name="Entity">Kind and id, as `runner journal skip` takes them: <c>FlowRun/0192…</c>.</param>
/// <param name="Sequence">The number of its event, or of the event that its snapshot stands for; 0 if not even that can be read.</param>
/// <param name="Detail">What is wrong with it, in a sentence without its full stop.</param>
public sealed record EntityUnreadable(string Entity, long Sequence, string Detail)
    : Refusal("entity-unreadable", $"{UnreadableWords.What(Entity, Sequence, Detail)} {UnreadableWords.WhatToDo(Entity, Sequence)}");

/// <summary>An event that was to be skipped was not; nothing was written.</summary>
public sealed record SkipRefused(string Entity, long Sequence, string Detail)
    : Refusal("skip-refused", $"Event {Sequence} of {Entity} is not skipped: {Detail}");

/// <summary>What is said of an entity that cannot be read, wherever it is said.</summary>
public static class UnreadableWords
{
    private static readonly System.Buffers.SearchValues<char> OfShells = System.Buffers.SearchValues.Create(" '\"$`\\*?<>|&;()");

    /// <summary>What cannot be read, and why.</summary>
    public static string What(string entity, long sequence, string detail) => sequence > 0
        ? $"{entity} cannot be read and rests: its event {sequence} {detail}."
        : $"{entity} cannot be read and rests: {detail}.";

    /// <summary>The two ways out.</summary>
    public static string WhatToDo(string entity, long sequence) => sequence > 0
        ? $"Restore a backup from before the damage (`runner restore`), or leave the event out with `{SkipCommand(entity, sequence)}`."
        : "Restore a backup from before the damage (`runner restore`).";

    /// <summary>The command that leaves an event out.</summary>
    public static string SkipCommand(string entity, long sequence) =>
        $"runner journal skip {(entity.AsSpan().ContainsAny(OfShells) ? $"'{entity.Replace("'", @"'\''", StringComparison.Ordinal)}'" : entity)} "
        + $"{sequence}";
}

/// <summary>
/// Asks an entity that rests to leave out the event that keeps it from being read: a marker takes its place, and what follows from the others
/// is written anew. Answered with <see cref="EventSkipped"/> or a refusal.
/// </summary>
/// <param name="Entity">Kind and id.</param>
/// <param name="Reason">Kept in the marker.</param>
public sealed record SkipEvent(string Entity, long Sequence, string? Reason = null) : IWireMessage, IRequest<EventSkipped>;

/// <summary>Answer to <see cref="SkipEvent"/>.</summary>
/// <param name="State">What the entity is now, in a sentence.</param>
/// <param name="NextUnreadable">The number of the next of its events that cannot be read, so that it rests still; null if it can be read.</param>
public sealed record EventSkipped(string Entity, long Sequence, string State, long? NextUnreadable = null) : IWireMessage;

/// <summary>
/// In the place of an event that was skipped. It changes nothing and keeps the number.
/// </summary>
/// <param name="At">When it was skipped.</param>
/// <param name="Detail">Why the event could not be read.</param>
/// <param name="Reason">What whoever skipped it said.</param>
/// <param name="Name">The event's name and version as they stood there; null if there was no event of the number.</param>
/// <param name="Payload">Its bytes as they stood there; null if there was no event of the number.</param>
public sealed record SkippedEvent(DateTimeOffset At, string Detail, string? Reason, string? Name, byte[]? Payload);
