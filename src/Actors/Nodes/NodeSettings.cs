using System.Collections.Immutable;
using Runner.Actors.Retention;
using Runner.Actors.Telemetry;

namespace Runner.Actors.Nodes;

/// <summary>What a node is told about itself.</summary>
/// <param name="Name">Names the node in its runs' histories and in its own limit.</param>
/// <param name="ProcessLimit">How many processes it runs at once, from 1.</param>
/// <param name="ApiVariables">The variables that lead a run's program to this node's API; called for each attempt.</param>
public sealed record NodeSettings(
    string Name, int ProcessLimit, Func<Guid, IEnumerable<KeyValuePair<string, string?>>> ApiVariables)
{
    /// <summary>
    /// Whether other nodes, of other names, work on the same store. If not, every attempt in it is this node's own, whatever it was
    /// called when it began it.
    /// </summary>
    public bool StoreIsShared { get; init; }

    /// <summary>What a deployment's <c>requires</c> is held against.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Where other nodes and their users find its API; null where nobody needs to.</summary>
    public string? ApiUrl { get; init; }

    /// <summary>Whether it is to leave.</summary>
    public Drain Drain { get; init; } = new();

    /// <summary>Whether the store has answered lately, as the other nodes are told; called every second.</summary>
    public Func<bool> SeesStore { get; init; } = () => true;

    /// <summary>
    /// Whether none of the node's leases is overdue or was lost just now, as they are after the node has stood still: asked before each program that
    /// begins. On its own a node needs none.
    /// </summary>
    public Func<bool> HoldsLeases { get; init; } = static () => true;

    /// <summary>
    /// Whether every node can read a kind of event (<see cref="Messages.Serialization.EventCatalog.Newer"/>) or message: asked each time before one
    /// of a newer kind is written or sent. On its own a node knows what it writes.
    /// </summary>
    public Func<string, bool> AllKnow { get; init; } = static _ => true;

    /// <summary>How much of its disk the node leaves free; null if it does not look.</summary>
    public FreeSpaceRule? FreeSpace { get; init; }

    /// <summary>How long an entity with nothing to do stays in memory, unless too many others come after it.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Which ended runs are kept.</summary>
    public RetentionSettings Retention { get; init; } = RetentionSettings.KeepEverything;

    /// <summary>Where the node measures and traces; null does neither. Stays the caller's to dispose, after the node has stopped.</summary>
    public NodeTelemetry? Telemetry { get; init; }

    /// <summary>How many requests of applications that speak Akka.NET the node takes at once.</summary>
    public int RequestsAtOnce { get; init; } = 1000;

    /// <summary>How long a caller waits for an answer before it is told that the node is too busy.</summary>
    public TimeSpan AskTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
