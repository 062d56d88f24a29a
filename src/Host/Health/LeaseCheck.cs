using Runner.Actors.Nodes.Health;
using Runner.Host.Configuration;
using Runner.Messages.Nodes;

namespace Runner.Host.Health;

/// <summary>Whether the data folder is still this node's: the lease of a node without others.</summary>
internal sealed class LeaseCheck(DataDirectory data) : IHealthCheck
{
    public Task<HealthCheck> CheckAsync(CancellationToken cancel) => Task.FromResult(data.IsHeld()
        ? new HealthCheck("lease", true, $"The data folder {data.FullPath} is this node's.")
        : new HealthCheck(
            "lease", false,
            $"The data folder {data.FullPath} is not this node's any more: it or its lock was moved, deleted or replaced. "
            + "Stop this node, put the folder back, and start it again."));
}
