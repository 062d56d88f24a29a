using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>
/// One thing that can be wrong with a node. Asked whenever somebody wants to know, so it has to answer in milliseconds where all is well.
/// </summary>
public interface IHealthCheck
{
    /// <summary>A sentence: what is wrong and what to do, or that all is well. Does not throw for what it looks for.</summary>
    Task<HealthCheck> CheckAsync(CancellationToken cancel);
}
