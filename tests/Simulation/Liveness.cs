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
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(4);

    private readonly Dictionary<string, int> _suspects = [];

    /// <summary>Something has happened that explains waiting.</summary>
    public void Disturbed() => _suspects.Clear();

    public void Begin() => world.Schedule(LookEvery, () =>
    {
        Look();
        Begin();
    });

    private void Look()
    {
        if (world.Node is null or { Stopping: true } || world.Store.TroubleUntil + LookEvery > world.Elapsed + TimeSpan.FromMinutes(3))
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
                world.Fail("whatever can go on goes on", $"{suspect}, for {times * LookEvery} now");
            }
        }
    }

    private IEnumerable<string> Idle()
    {
        var limits = world.Ledger.Limits;
        foreach (var run in world.Ledger.OpenRuns.Values)
        {
            var state = run.State;
            switch (state.Phase)
            {
                case RunPhase.AwaitingSlot when RunLimits.Of(state.Scheduled!).Add(LimitNames.Node(World.NodeName))
                    .All(limit => state.Slots.Any(slot => slot.Limit == limit) || limits.HasRoom(limit)):
                    yield return $"run {run.Id} awaits a slot of {state.WaitingFor} and every limit of it has room (commit {run.Sequence})";
                    break;
                case RunPhase.Scheduled or RunPhase.AwaitingRetry when state.ReadyAt < world.Wall:
                    yield return $"run {run.Id} is ready since {state.ReadyAt:O} and is {state.Phase} (commit {run.Sequence})";
                    break;
                case RunPhase.Submitting or RunPhase.Running or RunPhase.Stopping when run.LiveProcess is null:
                    yield return $"run {run.Id} is {state.Phase} and has no process (commit {run.Sequence})";
                    break;
                case RunPhase.Running when world.Elapsed - run.ProcessSince > state.Recipe.Timeout + world.Stepped:
                    yield return $"run {run.Id} overruns its timeout, alive since {run.ProcessSince} (commit {run.Sequence})";
                    break;
                default:
                    break;
            }
        }

        foreach (var (name, deployment) in world.Ledger.Deployments)
        {
            if (deployment.State.NextRun < world.Wall)
            {
                yield return $"deployment {name} is due since {deployment.State.NextRun:O} (commit {deployment.Sequence})";
            }
            else if (deployment.State.CancelsRuns)
            {
                yield return $"deployment {name} has runs to cancel";
            }
        }
    }
}
