namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Finds the processes that an earlier life of this node started, on a thread of its own because it reads /proc.</summary>
internal sealed class Adopter : IDisposable
{
    private const int LargestBatch = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly AttemptTable _table;
    private readonly Action<TrackedAttempt> _running;
    private readonly ForeignProcesses? _foreign;
    private readonly Func<bool> _hasRoom;
    private readonly Workers<Request> _workers;
    private readonly object _room = new();
    private bool _waits;
    private bool _disposed;

    /// <param name="running">Takes over an attempt whose process lives, under its gate; its handle and descriptor are set.</param>
    /// <param name="foreign">Those that are another node's, whatever the store says; null for none.</param>
    /// <param name="hasRoom">Whether a descriptor can be taken and enough are left for the rest of the node.</param>
    public Adopter(AttemptTable table, Action<TrackedAttempt> running, ForeignProcesses? foreign, Func<bool> hasRoom)
    {
        (_table, _running, _foreign, _hasRoom) = (table, running, foreign, hasRoom);
        _workers = new Workers<Request>("process recovery", 1, LargestBatch, Handle, request => request.Attempt, table.Log);
    }

    public void Recover(TrackedAttempt attempt, ProcessHandle? handle) => _workers.Post(new Request(attempt, handle));

    public void Dispose()
    {
        lock (_room)
        {
            _disposed = true;
            Monitor.PulseAll(_room);
        }

        _workers.Dispose();
    }

    private void Handle(List<Request> batch)
    {
        // Read once for all, and only if needed; every process of an earlier life is older than this moment.
        var processes = new Lazy<ProcessTable>(() => ProcessTable.Read(_table.Files));
        for (var i = 0; i < batch.Count; i++)
        {
            try
            {
                Recover(batch[i], processes);
            }
            catch (StartFailure failure) when (failure.Kind == StartFailureKind.ResourcesExhausted)
            {
                // What cannot be looked at is not gone: said to be, it would be started again beside itself.
                Wait(batch[i..], failure.Message);
                return;
            }
        }

        if (_waits)
        {
            _waits = false;
            _table.Log.Information("The programs that an earlier life of this node started are all watched now");
        }
    }

    /// <exception cref="StartFailure">There are no descriptors to look with.</exception>
    private void Recover(Request request, Lazy<ProcessTable> processes)
    {
        if (!_hasRoom())
        {
            throw new StartFailure(StartFailureKind.ResourcesExhausted, "This program has no descriptors left.");
        }

        var (attempt, handle) = request;
        var found = handle is null ? processes.Value : null;
        lock (attempt.Gate)
        {
            if (handle is not null)
            {
                RecoverKnown(attempt, handle, processes);
            }
            else
            {
                RecoverUnknown(attempt, found!);
            }
        }
    }

    private void Wait(List<Request> rest, string reason)
    {
        if (!_waits)
        {
            _waits = true;
            _table.Log.Warning(
                "{Count} programs that an earlier life of this node started wait for room to be watched: "
                + "{Reason} Raise the node's limit of open files (LimitNOFILE, ulimit -n); others are watched as they end",
                rest.Count, reason);
        }

        lock (_room)
        {
            if (!_disposed)
            {
                Monitor.Wait(_room, Pause);
            }
        }

        rest.ForEach(_workers.Post);
    }

    private void RecoverKnown(TrackedAttempt attempt, ProcessHandle handle, Lazy<ProcessTable> processes)
    {
        if (handle.BootId != ProcFiles.BootId)
        {
            EndUnknown(attempt, "the machine has restarted since it was started");
            return;
        }

        if (_foreign?.Have(handle) == true)
        {
            EndUnknown(attempt, "it was running when the backup was made that this node was restored from");
            return;
        }

        var fd = PidFd.Open(handle.Pid, handle.StartTime);
        if (fd >= 0)
        {
            Adopt(attempt, handle, fd);
            return;
        }

        foreach (var left in processes.Value.LeftoversOf(handle, attempt.Key))
        {
            TreeStopper.KillOne(left);
        }

        EndUnknown(attempt, "it ended while the node was down");
    }

    private void RecoverUnknown(TrackedAttempt attempt, ProcessTable processes)
    {
        if (processes.LeaderOf(attempt.Key) is { } leader && _foreign?.Have(new ProcessHandle(leader.Pid, leader.StartTime, ProcFiles.BootId)) != true
            && PidFd.Open(leader.Pid, leader.StartTime) is >= 0 and var fd)
        {
            Adopt(attempt, new ProcessHandle(leader.Pid, leader.StartTime, ProcFiles.BootId), fd);
        }
        else if (ProgramFile.Exists(_table.Files.Stdout(attempt.Key)))
        {
            EndUnknown(attempt, "the node stopped while it was being started, and it is not running now");
        }
        else
        {
            _table.Drop(attempt, o => o.NeverStarted());
        }
    }

    private void Adopt(TrackedAttempt attempt, ProcessHandle handle, int fd)
    {
        (attempt.Handle, attempt.PidFd, attempt.Adopted) = (handle, fd, true);
        if (PidFd.HasExited(fd))
        {
            _table.EndWithLeader(attempt);
        }
        else
        {
            _running(attempt);
        }
    }

    private void EndUnknown(TrackedAttempt attempt, string reason) => _table.End(attempt, new ProcessExit.Unknown(reason));

    private readonly record struct Request(TrackedAttempt Attempt, ProcessHandle? Handle);
}
