using Runner.Entities.Store;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Stores;

/// <summary>Opens the store that a node's settings say.</summary>
internal static class NodeStores
{
    /// <exception cref="NodeStartException">It cannot be opened, or another node has it; nothing is left of the attempt.</exception>
    public static async Task<INodeStore> OpenAsync(NodeStart start)
    {
        try
        {
            return start.Options.StoreKind switch
            {
                StoreKind.PostgreSql => await PostgresNodeStore.OpenAsync(start).ConfigureAwait(false),
                StoreKind.Sqlite => await SqliteNodeStore.OpenAsync(start).ConfigureAwait(false),
            };
        }
        catch (StoreException e)
        {
            throw new NodeStartException(e.Message, e);
        }
    }
}
