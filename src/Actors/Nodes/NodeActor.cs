using Akka.Actor;
using Akka.Cluster;
using Runner.Actors.FlowRunners;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes;

/// <summary>
/// A node as the others speak to it, at <c>/user/node</c> of each: tells them what it is (<see cref="NodeHere"/>), hears it of them, executes the
/// attempts of runs whose actors are elsewhere, and brings changes of runs to those who follow them there.
/// </summary>
/// <remarks>
/// A run's actor asks for what it has not heard of its attempt. What has ended is said again from here until the run says that it is durable: a run
/// that knows nothing of it any more says so too.
/// </remarks>
internal sealed class NodeActor : UntypedActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>.</summary>
    public const string Name = "node";

    /// <summary>How often a node says what it is: what it said may be lost.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Between the two looks after which a node that drains has no programs.</summary>
    private static readonly TimeSpan LooksAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the last of an attempt is said again.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(15);

    private readonly NodeParts _parts;
    private readonly INodePeers? _peers;
    private readonly Dictionary<AttemptKey, Hosted> _hosted = [];
    private IDisposable? _changes;
    private int _beatsDraining;

    /// <param name="peers">Who is told; null for nobody.</param>
    public NodeActor(NodeParts parts, INodePeers? peers) => (_parts, _peers) = (parts, peers);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private NodeDirectory Nodes => _parts.Nodes;

    /// <summary>By the clock of which the others hear, and which nobody sets.</summary>
    private TimeSpan Now => _parts.Time.GetElapsedTime(0);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Nodes.SetOwn(own => own with { SaidAt = Now });
        Nodes.Set(Nodes.Own, Self);
        _peers?.Subscribe(Self);
        var self = Self;
        var said = Nodes.Own;
        _changes = Nodes.Subscribe(() =>
        {
            if (!Nodes.Own.SaysAs(Interlocked.Exchange(ref said, Nodes.Own)))
            {
                self.Tell(TellAll.Instance);
            }
        });
        Timers.StartPeriodicTimer(typeof(TellAll), TellAll.Instance, Beat);
        Timers.StartPeriodicTimer(typeof(Remind), Remind.Instance, SayAgain);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _changes?.Dispose();
        _peers?.Unsubscribe(Self);
    }

    /// <inheritdoc/>
    // In one piece: one case for each message.
    protected override void OnReceive(object message)
    {
        switch (_peers?.Read(message) ?? message)
        {
            case NodeHere when Sender.Path.Address is { HasGlobalScope: true } from && _peers?.IsHere(from) == false:
                break;
            case NodeHere here:
                var followed = Nodes.Find(here.Name)?.Says.Follows == true;
                Nodes.Set(here, Sender);
                if (here.Follows && !followed)
                {
                    Sender.Tell(new ChangesFollow(Nodes.OwnName), Self);
                }

                break;
            case ChangesFollow:
                _parts.Changes.Missed();
                break;
            case TellAll:
                Say();
                break;
            case PeerGone gone:
                Nodes.Remove(gone.Address);
                _parts.Board.NodeIsGone();
                break;
            case PeerCame came:
                came.Node.Tell(Nodes.Own, Self);
                break;
            case ClusterEvent.IMemberEvent:
                break;
            case StartAttempt start:
                Start(start);
                break;
            case RecoverAttempt recover:
                Recover(recover);
                break;
            case StopAttempt stop:
                Stop(stop);
                break;
            case ForgetAttempt forget:
                Forget(new AttemptKey(forget.Run, forget.Attempt));
                break;
            case DrainNode drain:
                _parts.Settings.Drain.Begin();
                Nodes.SetOwn(own => own with { Draining = true });
                // Begun again, so that what is asked for twice is waited for twice.
                _beatsDraining = 0;
                Sender.Tell(new NodeDraining(drain.Name, _parts.Processes.Current), Self);
                break;
            case IsIdle:
                if (!HasPrograms)
                {
                    _parts.Settings.Drain.End();
                }

                break;
            case RunsErased erased:
                RetentionHosting.ErasedHere(_parts, erased.Runs.Select(run => new EntityKey(EntityKinds.FlowRun, run)));
                break;
            case EraseOutput erase:
                _parts.Settings.Retention.Output.DeleteAsync(erase.Runs).PipeTo(Self);
                break;
            case OutputSize { Failed.IsEmpty: false } left:
                _parts.Log.Warning("The output of {Count} deleted runs could not be deleted here: {Reason}", left.Failed.Length, left.Problem);
                break;
            case OutputSize:
                break;
            case RunStateChanged change:
                _parts.Changes.Heard(change);
                break;
            case Remind:
                SayLastAgain();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Say()
    {
        _beatsDraining += _parts.Settings.Drain.IsOn ? 1 : 0;
        Nodes.SetOwn(own => own with { SeesStore = _parts.Settings.SeesStore(), Running = _parts.Processes.Current, SaidAt = Now });
        IsDrained();
        foreach (var peer in _peers?.All ?? [])
        {
            peer.Tell(Nodes.Own, Self);
        }
    }

    /// <summary>Whether there are programs here, also of runs that have not asked for them yet since this node was cut off.</summary>
    private bool HasPrograms => _parts.Processes.Current > 0 || _parts.FlowRunner is ILiveAttempts { Live.Count: > 0 };

    /// <summary>What was granted before the limiter knew arrives within a beat; and what was granted last, while this node looks twice.</summary>
    private void IsDrained()
    {
        if (_beatsDraining > 2 && !HasPrograms && !Timers.IsTimerActive(typeof(IsIdle)))
        {
            Timers.StartSingleTimer(typeof(IsIdle), IsIdle.Instance, LooksAgain);
        }
    }

    private void Start(StartAttempt start)
    {
        var key = new AttemptKey(start.Run, start.Attempt);
        if (start.HeardAt is { } heard && Now - heard > LostNode.StartsWithin)
        {
            _parts.Log.Information(
                "Attempt {Attempt} of run {Run} was to start here {Time} ago, which is too late", key.Attempt, key.RunId, Now - heard);
            return;
        }

        if (!_parts.Settings.HoldsLeases())
        {
            // The others may have parted with this node; if not, the run finds that nothing was started, and asks again.
            return;
        }

        if (_parts.Processes.IsOver(key, start.Asked))
        {
            // It could not be started, or was found not to be, which leaves no trace, and its run has gone on: this was under way for longer than
            // that took.
            return;
        }

        if (!_parts.Processes.TryAdd(key, start.Scheduled.Recipe))
        {
            // This node is being stopped: its next life says that it was never started.
            return;
        }

        var spec = _parts.FlowRuns.Specs.For(key, start.Scheduled, out var problem);
        var hosted = Host(key, start.Asked);
        if (problem is not null)
        {
            hosted.StartFailed(problem.Kind, problem.Message);
        }
        else
        {
            _parts.FlowRunner.Start(spec, hosted);
        }
    }

    private void Recover(RecoverAttempt recover)
    {
        var key = new AttemptKey(recover.Run, recover.Attempt);
        if (_parts.Processes.TryAdd(key, recover.Scheduled.Recipe))
        {
            _parts.FlowRunner.Recover(_parts.FlowRuns.Specs.For(key, recover.Scheduled, out _), recover.Handle, Host(key, recover.Asked));
        }
    }

    private void Stop(StopAttempt stop)
    {
        var key = new AttemptKey(stop.Run, stop.Attempt);
        _parts.Processes.Told(stop.Run, stop.Grace, _parts.Time.GetTimestamp());
        _parts.FlowRunner.Stop(key, stop.Signal);
    }

    private void Forget(AttemptKey key)
    {
        _hosted.Remove(key);
        _parts.Processes.Remove(key);
        _parts.FlowRunner.Forget(key);
        IsDrained();
    }

    private Hosted Host(AttemptKey key, long? asked)
    {
        if (!_hosted.TryGetValue(key, out var hosted))
        {
            _hosted.Add(key, hosted = new Hosted(_parts.Router, key, Self, _parts.Processes));
        }

        hosted.IsAsked(asked);
        return hosted;
    }

    /// <summary>Of attempts that ended a while ago and that nobody has taken note of.</summary>
    private void SayLastAgain()
    {
        foreach (var (key, hosted) in _hosted.ToArray())
        {
            if (!_parts.Processes.Has(key))
            {
                // Its run's actor has come here meanwhile and has seen to it.
                _hosted.Remove(key);
            }
            else
            {
                hosted.SayLastAgain();
            }
        }
    }

    /// <summary>Tells a run, wherever its actor is, what the flow runner's threads report of its attempt.</summary>
    private sealed class Hosted(INodeRouter router, AttemptKey key, IActorRef node, ProcessCount attempts) : ProcessReports(key, attempts)
    {
        private volatile IEntityCommand? _last;
        private bool _isOld;
        private long _asked = -1;

        protected override long? Asked => Interlocked.Read(ref _asked) is >= 0 and var asked ? asked : null;

        /// <summary>By its run, at a place in its history: an older word comes late.</summary>
        public void IsAsked(long? at) => Interlocked.Exchange(ref _asked, Math.Max(_asked, at ?? -1));

        protected override void Report(IEntityCommand report)
        {
            _last = report is ILastReport ? report : null;
            Tell(report);
        }

        public void SayLastAgain()
        {
            if (_last is { } last && _isOld)
            {
                Tell(last);
            }

            _isOld = _last is not null;
        }

        private void Tell(IEntityCommand report) => router.Tell(RequestRouting.RunKey(Key.RunId), report, node);
    }

    private sealed record IsIdle : INoSerializationVerificationNeeded
    {
        public static readonly IsIdle Instance = new();
    }

    private sealed record TellAll : INoSerializationVerificationNeeded
    {
        public static readonly TellAll Instance = new();
    }

    private sealed record Remind : INoSerializationVerificationNeeded
    {
        public static readonly Remind Instance = new();
    }
}
