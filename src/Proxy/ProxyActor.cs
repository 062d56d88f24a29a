using Akka.Actor;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Wire;

namespace Runner.Proxy;

/// <summary>
/// Asks the nodes for the application's actors. Messages between programs arrive once or not at all, so what is not answered is asked again: after
/// 500 ms, then each second. What may not be done twice is asked once; a submission gets a key of its own, so that it is one run
/// however often it arrives.
/// </summary>
internal sealed class ProxyActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan AskAgainFirst = TimeSpan.FromMilliseconds(500);

    // Not ever later: what was lost with a node is answered as soon as another one has taken over.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _timeout;
    private readonly IRoute _route;
    private readonly Func<TimeSpan> _clock;
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly PriorityQueue<long, TimeSpan> _due = new();
    private long _last;

    /// <param name="clock">A time that never goes back.</param>
    public ProxyActor(TimeSpan timeout, IRoute route, Func<TimeSpan> clock) => (_timeout, _route, _clock) = (timeout, route, clock);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _clock();

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _route.Begin(Context);
        Timers.StartPeriodicTimer(typeof(Tick), Tick.Instance, Look);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var waiting in _waiting.Values)
        {
            waiting.Sender.Tell(new StoreNotAvailable(
                "The application was stopped before the cluster had answered. Sending the command again is safe if it bears a key of its own."));
        }
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IRequest request:
                Take(request);
                break;
            case Answered answered:
                OnAnswered(answered.Id, answered.Reply);
                break;
            case Tick:
                AskAgain();
                break;
            default:
                if (!_route.Takes(message))
                {
                    Unhandled(message);
                }

                break;
        }
    }

    private void Take(IRequest request)
    {
        var (asked, keyIsOurs) = WithKey(request);
        if (asked is not IWireMessage wire || !MessageManifests.Table.Has(asked.GetType()))
        {
            Sender.Tell(new RequestNotHandled(request.GetType().Name, "The cluster"));
            return;
        }

        var id = ++_last;
        var waiting = new Waiting(Sender, new Asked(id, wire), keyIsOurs, IsOnce(request), Now + _timeout);
        _waiting.Add(id, waiting);
        Send(waiting);
    }

    private void Send(Waiting waiting)
    {
        _route.Send(waiting.Asked, waiting.Tries, Self);
        var next = waiting.IsOnce ? waiting.Until : Now + (waiting.Tries == 0 ? AskAgainFirst : AskAgainAfter);
        waiting.Tries++;
        _due.Enqueue(waiting.Asked.Id, next < waiting.Until ? next : waiting.Until);
    }

    private void AskAgain()
    {
        while (_due.TryPeek(out var id, out var due) && due <= Now)
        {
            _due.Dequeue();
            if (!_waiting.TryGetValue(id, out var waiting))
            {
                continue;
            }

            if (Now < waiting.Until)
            {
                Send(waiting);
            }
            else
            {
                _waiting.Remove(id);
                waiting.Sender.Tell(waiting.LastWord ?? new StoreNotAvailable(
                    $"No node of the cluster answered within {DurationText.Format(_timeout)}. See that nodes run at the addresses that the "
                    + "application was told, and that all have certificates of one authority. Whether the command took effect is not known."));
            }
        }
    }

    private void OnAnswered(long id, IWireMessage reply)
    {
        if (!_waiting.TryGetValue(id, out var waiting))
        {
            return;
        }

        if (reply is NodeStopping stopping && !waiting.IsOnce)
        {
            // Another node takes it, or this one when it is back.
            waiting.LastWord = stopping;
            return;
        }

        _waiting.Remove(id);
        waiting.Sender.Tell(reply is RunSubmitted { Created: false } submitted && waiting.KeyIsOurs
            // Nobody else knows its key: it was made by this request, when it arrived for the first time.
            ? submitted with { Created = true }
            : Requests.OffWire(reply));
    }

    private static bool IsOnce(IRequest request) => request is PruneRuns or SkipEvent;

    private static (IRequest Request, bool KeyIsOurs) WithKey(IRequest request) => request switch
    {
        SubmitRun { IdempotencyKey: null } submit => (submit with { IdempotencyKey = NewKey() }, true),
        RetryRun { IdempotencyKey: null } retry => (retry with { IdempotencyKey = NewKey() }, true),
        _ => (request, false),
    };

#pragma warning disable RS0030 // A key is to be like no other.
    private static string NewKey() => Guid.CreateVersion7().ToString();
#pragma warning restore RS0030

    private sealed record Waiting(IActorRef Sender, Asked Asked, bool KeyIsOurs, bool IsOnce, TimeSpan Until)
    {
        public int Tries { get; set; }

        public Refusal? LastWord { get; set; }
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
