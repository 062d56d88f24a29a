using Runner.Actors.FlowRunners;
using Runner.Actors.Retention;

namespace Runner.Simulation;

/// <summary>The files that attempts leave: one each, of a byte, which live on whatever happens to the node.</summary>
internal sealed class SimulatedRunOutput(SimulatedProcesses machine) : IRunOutput
{
    /// <inheritdoc/>
    public Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs) => Count(runs, machine.HasFile);

    /// <inheritdoc/>
    public Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs) => Count(runs, machine.DeleteFile);

    private static Task<OutputSize> Count(IReadOnlyCollection<RunAttempts> runs, Predicate<AttemptKey> isThere) => Task.FromResult(new OutputSize(
        runs.Sum(run => Enumerable.Range(1, run.Attempts).LongCount(attempt => isThere(new AttemptKey(run.Run, attempt)))), [], null));
}
