using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>A process the watcher looks after: the leader of an attempt, or another of its tree that is being stopped.</summary>
internal readonly record struct Watched(TrackedAttempt Attempt, int Pid, int PidFd, bool IsLeader);

/// <summary>
/// One thread that learns of the end of processes: an epoll set of their descriptors. A process that has ended before it is
/// watched is reported at once. The descriptors stay the caller's, to be closed once they were reported.
/// </summary>
internal sealed unsafe class ExitWatcher : IDisposable
{
    private const int EventsAtOnce = 64;
    private const long WakeUp = 0;

    /// <summary>struct epoll_event is packed on x64 only.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(long);

    private readonly ConcurrentDictionary<long, Watched> _watched = new();
    private readonly Action<Watched> _gone;
    private readonly ILogger _log;
    private readonly int _epoll;
    private readonly int _wakeUp;
    private readonly Thread _thread;
    private long _lastToken = WakeUp;
    private volatile bool _disposed;

    /// <param name="gone">Called on the watcher's thread, once for each watched process.</param>
    public ExitWatcher(Action<Watched> gone, ILogger log)
    {
        (_gone, _log) = (gone, log);
        _epoll = EpollCreate(EPOLL_CLOEXEC);
        _wakeUp = EventFd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (_epoll < 0 || _wakeUp < 0 || !Control(EPOLL_CTL_ADD, _wakeUp, WakeUp))
        {
            throw new IOException($"Processes cannot be watched: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _thread = new Thread(Run) { Name = "process exits", IsBackground = true };
        _thread.Start();
    }

    /// <summary>False if the system has no room for it.</summary>
    public bool Watch(Watched watched)
    {
        var token = Interlocked.Increment(ref _lastToken);
        _watched[token] = watched;
        if (Control(EPOLL_CTL_ADD, watched.PidFd, token))
        {
            return true;
        }

        _watched.TryRemove(token, out _);
        return false;
    }

    /// <summary>Ends the thread and closes the descriptors it was watching; the processes go on.</summary>
    public void Dispose()
    {
        _disposed = true;
        long one = 1;
        _ = Write(_wakeUp, (byte*)&one, sizeof(long));
        if (_thread != Thread.CurrentThread)
        {
            _thread.Join();
        }

        foreach (var watched in _watched.Values)
        {
            _ = Control(EPOLL_CTL_DEL, watched.PidFd, 0);
            _ = Close(watched.PidFd);
        }

        _ = Close(_wakeUp);
        _ = Close(_epoll);
    }

    private bool Control(int operation, int fd, long token)
    {
        var bytes = stackalloc byte[16];
        *(uint*)bytes = EPOLLIN | EPOLLONESHOT;
        *(long*)(bytes + DataOffset) = token;
        return EpollControl(_epoll, operation, fd, bytes) == 0;
    }

    private void Run()
    {
        var events = stackalloc byte[EventsAtOnce * 16];
        while (!_disposed)
        {
            var count = EpollWait(_epoll, events, EventsAtOnce, -1);
            for (var i = 0; i < count && !_disposed; i++)
            {
                if (_watched.TryRemove(*(long*)(events + (i * EventSize) + DataOffset), out var watched))
                {
                    Report(watched);
                }
            }
        }
    }

    private void Report(Watched watched)
    {
        // Closing alone would not do it: a child that is just being spawned may hold a copy of the descriptor.
        _ = Control(EPOLL_CTL_DEL, watched.PidFd, 0);
        try
        {
            _gone(watched);
        }
        catch (Exception e)
        {
            _log.About(watched.Attempt.Spec).Error(e, "The end of process {Pid} could not be handled", watched.Pid);
        }
    }
}
