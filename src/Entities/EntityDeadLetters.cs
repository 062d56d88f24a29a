using Akka.Actor;
using Akka.Event;
using Runner.Messages;

namespace Runner.Entities;

/// <summary>
/// Hears of messages that came too late for an entity's actor, or while it could not be read: a request is refused at once instead of
/// letting its sender wait for nothing, anything else goes to the entity's next life.
/// </summary>
public sealed class EntityDeadLetters(IEntityRouter router, FallenEntities fallen) : UntypedActor
{
    /// <inheritdoc/>
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is DeadLetter letter && letter.Message is IRequest or IEntityCommand
            && letter.Recipient is { } recipient && router.Find(recipient.Path) is { } entity)
        {
            fallen.Keep(entity, letter.Message, letter.Sender);
        }
    }
}
