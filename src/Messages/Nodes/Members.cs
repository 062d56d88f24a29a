using System.Collections.Immutable;

namespace Runner.Messages.Nodes;

/// <summary>The nodes of the cluster as the one that is asked knows them; of a node on its own, itself.</summary>
public sealed record ListNodes : IRequest<NodeList>, IWireMessage;

/// <summary>The members, by name.</summary>
public sealed record NodeList(ImmutableArray<NodeView> Items) : IWireMessage;

/// <summary>A node as it says of itself to the others, every second.</summary>
/// <param name="Running">How many runs it executes.</param>
/// <param name="ProcessLimit">How many it may execute at once now; 0 while its disk has too little room.</param>
/// <param name="Draining">Whether it takes no new programs, and leaves once it has none.</param>
/// <param name="SeesStore">Whether the store answered it a moment ago.</param>
/// <param name="Labels">What deployments may require of it.</param>
/// <param name="Api">Where its API is for others; null if only its own machine reaches it.</param>
public sealed record NodeView(
    string Name, int Running, int ProcessLimit, bool Draining, bool SeesStore, ImmutableSortedDictionary<string, string> Labels, string? Api);

/// <summary>
/// Give a node no new programs, and have it leave and end once those that it has have ended. Cannot be taken back: the node's next start takes
/// programs again.
/// </summary>
public sealed record DrainNode(string Name) : IRequest<NodeDraining>, IWireMessage;

/// <summary>The node takes no new programs.</summary>
/// <param name="Running">How many it still executes.</param>
public sealed record NodeDraining(string Name, int Running) : IWireMessage;
