using System.Collections.Immutable;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>
/// The programs of a node that is cut off from its cluster. Those of deployments that have them tried again elsewhere are ended in time, by SIGTERM
/// and after their grace time SIGKILL: the others begin after that (<see cref="LostNode"/>). All the rest go on. So does, once the node is a member
/// again, what its run asks for: one that has not heard that the node is back takes its program for ended, and nothing else would end it.
/// </summary>
public sealed class IsolatedPrograms : IDisposable
{
    /// <summary>
    /// How long runs have to ask for their programs once the node is back: it says so every second, and they look every 5 s.
    /// <see cref="LostNode.Margin"/> has room for it.
    /// </summary>
    private static readonly TimeSpan AskedWithin = TimeSpan.FromSeconds(10);

    /// <summary>The grace time of a program of which only the flow runner knows.</summary>
    private static readonly TimeSpan UnknownGrace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly ImmutableArray<CountedAttempt> _attempts;
    private readonly List<ITimer> _timers = [];
    private readonly IFlowRunner _flowRunner;
    private readonly TimeProvider _time;
    private Predicate<AttemptKey>? _isAskedFor;
    private long _backSince;
    private bool _isOver;

    /// <param name="attempts">Those that the node has as it is cut off; it begins no others.</param>
    internal IsolatedPrograms(IEnumerable<CountedAttempt> attempts, IFlowRunner flowRunner, TimeProvider time)
    {
        (_flowRunner, _time, _attempts) = (flowRunner, time, [.. attempts]);
        foreach (var attempt in _attempts)
        {
            if (attempt.EndsAfter is { } after)
            {
                StopAfter(attempt, after);
            }
        }
    }

    /// <summary>The node is a member again.</summary>
    /// <param name="isAskedFor">Whether the run of an attempt has asked this life of the node for it.</param>
    internal void Back(Predicate<AttemptKey> isAskedFor)
    {
        lock (_lock)
        {
            (_isAskedFor, _backSince) = (isAskedFor, _time.GetTimestamp());
        }
    }

    /// <summary>
    /// The node is being stopped before it is a member again, and no run can decide that its program is to end: all that are alive get SIGTERM, and
    /// SIGKILL after their grace time.
    /// </summary>
    /// <returns>Completes when none is alive, or when each has had SIGKILL for a while.</returns>
    public async Task EndAllAsync()
    {
        if (_flowRunner is not ILiveAttempts alive)
        {
            return;
        }

        var began = _time.GetTimestamp();
        var left = alive.Live.ToDictionary(key => key, key => _attempts.FirstOrDefault(a => a.Key == key)?.Grace ?? UnknownGrace);
        foreach (var key in left.Keys)
        {
            _flowRunner.Stop(key, StopSignal.Terminate);
        }

        var longest = left.Values.DefaultIfEmpty().Max() + LastPrograms.Commits;
        while (alive.Live.Count > 0 && _time.GetElapsedTime(began) < longest)
        {
            foreach (var key in alive.Live.Where(key => _time.GetElapsedTime(began) >= left.GetValueOrDefault(key)))
            {
                _flowRunner.Stop(key, StopSignal.Kill);
            }

            await Task.Delay(LastPrograms.Pause, _time).ConfigureAwait(false);
        }
    }

    /// <summary>Whatever still runs goes on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _timers.ForEach(timer => timer.Dispose());
        }
    }

    private void StopAfter(CountedAttempt attempt, TimeSpan after)
    {
        _timers.Add(_time.CreateTimer(_ => Stop(attempt), null, after, Timeout.InfiniteTimeSpan));
    }

    private void Stop(CountedAttempt attempt)
    {
        lock (_lock)
        {
            if (_isOver || _isAskedFor?.Invoke(attempt.Key) == true)
            {
                return;
            }

            if (_isAskedFor is not null && AskedWithin - _time.GetElapsedTime(_backSince) is var left && left > TimeSpan.Zero)
            {
                StopAfter(attempt, left);
                return;
            }

            _flowRunner.Stop(attempt.Key, StopSignal.Terminate);
            _timers.Add(_time.CreateTimer(_ => Kill(attempt), null, attempt.Grace, Timeout.InfiniteTimeSpan));
        }
    }

    private void Kill(CountedAttempt attempt)
    {
        lock (_lock)
        {
            if (!_isOver && _isAskedFor?.Invoke(attempt.Key) != true)
            {
                _flowRunner.Stop(attempt.Key, StopSignal.Kill);
            }
        }
    }
}
