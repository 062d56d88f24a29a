using Runner.Actors.FlowRunners;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>That of a node of a cluster, which can say as well what it has, and end all of it: its stop goes on without its actors.</summary>
internal sealed class ClusterFlowRunner(SimulatedProcesses machine, SimulatedNode node) : SimulatedFlowRunner(machine, node), ILiveAttempts, IKillsAll
{
    /// <inheritdoc/>
    public IReadOnlyCollection<AttemptKey> Live => [.. All.Where(IsLive)];

    /// <inheritdoc/>
    public void KillAll()
    {
        foreach (var key in All)
        {
            Stop(key, StopSignal.Kill);
        }
    }
}
