using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>
/// The programs of a node that is cut off from its cluster. Those of deployments that have them tried again elsewhere are ended in time, by SIGTERM
/// and after their grace time SIGKILL: the others begin after that (<see cref="LostNode"/>). All the rest go on.
/// </summary>
public sealed class IsolatedPrograms : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ITimer> _timers = [];
    private readonly IFlowRunner _flowRunner;
    private bool _isOver;

    /// <param name="attempts">Those that the node has as it is cut off; it begins no others.</param>
    internal IsolatedPrograms(IEnumerable<CountedAttempt> attempts, IFlowRunner flowRunner, TimeProvider time)
    {
        _flowRunner = flowRunner;
        foreach (var attempt in attempts)
        {
            if (attempt.EndsAfter is { } after)
            {
                _timers.Add(time.CreateTimer(_ => Stop(attempt, StopSignal.Terminate), null, after, Timeout.InfiniteTimeSpan));
                _timers.Add(time.CreateTimer(_ => Stop(attempt, StopSignal.Kill), null, after + attempt.Grace, Timeout.InfiniteTimeSpan));
            }
        }
    }

    /// <summary>The node is a member again: what still runs goes on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _timers.ForEach(timer => timer.Dispose());
        }
    }

    private void Stop(CountedAttempt attempt, StopSignal signal)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _flowRunner.Stop(attempt.Key, signal);
            }
        }
    }
}
