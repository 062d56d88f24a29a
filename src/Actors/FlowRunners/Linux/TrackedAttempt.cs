using Runner.Actors.FlowRunners.Secrets;
using Serilog;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// What is known of an attempt between its start (or recovery) and its end. Everything but the keys is read and written under
/// <see cref="Gate"/>, and the observer is called under it, so that reports keep their order.
/// <code>
///   Waiting ──► Running ──► Ended
///      └─────────────────────┘  (start failed, never started, ended meanwhile)
/// </code>
/// </summary>
internal sealed class TrackedAttempt(ProcessSpec spec, IProcessObserver observer, ILogger log)
{
    private readonly Dictionary<int, TrackedMember> _members = [];

    public enum Phase
    {
        Waiting,
        Running,
        Ended,
    }

    public Lock Gate { get; } = new();

    public ProcessSpec Spec { get; } = spec;

    public AttemptKey Key => Spec.Key;

    public IProcessObserver Observer { get; set; } = observer;

    public Phase State { get; set; } = Phase.Waiting;

    /// <summary>A stop that came before there was a process.</summary>
    public StopSignal? StopOnStart { get; set; }

    /// <summary>While its secret values are being read: calls that off.</summary>
    public CancellationTokenSource? Reading { get; set; }

    /// <summary>Its secret values, from when they were read until it has been started.</summary>
    public SecretValues? Secrets { get; set; }

    public ProcessHandle? Handle { get; set; }

    public int PidFd { get; set; } = -1;

    /// <summary>The process is not this program's child: an earlier life started it.</summary>
    public bool Adopted { get; set; }

    /// <summary>The leader has ended; if it is a child it is kept unreaped until the attempt ends, so that its pid names its group.</summary>
    public bool LeaderGone { get; set; }

    /// <summary>The strongest stop under way.</summary>
    public StopSignal? Stop { get; set; }

    /// <summary>What the leader has been sent.</summary>
    public StopSignal? LeaderSent { get; set; }

    public bool StopSent { get; set; }

    /// <summary>How often something was seen in its group, after its end, that had no environment.</summary>
    public int LooksForMarks { get; set; }

    /// <summary>Living processes of the tree other than the leader, by pid, that were sent a signal and are awaited.</summary>
    public Dictionary<int, TrackedMember> Members => _members;

    public void Report(Action<IProcessObserver> call)
    {
        try
        {
            call(Observer);
        }
        catch (Exception e)
        {
            log.About(Spec).Error(e, "The observer of the attempt failed");
        }
    }
}

/// <summary>A process of a tree that is being stopped.</summary>
internal sealed class TrackedMember(long startTime, int pidFd)
{
    public long StartTime { get; } = startTime;

    public int PidFd { get; } = pidFd;

    public StopSignal? Sent { get; set; }
}
