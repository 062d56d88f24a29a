using Akka.Actor;

namespace Runner.Tests.Kit;

/// <summary>Stands for an actor that is not there: what it is told is noted, with who told it.</summary>
/// <param name="child">What it makes as its child, and tells what it is told in a <see cref="ToChild"/>; null for none.</param>
internal sealed class Heard(List<(object Message, IActorRef Sender)> heard, Props? child) : UntypedActor
{
    private IActorRef _child = ActorRefs.Nobody;

    public static Props Props(List<(object Message, IActorRef Sender)> heard, Props? child = null) =>
        Akka.Actor.Props.Create(() => new Heard(heard, child));

    protected override void PreStart() => _child = child is null ? ActorRefs.Nobody : Context.ActorOf(child);

    protected override void OnReceive(object message)
    {
        if (message is ToChild toChild)
        {
            _child.Tell(toChild.Message, Self);
        }
        else
        {
            heard.Add((message, Sender));
        }
    }

    public sealed record ToChild(object Message) : INoSerializationVerificationNeeded;
}
