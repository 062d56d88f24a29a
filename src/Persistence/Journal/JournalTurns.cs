using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;

namespace Runner.Persistence.Journal;

/// <summary>
/// Answers what entities ask of their journal, in place of Akka's base class. That one passes all answers of a journal through one actor
/// that keeps the order of the questions: one slow write would hold up the answers to everybody else's that came after it. An entity has one
/// write under way at most, so no order is lost; and an answer takes two messages less.
/// </summary>
internal sealed class JournalTurns(JournalAccess access)
{
    /// <returns>False if the message is for the base class.</returns>
    public bool TryHandle(object message, IActorRef journal)
    {
        switch (message)
        {
            case WriteMessages write:
                _ = WriteAsync(write, journal);
                return true;
            case ReplayMessages { ToSequenceNr: 0 } nothing:
                // An entity that was never written.
                nothing.PersistentActor.Tell(new RecoverySuccess(0), journal);
                return true;
            case ReplayMessages replay:
                _ = ReplayAsync(replay, journal);
                return true;
            default:
                return false;
        }
    }

    // Neither ever fails: whatever comes of it is told to the entity.
    private async Task WriteAsync(WriteMessages write, IActorRef journal)
    {
        var messages = write.Messages as IReadOnlyCollection<IPersistentEnvelope> ?? [.. write.Messages];
        var refusals = await access.Writes.WriteAsync(messages.OfType<AtomicWrite>()).ConfigureAwait(false);
        write.PersistentActor.Tell(WriteMessagesSuccessful.Instance, journal);
        var i = 0;
        foreach (var envelope in messages)
        {
            if (envelope is AtomicWrite atomic)
            {
                Answer(write, atomic, refusals?[i++]);
            }
            else
            {
                write.PersistentActor.Tell(new LoopMessageSuccess(envelope.Payload, write.ActorInstanceId), envelope.Sender);
            }
        }
    }

    private static void Answer(WriteMessages write, AtomicWrite atomic, Exception? refusal)
    {
        foreach (var persistent in (IImmutableList<IPersistentRepresentation>)atomic.Payload)
        {
            write.PersistentActor.Tell(
                refusal is null
                    ? new WriteMessageSuccess(persistent, write.ActorInstanceId)
                    : new WriteMessageRejected(persistent, refusal, write.ActorInstanceId),
                persistent.Sender);
        }
    }

    private async Task ReplayAsync(ReplayMessages replay, IActorRef journal)
    {
        try
        {
            var highest = await access.HighestAsync(replay.PersistenceId, Math.Max(0, replay.FromSequenceNr - 1)).ConfigureAwait(false);
            var to = Math.Min(replay.ToSequenceNr, highest);
            if (to > 0 && replay.FromSequenceNr <= to)
            {
                await access.ReplayAsync(
                    replay.PersistenceId, replay.FromSequenceNr, to, replay.Max,
                    persistent => replay.PersistentActor.Tell(new ReplayedMessage(persistent), ActorRefs.NoSender)).ConfigureAwait(false);
            }

            replay.PersistentActor.Tell(new RecoverySuccess(highest), journal);
        }
        catch (Exception e)
        {
            replay.PersistentActor.Tell(new ReplayMessagesFailure(e), journal);
        }
    }
}
