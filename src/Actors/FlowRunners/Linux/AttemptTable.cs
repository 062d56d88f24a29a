using System.Collections.Concurrent;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// The attempts of this flow runner that have not ended, how they end, and what became of those whose end nobody has confirmed yet.
/// </summary>
internal sealed class AttemptTable(RunFiles files, ILogger log)
{
    private readonly ConcurrentDictionary<AttemptKey, TrackedAttempt> _attempts = new();
    private readonly ConcurrentDictionary<AttemptKey, Action<IProcessObserver>> _ended = new();

    public RunFiles Files => files;

    public ILogger Log => log;

    public ICollection<TrackedAttempt> All => _attempts.Values;

    /// <summary>The attempts that have a process.</summary>
    public IReadOnlyCollection<AttemptKey> Live => [.. _attempts.Where(a => a.Value.State == TrackedAttempt.Phase.Running).Select(a => a.Key)];

    /// <summary>
    /// The attempt to start or recover; null if it is there already: then the observer takes the place of the former one (its
    /// actor was restarted) and is told what that one had been told. So it is of one that has ended and is not forgotten.
    /// </summary>
    public TrackedAttempt? Add(ProcessSpec spec, IProcessObserver observer)
    {
        var attempt = new TrackedAttempt(spec, observer, log);
        while (!_attempts.TryAdd(spec.Key, attempt))
        {
            if (Find(spec.Key) is not { } existing)
            {
                continue;
            }

            lock (existing.Gate)
            {
                if (existing.State == TrackedAttempt.Phase.Ended)
                {
                    continue;
                }

                existing.Observer = observer;
                if (existing is { State: TrackedAttempt.Phase.Running, Handle: { } handle })
                {
                    existing.Report(o => o.Started(handle));
                }
            }

            return null;
        }

        // Looked at only now: an attempt is among the ended before it leaves the others.
        if (_ended.TryGetValue(spec.Key, out var last))
        {
            attempt.Report(last);
            _attempts.TryRemove(KeyValuePair.Create(attempt.Key, attempt));
            return null;
        }

        return attempt;
    }

    /// <summary>What became of the attempt is known for good.</summary>
    public void Forget(AttemptKey key)
    {
        _ended.TryRemove(key, out _);
        files.OfUsers?.Forget(key);
    }

    public TrackedAttempt? Find(AttemptKey key) => _attempts.GetValueOrDefault(key);

    /// <summary>Ends the record of an attempt of which there is no process, with the report that says so.</summary>
    /// <param name="isKept">Whether whoever starts or recovers the attempt again is told the same; not if it never was, and may be started
    /// yet.</param>
    public void Drop(TrackedAttempt attempt, Action<IProcessObserver> report, bool isKept = false)
    {
        lock (attempt.Gate)
        {
            attempt.State = TrackedAttempt.Phase.Ended;
            if (isKept)
            {
                _ended[attempt.Key] = report;
            }

            _attempts.TryRemove(KeyValuePair.Create(attempt.Key, attempt));
            attempt.Report(report);
        }
    }

    /// <summary>Reports the end of an attempt whose process is gone, with what it left in its result file. Call under its gate.</summary>
    public void End(TrackedAttempt attempt, ProcessExit exit)
    {
        if (attempt.PidFd >= 0)
        {
            _ = Close(attempt.PidFd);
            attempt.PidFd = -1;
        }

        var (result, problem) = ResultFile.Read(files, attempt.Spec);
        Drop(attempt, o => o.Ended(new ProcessOutcome(exit, attempt.StopSent, result, problem)), isKept: true);
    }

    /// <summary>
    /// Ends an attempt whose leader has ended. What is left of a child's group is killed first, while the unreaped leader keeps
    /// the group's number from being used again. Call under its gate.
    /// </summary>
    public void EndWithLeader(TrackedAttempt attempt)
    {
        var handle = attempt.Handle!;
        if (attempt.Adopted)
        {
            End(attempt, PidFd.ExitOfAdopted(attempt.PidFd, handle));
            return;
        }

        _ = Kill(-handle.Pid, SIGKILL);
        End(attempt, PidFd.Reap(attempt.PidFd)
            ?? new ProcessExit.Unknown("another part of this program took the process's exit status"));
    }
}
