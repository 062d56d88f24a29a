using System.Collections.Immutable;
using Runner.Actors;
using Runner.Actors.Nodes.Health;
using Runner.Host.Backup;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Host.Http;

/// <summary>
/// The node behind the API. The API listens before the node is there (its address has to be known to the programs that the node starts
/// first of all) and after it has stopped, and says so meanwhile.
/// </summary>
internal sealed class NodeSlot : IDisposable
{
    private volatile IRunnerNode? _node;
    private volatile RunSignals? _signals;
    private volatile bool _stopping;

    public bool IsStopping => _stopping;

    /// <summary>Whether requests reach the node.</summary>
    public bool IsFilled => _node is not null;

    /// <exception cref="RequestRefusedException">The node is still starting.</exception>
    public IRunnerNode Node => _node ?? throw Starting();

    /// <exception cref="RequestRefusedException">The node is still starting.</exception>
    public RunSignals Signals => _signals ?? throw Starting();

    public NodeInfo? Info { get; private set; }

    /// <summary>Copies the node's store; null before it is there, and for a node that has none to copy.</summary>
    public StoreCopier? Copy { get; private set; }

    /// <summary>What can be wrong with the node that it does not say itself; none before it is there.</summary>
    public ImmutableArray<IHealthCheck> Checks { get; private set; } = [];

    /// <summary>From now on requests reach the node.</summary>
    public void Fill(IRunnerNode node, NodeInfo info, StoreCopier? copy = null, ImmutableArray<IHealthCheck> checks = default)
    {
        Checks = checks.IsDefault ? [] : checks;
        Info = info;
        Copy = copy;
        _signals = new RunSignals(node);
        _node = node;
    }

    /// <summary>From now on nothing is taken that would make work.</summary>
    public void BeginStop() => _stopping = true;

    /// <exception cref="RequestRefusedException">The node is being stopped, or is still starting.</exception>
    public void CheckTakesWork() => _ = _stopping ? throw new RequestRefusedException(new NodeStopping()) : Node;

    public void Dispose() => _signals?.Dispose();

    private static RequestRefusedException Starting() =>
        new(StatusCodes.Status503ServiceUnavailable, "node-starting", "This node is starting. Try again in a moment.");
}
