using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Stops whole process trees, on a thread of its own because that means reading all of /proc: one reading serves all
/// attempts that wait to be stopped. A kill looks again until it finds no process it has not signalled. A terminate looks once: what a
/// program starts after that is its way of cleaning up. Both look once more when all they know have gone, and signal what is left then.
/// </summary>
internal sealed class TreeStopper : IDisposable
{
    private const int LargestBatch = 1024;
    private const int MostLooks = 20;

    /// <summary>How often is looked whether what has no environment has one by now; a program can be without for good.</summary>
    private const int MostLooksForMarks = 50;

    private readonly AttemptTable _table;
    private readonly Workers<Request> _workers;
    private readonly Func<Watched, bool> _watch;

    /// <param name="watch">The exit watcher's.</param>
    public TreeStopper(AttemptTable table, Func<Watched, bool> watch)
    {
        (_table, _watch) = (table, watch);
        _workers = new Workers<Request>("process stops", 1, LargestBatch, Handle, request => request.Attempt, table.Log);
    }

    /// <summary>Signals a tree.</summary>
    public void Stop(TrackedAttempt attempt, StopSignal signal) => _workers.Post(new Request(attempt, signal));

    /// <summary>Looks whether anything is left of an attempt whose leader has gone, and ends it if not.</summary>
    public void Sweep(TrackedAttempt attempt) => _workers.Post(new Request(attempt, null));

    public void Dispose() => _workers.Dispose();

    private void Handle(List<Request> batch)
    {
        var attempts = batch.Where(Admit).Select(request => request.Attempt).Distinct().ToList();
        for (var look = 0; attempts.Count > 0 && look < MostLooks; look++)
        {
            var processes = ProcessTable.Read(_table.Files);
            attempts.RemoveAll(attempt => !LooksAgain(attempt, processes));
        }

        // A tree that keeps growing lets the others have their turn.
        attempts.ForEach(Sweep);
    }

    private bool Admit(Request request)
    {
        var (attempt, signal) = request;
        lock (attempt.Gate)
        {
            if (attempt.State == TrackedAttempt.Phase.Waiting)
            {
                attempt.StopOnStart = Stronger(attempt.StopOnStart, signal);
                SecretReading.CallOff(_table, attempt);
            }

            if (attempt.State != TrackedAttempt.Phase.Running)
            {
                return false;
            }

            if (signal is null)
            {
                return true;
            }

            if (attempt.Stop is null && PidFd.HasExited(attempt.PidFd))
            {
                return false;
            }

            if (attempt.Stop is null || signal >= attempt.Stop)
            {
                attempt.Stop = signal;
                attempt.LeaderSent = null;
                foreach (var member in attempt.Members.Values)
                {
                    member.Sent = null;
                }
            }

            return true;
        }
    }

    private static StopSignal? Stronger(StopSignal? a, StopSignal? b) => a is null || b > a ? b : a;

    /// <summary>Does what this view of the processes calls for; true if another is needed.</summary>
    private bool LooksAgain(TrackedAttempt attempt, ProcessTable processes)
    {
        lock (attempt.Gate)
        {
            if (attempt.State != TrackedAttempt.Phase.Running)
            {
                return false;
            }

            if (attempt.Stop is { } signal && (attempt.StopSent || !IsEnding(attempt)))
            {
                return SignalTree(attempt, signal, processes);
            }

            // It ended by itself, perhaps between the request and now: its result stands.
            attempt.Stop = null;
            if (attempt.LeaderGone)
            {
                KillLeftovers(attempt, processes);
                if (attempt.LooksForMarks < MostLooksForMarks && processes.AnyUnmarkedYet(attempt.Handle!))
                {
                    attempt.LooksForMarks++;
                    return true;
                }

                _table.EndWithLeader(attempt);
            }

            return false;
        }
    }

    private static bool IsEnding(TrackedAttempt attempt) =>
        PidFd.HasExited(attempt.PidFd) || ProcFiles.ReadStat(attempt.Handle!.Pid) is { IsEnding: true };

    private bool SignalTree(TrackedAttempt attempt, StopSignal signal, ProcessTable processes)
    {
        var signalled = 0;
        foreach (var process in processes.TreeOf(attempt.Handle!, attempt.Key))
        {
            signalled += process.Pid == attempt.Handle!.Pid ? SignalLeader(attempt, signal) : SignalMember(attempt, process, signal);
        }

        if (signalled == 0 && attempt.LeaderGone && attempt.Members.Count == 0)
        {
            _table.EndWithLeader(attempt);
        }

        return signalled > 0 && signal == StopSignal.Kill;
    }

    private static int SignalLeader(TrackedAttempt attempt, StopSignal signal)
    {
        if (attempt.LeaderSent == signal || attempt.LeaderGone)
        {
            return 0;
        }

        attempt.LeaderSent = signal;
        attempt.StopSent = true;
        Send(attempt.PidFd, signal);
        return 1;
    }

    private int SignalMember(TrackedAttempt attempt, ProcessTable.Member process, StopSignal signal)
    {
        if (!attempt.Members.TryGetValue(process.Pid, out var member))
        {
            var fd = PidFd.TryOpen(process.Pid, process.StartTime);
            if (fd < 0)
            {
                return 0;
            }

            member = new TrackedMember(process.StartTime, fd);
            attempt.Members[process.Pid] = member;
            if (!_watch(new Watched(attempt, process.Pid, fd, IsLeader: false)))
            {
                attempt.Members.Remove(process.Pid);
                Send(fd, signal);
                _ = Close(fd);
                return 1;
            }
        }

        if (member.Sent == signal)
        {
            return 0;
        }

        member.Sent = signal;
        attempt.StopSent = true;
        Send(member.PidFd, signal);
        return 1;
    }

    private static void KillLeftovers(TrackedAttempt attempt, ProcessTable processes)
    {
        foreach (var process in processes.LeftoversOf(attempt.Handle!, attempt.Key))
        {
            KillOne(process);
        }
    }

    /// <summary>Kills a process if it is still the one that was seen.</summary>
    internal static void KillOne(ProcessTable.Member process)
    {
        var fd = PidFd.TryOpen(process.Pid, process.StartTime);
        if (fd >= 0)
        {
            _ = SendSignal(fd, SIGKILL);
            _ = Close(fd);
        }
    }

    private static void Send(int pidFd, StopSignal signal)
    {
        if (signal == StopSignal.Kill)
        {
            _ = SendSignal(pidFd, SIGKILL);
            return;
        }

        // A stopped process acts on its SIGTERM only when it is continued.
        _ = SendSignal(pidFd, SIGTERM);
        _ = SendSignal(pidFd, SIGCONT);
    }

    private readonly record struct Request(TrackedAttempt Attempt, StopSignal? Signal);
}
