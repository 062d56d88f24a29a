using System.Globalization;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// The duty of process 1, which a node in a container is: what programs have left behind becomes its child, and is to be reaped when it has
/// ended. Reaps a zombie that it has seen twice and that no attempt knows: a program's own end is for its attempt to read.
/// </summary>
internal sealed class OrphanReaper : IDisposable
{
    private const int InitPid = 1;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly AttemptTable _table;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private bool _disposed;

    private OrphanReaper(AttemptTable table, ILogger log)
    {
        (_table, _log) = (table, log);
        _thread = new Thread(Run) { Name = "orphans", IsBackground = true };
        _thread.Start();
    }

    /// <summary>One if this is process 1, else null: then another process has the duty.</summary>
    public static OrphanReaper? IfInit(AttemptTable table, ILogger log) => Environment.ProcessId == InitPid ? new OrphanReaper(table, log) : null;

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        HashSet<ProcessTable.Member> seen = [];
        while (Pause())
        {
            try
            {
                HashSet<ProcessTable.Member> dead = [.. Dead()];
                foreach (var orphan in dead.Where(seen.Contains))
                {
                    Reap(orphan.Pid);
                }

                seen = dead;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or StartFailure)
            {
                // Out of descriptors, say: a zombie costs a number until the next look.
                _log.Debug(e, "Orphans could not be looked for");
            }
        }
    }

    private bool Pause()
    {
        lock (_gate)
        {
            return !_disposed && (!Monitor.Wait(_gate, Interval) || !_disposed);
        }
    }

    private IEnumerable<ProcessTable.Member> Dead()
    {
        var known = _table.All.Select(a => a.Handle?.Pid).ToHashSet();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ProcFiles.ReadStat(pid) is { Parent: InitPid, IsDead: true } stat && !known.Contains(pid))
            {
                yield return new ProcessTable.Member(pid, stat.StartTime);
            }
        }
    }

    private static unsafe void Reap(int pid)
    {
        SignalInfo info;
        _ = WaitId(P_PID, pid, &info, WEXITED | WNOHANG);
    }
}
