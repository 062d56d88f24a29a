using Akka.Actor;

namespace Runner.Simulation.Cluster;

/// <summary>
/// A singleton, or a daemon, as one node has it: runs it here when it is this node's turn and it has the lease, and passes what is for it on to where
/// it was found; keeps what comes while it is not found.
/// </summary>
internal sealed class ClusterPlace(ClusterLife life, string name, Props props) : UntypedActor
{
    private const int MostKept = 1000;
    private static readonly TimeSpan TryLeaseAgain = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly Queue<(object Message, IActorRef Sender)> _waiting = new();
    private IActorRef? _one;
    private (ClusterLife Life, IActorRef One)? _found;
    private bool _isTurn;
    private bool _looking;
    private bool _ending;
    private int _count;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case YourTurn turn:
                _isTurn = turn.Is;
                if (_isTurn)
                {
                    Begin();
                }
                else
                {
                    End();
                }

                break;
            case TryAgain:
                Begin();
                break;
            case Gone:
                OnGone();
                break;
            case LeasesAreLost:
                End();
                break;
            case MembersChanged { Gone: { } gone }:
                Forget(gone);
                break;
            case MembersChanged:
                break;
            case OneIsGone there:
                Forget(there.Life);
                break;
            case Look:
                OnLook();
                break;
            default:
                Pass(message, Sender);
                break;
        }
    }

    private void Pass(object message, IActorRef sender)
    {
        if (_one is { } here && !_ending)
        {
            here.Tell(message, sender);
        }
        else if (_found is var (there, one))
        {
            life.Cluster.Network.Send(life, there, one, message, sender);
        }
        else if (_waiting.Count < MostKept)
        {
            _waiting.Enqueue((message, sender));
            if (!_looking)
            {
                _looking = true;
                OnLook();
            }
        }
    }

    private void Begin()
    {
        if (_one is not null || !_isTurn)
        {
            return;
        }

        if (!life.Cluster.TryAcquire(name, life))
        {
            Later(TryLeaseAgain, TryAgain.Instance);
            return;
        }

        _one = Context.WatchWith(Context.ActorOf(props, $"singleton-{++_count}"), Gone.Instance);
        life.Cluster.Runs(name, life, _one);
        _found = null;
        Flush();
    }

    private void End()
    {
        if (_one is { } one && !_ending)
        {
            _ending = true;
            one.Tell(PoisonPill.Instance);
        }
    }

    private void OnGone()
    {
        (_one, _ending) = (null, false);
        life.Cluster.RunsNoMore(name, life);
        if (_isTurn)
        {
            Begin();
        }
        else
        {
            life.Cluster.Release(name, life);
        }
    }

    private void Forget(ClusterLife gone)
    {
        if (_found?.Life == gone)
        {
            _found = null;
        }
    }

    private void OnLook()
    {
        _looking = false;
        if (_one is null && _found is null)
        {
            _found = life.Cluster.Find(name, life);
        }

        if (_one is not null || _found is not null)
        {
            Flush();
        }
        else if (_waiting.Count > 0)
        {
            _looking = true;
            Later(LookAgain, Look.Instance);
        }
    }

    private void Flush()
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var (message, sender) = _waiting.Dequeue();
            Pass(message, sender);
        }
    }

    private void Later(TimeSpan delay, object message)
    {
        var self = Self;
        life.Turns.Schedule(delay, () => self.Tell(message, ActorRefs.NoSender));
    }

    private sealed record TryAgain
    {
        public static readonly TryAgain Instance = new();
    }

    private sealed record Gone
    {
        public static readonly Gone Instance = new();
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }
}

/// <summary>To a place: whether it is its node that has it.</summary>
internal sealed record YourTurn(bool Is);

/// <summary>To a place: what it found there has ended.</summary>
internal sealed record OneIsGone(ClusterLife Life);
