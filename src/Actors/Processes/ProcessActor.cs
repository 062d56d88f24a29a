using Akka.Actor;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>
/// One attempt's process, child of its FlowRunActor: starts or finds it through the node that has it, turns a stop into SIGTERM and, after the
/// grace time, SIGKILL. What happens that node reports to the run, which decides, and stops this actor once nothing is left to look after.
/// </summary>
/// <param name="lostAfter">After how long without its node it is to be taken for lost with it; null for never.</param>
internal sealed class ProcessActor(int attempt, IAttemptHost host, TimeSpan? lostAfter = null) : UntypedActor, IWithTimers
{
    /// <summary>SIGKILL is sent again this often until the tree is gone: a process in an uninterruptible wait dies only afterwards.</summary>
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Another node is asked this soon whether it has what it was told, and then this often: messages get lost, and a node that was gone comes back.
    /// </summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>A node whose leases are overdue finds within 100 ms that they are lost, or that they are not.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(250);

    private ProcessHandle? _handle;
    private TimeSpan? _stopGrace;
    private bool _kills;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    // One of these is made for each attempt; a ReceiveActor would put its handlers together anew each time.
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartProcess when !host.MayStart:
                Timers.StartSingleTimer(typeof(StartProcess), message, TryAgain);
                break;
            case StartProcess:
                host.Start(Context.Parent);
                // What came while it could not be started.
                StopAgain();
                LookLater();
                break;
            case RecoverProcess recover:
                _handle = recover.Handle;
                host.Recover(_handle, Context.Parent);
                LookLater();
                break;
            case ProcessKnown known:
                _handle = known.Handle;
                break;
            case Look:
                host.Recover(_handle, Context.Parent);
                StopAgain();
                Miss();
                break;
            case Lost when host.IsHere:
                // Back since the last look.
                break;
            case Lost:
                Context.Parent.Tell(new NodeLost(attempt));
                Timers.StartSingleTimer(typeof(Lost), Lost.Instance, LookAgain);
                break;
            case StopProcess stop:
                OnStop(stop.Grace);
                break;
            case KillNow:
                Kill();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void LookLater()
    {
        if (host.MayLoseMessages)
        {
            Timers.StartPeriodicTimer(typeof(Look), Look.Instance, FirstLook, LookAgain);
        }
    }

    private void Miss()
    {
        if (host.IsHere)
        {
            Timers.Cancel(typeof(Lost));
        }
        else if (lostAfter is { } after && !Timers.IsTimerActive(typeof(Lost)))
        {
            Timers.StartSingleTimer(typeof(Lost), Lost.Instance, after);
        }
    }

    /// <summary>The signal may not have arrived; a program is asked to end once more at most as often as it is looked for.</summary>
    private void StopAgain()
    {
        if (_stopGrace is { } grace && !_kills)
        {
            host.Stop(StopSignal.Terminate, grace);
        }
        else if (_kills)
        {
            host.Stop(StopSignal.Kill, TimeSpan.Zero);
        }
    }

    private void OnStop(TimeSpan grace)
    {
        // A shorter grace hurries an earlier stop; a longer one does not slow it down.
        if (_stopGrace is { } earlier && earlier <= grace)
        {
            return;
        }

        // Before it has started, too: the flow runner keeps a stop for a start that waits its turn, however long that is.
        _stopGrace = grace;
        Stop(grace);
    }

    private void Stop(TimeSpan grace)
    {
        if (grace <= TimeSpan.Zero)
        {
            Kill();
            return;
        }

        host.Stop(StopSignal.Terminate, grace);
        Timers.StartSingleTimer(typeof(KillNow), KillNow.Instance, grace);
    }

    private void Kill()
    {
        _kills = true;
        host.Stop(StopSignal.Kill, TimeSpan.Zero);
        Timers.StartSingleTimer(typeof(KillNow), KillNow.Instance, KillAgain);
    }

    private sealed record KillNow : INoSerializationVerificationNeeded
    {
        public static readonly KillNow Instance = new();
    }

    private sealed record Lost : INoSerializationVerificationNeeded
    {
        public static readonly Lost Instance = new();
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
