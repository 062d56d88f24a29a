using Akka.Actor.Setup;

namespace Runner.Actors.Wire;

/// <summary>Who counts what an actor system says to others.</summary>
/// <param name="sent">Told of each message that is written, from any thread.</param>
internal sealed class WireTelemetry(Action<object> sent) : Setup
{
    public Action<object> Sent => sent;
}
