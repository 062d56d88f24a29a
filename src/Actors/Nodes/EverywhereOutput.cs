using Runner.Actors.Members;
using Runner.Actors.Retention;

namespace Runner.Actors.Nodes;

/// <summary>
/// The output of attempts in a cluster, where each lies on the node that executed it: this node's is deleted here, and the others are told. What is
/// measured is this node's alone. A node that is not here keeps what it has.
/// </summary>
internal sealed class EverywhereOutput(IRunOutput here, NodeDirectory nodes) : IRunOutput
{
    /// <inheritdoc/>
    public Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs) => here.MeasureAsync(runs);

    /// <inheritdoc/>
    public Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs)
    {
        nodes.TellOthers(new EraseOutput([.. runs]));
        return here.DeleteAsync(runs);
    }
}
