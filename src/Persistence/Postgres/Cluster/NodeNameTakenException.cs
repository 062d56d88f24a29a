using Runner.Entities.Store;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>Another node of the cluster has this one's name and is alive. The message says where.</summary>
public sealed class NodeNameTakenException(string message, Exception? inner = null) : StoreException(message, inner);
