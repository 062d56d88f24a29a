using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Stores;

/// <summary>A node's store, with what differs from one kind to another. Disposing of it closes it and lets other nodes have it.</summary>
internal interface INodeStore : IAsyncDisposable
{
    IEntityStore Entities { get; }

    /// <summary>Completes, with a sentence, when another node has taken the store over: this one can write nothing any more.</summary>
    Task<string> Lost { get; }

    /// <summary>What the nodes of a cluster have in common in it; null for a store that this node has alone.</summary>
    ClusterKeeper? Keeper => null;

    /// <summary>How many bytes it takes; null where that is not known now. Answers at once.</summary>
    long? Size();

    /// <summary>Copies it while the node works; complete, or nothing is left.</summary>
    /// <exception cref="StoreException">It cannot be copied now.</exception>
    /// <exception cref="BackupNotPossibleException">Another program has to do it.</exception>
    Task<StoreCopy> CopyToAsync(string folder, CancellationToken cancel);
}
