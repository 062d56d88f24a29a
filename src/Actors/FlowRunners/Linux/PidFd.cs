using System.Runtime.InteropServices;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Operations on a descriptor of a process, which never means another process even when the pid is used again.</summary>
internal static unsafe class PidFd
{
    private const int LongestWaitForReaper = 1000;

    /// <summary>A descriptor of the process with this pid and start time; -1 if it is gone.</summary>
    /// <exception cref="StartFailure">This program is out of descriptors: whether it is gone is not known.</exception>
    public static int Open(int pid, long startTime)
    {
        var fd = OpenPidFd(pid);
        if (fd < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is EMFILE or ENFILE or ENOMEM
                ? throw new StartFailure(
                    StartFailureKind.ResourcesExhausted, $"Process {pid} cannot be watched: {Marshal.GetPInvokeErrorMessage(error)}.")
                : -1;
        }

        var isIt = false;
        try
        {
            isIt = ProcFiles.ReadStat(pid)?.StartTime == startTime;
            return isIt ? fd : -1;
        }
        finally
        {
            _ = isIt ? 0 : Close(fd);
        }
    }

    /// <summary>As <see cref="Open"/>, and -1 also if this program is out of descriptors.</summary>
    public static int TryOpen(int pid, long startTime)
    {
        try
        {
            return Open(pid, startTime);
        }
        catch (StartFailure)
        {
            return -1;
        }
    }

    /// <summary>Whether all threads of the process have ended, reaped or not.</summary>
    public static bool HasExited(int fd) => Poll(fd, PollDescriptor.In, 0);

    /// <summary>Reaps a child and says how it ended; null if it is no child of this process or has not ended.</summary>
    public static ProcessExit? Reap(int fd)
    {
        SignalInfo info = default;
        return WaitId(P_PIDFD, fd, &info, WEXITED | WNOHANG) != 0 || info.Pid == 0
            ? null
            : info.Code == SignalInfo.Exited ? new ProcessExit.Exited(info.Status)
            : new ProcessExit.Signaled(info.Status);
    }

    /// <summary>
    /// How a process ended that another process (init) reaps. Since Linux 6.15 the kernel keeps the status for the descriptor;
    /// until then it can be seen only while the process is a zombie.
    /// </summary>
    public static ProcessExit ExitOfAdopted(int fd, ProcessHandle handle)
    {
        if (Reap(fd) is { } own)
        {
            return own;
        }

        var seen = ProcFiles.ReadStat(handle.Pid) is { IsDead: true } stat && stat.StartTime == handle.StartTime ? stat.WaitStatus : 0;
        var status = ReapedStatus(fd);
        if (status is null && Poll(fd, PollDescriptor.HangUp, LongestWaitForReaper))
        {
            status = ReapedStatus(fd);
        }

        if (status is not null)
        {
            return Decode(status.Value);
        }

        // 0 stands for «may not be seen», too, so it proves nothing.
        return seen != 0
            ? Decode(seen)
            : new ProcessExit.Unknown(
                "the node had restarted while it ran, so that process 1 of this machine is told how it ended; "
                + "the kernel says it to others from Linux 6.15 on, as soon as process 1 has taken note of it, which it has not within a second");
    }

    private static int? ReapedStatus(int fd)
    {
        var info = new PidFdInfo { Mask = PidFdInfo.MaskExit };
        return IoControl(fd, PidFdInfo.Request, &info) == 0 && (info.Mask & PidFdInfo.MaskExit) != 0 ? info.ExitStatus : null;
    }

    private static ProcessExit Decode(int waitStatus) => (waitStatus & 0x7F) is > 0 and var signal
        ? new ProcessExit.Signaled(signal)
        : new ProcessExit.Exited((waitStatus >> 8) & 0xFF);

    private static bool Poll(int fd, short events, int milliseconds)
    {
        // Hang-up is always reported and must not be asked for.
        var descriptor = new PollDescriptor { Fd = fd, Events = (short)(events & ~PollDescriptor.HangUp) };
        int count;
        do
        {
            count = NativeMethods.Poll(&descriptor, 1, milliseconds);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return count > 0 && (descriptor.Happened & (events | PollDescriptor.HangUp)) != 0;
    }
}
