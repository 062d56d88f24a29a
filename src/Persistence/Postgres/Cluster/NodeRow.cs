using System.Collections.Immutable;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>How far a node is with being a member of its cluster.</summary>
public enum NodeStatus
{
    /// <summary>It has started and looks for the others.</summary>
    Joining,

    /// <summary>It is a member: others may join at its address.</summary>
    Up,

    /// <summary>It is on its way out.</summary>
    Leaving,
}

/// <summary>What a node of a cluster says of itself in the database.</summary>
/// <param name="Name">Its name; of one name there is one node.</param>
/// <param name="Owner">
/// Which life of it: <c>host:port#uid</c>. With the same host and port, another uid is a later life of the same node.
/// </param>
/// <param name="Address">Under which the other nodes reach it.</param>
/// <param name="Api">Where its HTTP interface is; null if it has none for others.</param>
/// <param name="Cluster">The cluster it is of, or joins; null as long as it does not know.</param>
/// <param name="Labels">What it has, by name.</param>
/// <param name="ProcessLimit">How many processes it runs at once.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Protocol">The number of the protocol it speaks with other nodes.</param>
/// <param name="EventKinds">The events it can read, as <c>name/version</c>.</param>
public sealed record NodeRow(
    string Name, string Owner, string Address, string? Api, Guid? Cluster, NodeStatus Status, ImmutableSortedDictionary<string, string> Labels,
    int ProcessLimit, string Version, int Protocol, ImmutableArray<string> EventKinds)
{
    /// <summary>What every life of the node at this address has its owner begin with: <c>host:port#</c>.</summary>
    internal string OwnerPrefix => Owner[..(Owner.LastIndexOf('#') + 1)];
}

/// <summary>A node as the database has it.</summary>
/// <param name="HeardAgo">How long ago it was last heard of, by the database's clock.</param>
public sealed record NodeSeen(NodeRow Row, TimeSpan HeardAgo);

/// <summary>Who has the database.</summary>
/// <param name="Owner">A cluster, or a node on its own.</param>
/// <param name="Cluster">The cluster; null for a node on its own.</param>
/// <param name="Host">The machine of the node on its own, or of the one that formed the cluster.</param>
/// <param name="Process">Its process there.</param>
/// <param name="Left">How long nobody else may take it, if it is not renewed; zero or less if it has expired.</param>
public sealed record DatabaseHolder(string Owner, Guid? Cluster, string Host, int Process, TimeSpan Left)
{
    public bool IsExpired => Left <= TimeSpan.Zero;
}

/// <summary>A cluster as its database has it at one instant.</summary>
/// <param name="Now">The time by the database's clock.</param>
/// <param name="Holder">Who has the database; null if nobody ever had, or it was given back.</param>
/// <param name="Nodes">All nodes that have announced themselves and were not withdrawn, by name, the dead among them.</param>
public sealed record ClusterView(DateTimeOffset Now, DatabaseHolder? Holder, ImmutableArray<NodeSeen> Nodes);
