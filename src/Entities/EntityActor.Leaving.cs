using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Entities.Store;
using Runner.Messages;
using Serilog.Events;

namespace Runner.Entities;

/// <content>How a life of the actor ends, and what goes from it to the next one: what it has not decided, and how far it knew its history.</content>
public abstract partial class EntityActor<TState, TEvent, TIntent>
{
    private void OnErased()
    {
        switch (_phase)
        {
            case Phase.Persisting:
                // It may have been before the erasure or go on from it: what the entity is now stands in its history.
                _erased = true;
                break;
            case Phase.Holding:
                BeginAnew(null, _batch!.Members.Select(m => m.Pending));
                break;
            default:
                LeaveForGood();
                break;
        }
    }

    /// <summary>Leaves because there is nothing left of it; whoever asks for it still is answered by a life that knows so.</summary>
    private void LeaveForGood()
    {
        _beginsAnew = true;
        Leave();
    }

    private void OnRefused(Exception cause)
    {
        if (_phase == Phase.Leaving)
        {
            return;
        }

        var undecided = _batch?.Members.Select(m => m.Pending) ?? [];
        switch ((cause as CommitRefusedException)?.Result)
        {
            case CommitResult.SlotConflict conflict:
                BeginAnew(null, undecided.Where(p => DecideAgainAfter(conflict, p.Message)));
                break;
            case CommitResult.SequenceConflict:
                // Somebody else wrote: they may have been right, so forget, read and decide again.
                BeginAnew(Memory(_batch), undecided);
                break;
            default:
                Fall(cause);
                break;
        }
    }

    /// <summary>Leaves, and comes back at once to decide what it has not.</summary>
    private void BeginAnew(EntityMemory? memory, IEnumerable<PendingMessage> undecided)
    {
        // The next life recovers by itself, and reads: whatever was said of this entity's being new was about this life.
        (object, IActorRef?)[] left =
            [.. Aside().Concat(undecided).Concat(_queue).Where(p => p.Message is not Recovered).Select(p => (Again(p.Message), p.Sender))];
        _ = Services.New.Take(Key);
        _batch = null;
        _queue.Clear();
        _beginsAnew = true;
        Leave();
        Services.Fallen.BeginsAnew(Key, memory, left);
    }

    /// <summary>Leaves, and comes back after a pause.</summary>
    private void Fall(Exception cause, bool isSaid = false)
    {
        if (_phase == Phase.Leaving)
        {
            return;
        }

        var (left, batch) = (Queued(), _batch);
        _batch = null;
        _queue.Clear();
        foreach (var (_, sender) in left.Where(p => p.Message is IRequest))
        {
            sender?.Tell(StoreFailures.Refusal(cause), Self);
        }

        var memory = _phase == Phase.Recovering ? null : Memory(batch);
        var pause = Services.Fallen.Fell(Key, cause, memory, left.Where(p => p.Message is not (IRequest or Recovered or WakeUpNow)));
        // A store that cannot write says so itself, once; a line for each of the entities that wait for it would bury that.
        Log.Write(
            isSaid || cause is StoreException || !Services.Fallen.IsNews(Key, Services.Time) ? LogEventLevel.Debug : LogEventLevel.Warning,
            "{Entity} reads its history again in {Pause} ms: {Reason}", Key, pause.TotalMilliseconds, cause.Message);
        Leave();
    }

    private EntityMemory Memory(EntityBatch<TState, TEvent, TIntent>? batch) =>
        new(_state, _sequence, [.. batch?.Creates.Select(c => c.Entity) ?? []]);

    private (object Message, IActorRef? Sender)[] Queued() =>
        [.. Aside().Concat(_batch?.Members.Select(m => m.Pending) ?? []).Concat(_queue).Select(p => (p.Message, p.Sender))];

    private IEnumerable<PendingMessage> Aside() => TakenAside is var (message, sender) ? [new PendingMessage(message, sender)] : [];

    /// <summary>What has been here, on its way to the next life.</summary>
    private static object Again(object message) => message is ICreation creation ? creation.WithKnownId() : message;

    private void OnTooLate(object message)
    {
        // A request does not wait for the pause: the next life, which it brings to memory, answers it or is refused what it needs.
        if (!_beginsAnew && message is not IRequest)
        {
            Services.Fallen.Keep(Key, message, Sender);
        }
        else if (message is not INoSerializationVerificationNeeded)
        {
            // Its shard has been asked to let it go before this, so it keeps this for the next life.
            Services.Router.Tell(Key, Again(message), Sender);
        }
    }

    private void OnLeaveIfIdle()
    {
        _saidIdle = false;
        if (_phase == Phase.Ready && CanPassivate(_state))
        {
            // Goes on as ever until its shard lets it go: what comes until then is decided here, and what comes later by its next life.
            Context.Parent.Tell(new Passivate(LeaveMemory.Instance), Self);
        }
    }

    private void OnLeave()
    {
        if (_phase is Phase.Persisting or Phase.Holding)
        {
            _leavesWhenDone = true;
            if (_phase == Phase.Holding)
            {
                Persist(_batch!);
            }
        }
        else
        {
            Stop();
        }
    }

    private void Leave()
    {
        _phase = Phase.Leaving;
        if (_leavesWhenDone)
        {
            // The shard has let it go already.
            Context.Stop(Self);
        }
        else
        {
            Context.Parent.Tell(new Passivate(LeaveMemory.Instance), Self);
        }
    }

    private void Stop()
    {
        if (_phase == Phase.Ready && TakenAside is var (message, sender))
        {
            Services.Router.Tell(Key, Again(message), sender);
        }
        else if (_phase == Phase.Ready && !CanPassivate(_state))
        {
            // It has something to look after, wherever its next life is.
            Services.Router.Tell(Key, WakeUpNow.Instance, ActorRefs.NoSender);
        }

        Context.Stop(Self);
    }
}
