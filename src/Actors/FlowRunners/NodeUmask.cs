using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// What the node makes is its owner's alone; programs start with the umask that the node was started with. Files are made with their mode said
/// (<see cref="Runner.Files.OwnFile"/>); the umask is for those that libraries make.
/// </summary>
public static class NodeUmask
{
    private const int OthersNothing = 0x3F; // 077
    private const int NotChanged = -1;

    private static readonly Lock Gate = new();
    private static int _started = NotChanged;
    private static int _lent;

    [ThreadStatic]
    private static bool? _isThreadsOwn;

    /// <summary>From now on the process makes nothing that others may read, unless it says so. Call once, first of all.</summary>
    public static void Close()
    {
        if (!OperatingSystem.IsWindows() && NativeMethods.Umask(OthersNothing) is var started && started != OthersNothing)
        {
            _started = started;
        }
    }

    /// <summary>
    /// Runs what starts a program. A program gets the umask of the thread that starts it; the first time a thread makes its umask its own, so that
    /// no file that is made meanwhile elsewhere gets this one. Where a sandbox does not let it, the process has the other umask for as long.
    /// </summary>
    internal static TResult AsStarted<TArgument, TResult>(TArgument argument, Func<TArgument, TResult> start)
    {
        if (_started == NotChanged)
        {
            return start(argument);
        }

        var own = _isThreadsOwn ??= OperatingSystem.IsLinux() && NativeMethods.Unshare(NativeMethods.CLONE_FS) == 0;
        Change(own, _started, 1);
        try
        {
            return start(argument);
        }
        finally
        {
            Change(own, OthersNothing, -1);
        }
    }

    private static void Change(bool own, int umask, int lent)
    {
        if (own)
        {
            _ = NativeMethods.Umask(umask);
            return;
        }

        lock (Gate)
        {
            _lent += lent;
            _ = NativeMethods.Umask(_lent > 0 ? _started : OthersNothing);
        }
    }
}
