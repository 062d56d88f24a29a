using System.Collections.Immutable;
using Runner.Messages;

namespace Runner.Actors.Members;

/// <summary>A node sends the changes of its runs from now on, since it has heard that somebody follows them.</summary>
/// <param name="Name">Which node.</param>
internal sealed record ChangesFollow(string Name) : IWireMessage;

/// <summary>
/// What a node says of itself to the other members, every second and at each change: the limiter places programs by it, and whoever looks after a
/// run finds the node that has its process.
/// </summary>
/// <param name="Name">Under which its attempts stand in runs' histories.</param>
/// <param name="Size">How many programs it may run at once now; 0 while its disk is full.</param>
/// <param name="Labels">What a deployment's <c>requires</c> is held against.</param>
internal sealed record NodeHere(string Name, int Size, ImmutableSortedDictionary<string, string> Labels) : IWireMessage
{
    /// <summary>Whether it takes no new programs, since it is about to leave.</summary>
    public bool Draining { get; init; }

    /// <summary>Whether the store has answered it lately.</summary>
    public bool SeesStore { get; init; } = true;

    /// <summary>Whether somebody there waits to hear of changes of runs.</summary>
    public bool Follows { get; init; }

    /// <summary>Where its API is; null where that is not known.</summary>
    public string? ApiUrl { get; init; }

    /// <summary>How many runs it executes; not worth a word of its own when it changes.</summary>
    public int Running { get; init; }

    /// <summary>
    /// When it says this, by a clock that only it reads: what others ask of it with this is as old as that at least. Null from nodes of before.
    /// </summary>
    public TimeSpan? SaidAt { get; init; }

    /// <summary>How many programs it may begin now.</summary>
    public int Room => Draining ? 0 : Size;

    /// <summary>Whether another one says the same.</summary>
    public bool SaysAs(NodeHere? other) =>
        other is not null && (Name, Size, Draining, SeesStore, Follows, ApiUrl) == (other.Name, other.Size, other.Draining, other.SeesStore,
            other.Follows, other.ApiUrl) && (ReferenceEquals(Labels, other.Labels) || Labels.SequenceEqual(other.Labels));
}
