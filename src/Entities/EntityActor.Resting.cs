using Akka.Actor;
using Akka.Persistence;
using Runner.Entities.Unreadable;
using Runner.Messages;

namespace Runner.Entities;

/// <content>
/// Reading the history back; and the rest of an entity that cannot be. Akka.Persistence stops an actor whose replay fails, and whoever needs it
/// brings it back at once to fail again. So nothing here fails: what cannot be read is remembered, and the entity stays in memory. It answers
/// requests with a refusal, does nothing else, writes nothing, and is read again after pauses that grow, since somebody may have mended it.
/// </content>
public abstract partial class EntityActor<TState, TEvent, TIntent>
{
    /// <summary>What keeps it from being read; null if nothing does.</summary>
    private JournaledDamage? _unreadable;

    private ICancelable? _readAgain;

    /// <summary>Whether a marker is being written.</summary>
    private bool _skipping;

    /// <summary>
    /// A message came for an entity that rests, and is no request. It changes nothing; whoever waits for an answer may be told here that there is
    /// none.
    /// </summary>
    protected virtual void WhileResting(object message)
    {
    }

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                Guarded(Recovered.Instance, _unreadable is null ? static (self, _) => self.OnRecovered() : static (self, _) => self.BeginRest());
                break;
            case var _ when _unreadable is not null:
                // What follows from an event that is not known is not known either.
                break;
            case SnapshotOffer { Snapshot: JournaledSnapshot snapshot } offer:
                OnSnapshot(snapshot, offer.Metadata.SequenceNr);
                break;
            case JournaledEvent e:
                OnEvent(e);
                break;
            case JournaledDamage damage:
                _unreadable = damage;
                break;
            default:
                _unreadable = new JournaledDamage(LastSequenceNr, $"is a {message.GetType().Name}, which is no event");
                break;
        }
    }

    private void OnSnapshot(JournaledSnapshot snapshot, long sequence)
    {
        var (state, problem) = Histories.FromSnapshot(
            snapshot, payload => _behaviour.FromSnapshot(Key.Id, payload), () => _behaviour.Skip(_behaviour.Initial(Key.Id)));
        if (state is null)
        {
            _unreadable = new JournaledDamage(sequence, problem!);
        }
        else
        {
            (_state, _snapshotSequence) = (state, sequence);
        }
    }

    private void OnEvent(JournaledEvent e)
    {
        if (Applying.TryApply(_behaviour, _state, e, out var after, out var problem))
        {
            _state = after;
        }
        else
        {
            _unreadable = new JournaledDamage(LastSequenceNr, problem);
        }
    }

    private void BeginRest()
    {
        _phase = Phase.Resting;
        // It was read after all, if only to be found damaged: what it knew when it fell is of no use to anybody.
        (_hadFallen, _) = Services.Fallen.Restarted(Key);
        Stand();
        var pause = Services.Unreadable.Rests(Key, _unreadable!.Sequence, _unreadable.Problem, Self);
        _readAgain = Context.System.Scheduler.ScheduleTellOnceCancelable(pause, Self, ReadAgain.Instance, Self);
    }

    private void OnWhileResting(object message)
    {
        switch (message)
        {
            case ReadAgain when !_skipping:
                BeginAnew(null, []);
                break;
            case ReadAgain:
                break;
            case SkipEvent skip when !_skipping && Services.Models.TryGetValue(Key.Kind, out var model):
                _skipping = true;
                var asker = Sender;
                Skipping.SkipAsync(Services.Store, Services.Codec, model, Key, skip, Services.Time.GetUtcNow())
                    .PipeTo(Self, Self, answer => new SkipEnded(answer, asker), e => new SkipEnded(StoreFailures.Refusal(e), asker));
                break;
            case SkipEnded ended:
                OnSkipEnded(ended);
                break;
            case IRequest:
                Sender.Tell(new EntityUnreadable(PersistenceId, _unreadable!.Sequence, _unreadable.Problem), Self);
                break;
            default:
                WhileResting(message);
                break;
        }
    }

    private void OnSkipEnded(SkipEnded ended)
    {
        _skipping = false;
        ended.Asker.Tell(ended.Answer, Self);
        if (ended.Answer is EventSkipped skipped)
        {
            Log.Warning("Event {Number} of {Entity} was skipped: {State:l}", skipped.Sequence, Key, skipped.State);
        }

        // Refused or not: what is known here of the history may be old.
        BeginAnew(null, []);
    }

    private void EndRest()
    {
        _readAgain?.Cancel();
        if (_unreadable is not null)
        {
            Services.Unreadable.Left(Key, Self, comesBack: _beginsAnew);
        }
    }

    private sealed record SkipEnded(object Answer, IActorRef Asker) : INoSerializationVerificationNeeded, Akka.Event.IDeadLetterSuppression;
}
