using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host;

/// <summary>Puts a node together: store, flow runner, actors.</summary>
internal static class NodeComposition
{
    /// <exception cref="NodeStartException">The store cannot be opened.</exception>
    public static Task<StartedNode> StartAsync(NodeStart start, CancellationToken cancel) =>
        throw new NodeStartException("This build has no node in it.");
}
