using Akka.Actor;

namespace Runner.Actors.Nodes;

/// <summary>What of a node's surroundings differs between a program and a simulation, beside its time.</summary>
/// <param name="NewId">An id that is not computed, as of a time (RFC 9562, version 7).</param>
/// <param name="EndAsync">Ends the actor system.</param>
/// <param name="Inline">Whether callers go on in the turn of the actor that answers them.</param>
internal sealed record NodeSurroundings(Func<DateTimeOffset, Guid> NewId, Func<ActorSystem, Task> EndAsync, bool Inline = false);
