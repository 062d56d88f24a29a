using Runner.Actors;
using Runner.Actors.FlowRuns;

namespace Runner.Simulation;

/// <summary>
/// Looks every few minutes for what stands still though nothing hinders it. Only what is found three times in a row, with one life of the
/// node and no fault in between, counts.
/// </summary>
internal sealed class Liveness(World world)
{
    private const int Suspicions = 3;
    private readonly TimeSpan _lookEvery = world.Options.Nodes is null ? TimeSpan.FromMinutes(4) : TimeSpan.FromSeconds(45);

    private readonly Dictionary<string, int> _suspects = [];

    /// <summary>Something has happened that explains waiting.</summary>
    public void Disturbed() => _suspects.Clear();

    public void Begin() => world.Schedule(_lookEvery, () =>
    {
        Look();
        Begin();
    });

    private void Look()
    {
        if (!world.IsServed || world.Store.TroubleUntil + TimeSpan.FromMinutes(1) > world.Elapsed)
        {
            Disturbed();
            return;
        }

        var found = Idle().ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _suspects.Keys.Where(s => !found.Contains(s)).ToArray())
        {
            _suspects.Remove(gone);
        }

        foreach (var suspect in found)
        {
            var times = _suspects[suspect] = _suspects.GetValueOrDefault(suspect) + 1;
            if (times == Suspicions)
            {
                world.Fail("whatever can go on goes on", $"{suspect}, for {times * _lookEvery} now");
            }
        }
    }

    /// <summary>Whether what becomes of a run is known only when its node is back.</summary>
    private bool IsWithAbsentNode(RunRecord run) => run.State.HasProcess && !world.IsUp(run.State.Node);

    /// <summary>Whether a node has room for a run.</summary>
    private bool HasPlace(RunRecord run) => world.Places.Any(place =>
        run.State.Recipe.Requires?.AcceptedBy(place.Labels) != false && world.Ledger.Limits.HasRoom(LimitNames.Node(place.Name)));

    private IEnumerable<string> Idle()
    {
        var limits = world.Ledger.Limits;
        foreach (var run in world.Ledger.OpenRuns.Values)
        {
            var state = run.State;
            switch (state.Phase)
            {
                case RunPhase.AwaitingSlot when HasPlace(run)
                    && RunLimits.Of(state.Scheduled!).All(limit => state.Slots.Any(slot => slot.Limit == limit) || limits.HasRoom(limit)):
                    yield return $"run {run.Id} awaits a slot of {state.WaitingFor} and every limit of it has room (commit {run.Sequence})";
                    break;
                case RunPhase.Scheduled or RunPhase.AwaitingRetry when state.ReadyAt < world.EarliestWall:
                    yield return $"run {run.Id} is ready since {state.ReadyAt:O} and is {state.Phase} (commit {run.Sequence})";
                    break;
                case RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping when run.LiveProcess is null && world.IsUp(state.Node):
                    yield return $"run {run.Id} is {state.Phase} and has no process (commit {run.Sequence})";
                    break;
                case RunPhase.Running when world.IsUp(state.Node) && world.Elapsed - run.ProcessSince > state.Recipe.Timeout + world.Stepped:
                    yield return $"run {run.Id} overruns its timeout, alive since {run.ProcessSince} (commit {run.Sequence})";
                    break;
                default:
                    break;
            }
        }

        foreach (var (name, deployment) in world.Ledger.Deployments)
        {
            if (deployment.State.NextRun < world.EarliestWall)
            {
                yield return $"deployment {name} is due since {deployment.State.NextRun:O} (commit {deployment.Sequence})";
            }
            else if (deployment.State.CancelsRuns && !world.Ledger.OpenRuns.Values.Any(
                run => run.State.Scheduled!.Deployment == name && IsWithAbsentNode(run)))
            {
                yield return $"deployment {name} has runs to cancel";
            }
        }
    }
}
