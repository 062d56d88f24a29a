using Akka.Actor.Setup;
using Runner.Actors.Telemetry;

namespace Runner.Actors.Wire;

/// <summary>Who counts what an actor system says to others.</summary>
internal sealed class WireTelemetry(RunTelemetry runs) : Setup
{
    public RunTelemetry Runs => runs;
}
