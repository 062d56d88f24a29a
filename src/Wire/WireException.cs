using System.Runtime.Serialization;

namespace Runner.Wire;

/// <summary>
/// A message that cannot go to another node, or cannot be read from one. Akka.NET's remoting says so in its log and goes on; for any
/// exception of another type it would give up the connection with all that is under way on it.
/// </summary>
/// <param name="message">A sentence: what cannot be sent or read, and what to do.</param>
/// <param name="manifest">The name on the wire; null if it has none.</param>
public sealed class WireException(string message, string? manifest = null, Exception? inner = null) : SerializationException(message, inner)
{
    public string? Manifest => manifest;
}
