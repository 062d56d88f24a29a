using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Runner.Wire;

namespace Runner.Actors.Wire;

/// <summary>
/// Stands where Akka.NET has its reflection-based serializer, for whatever nothing else is bound to: it writes and reads nothing. A type that
/// is not meant to go to another node does not go there by accident, and nobody makes an object here by sending the name of its type.
/// </summary>
public sealed class RefusingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Which serializer it is. Final.</summary>
    public const int Id = 12704;

    /// <param name="system">The system it is part of.</param>
    /// <param name="settings">Those of the serializer whose name it bears; of no use here.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : this(system)
    {
    }

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => throw Refused(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw Refused(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new WireException(
            $"A message called '{manifest}' came from another node for a serializer that reads nothing. It is left out.", manifest);

    private static WireException Refused(object message) => new(
        $"{message.GetType()} cannot go to another node: nothing says how it is written. If it has to, make it an IWireMessage and give it a name in "
        + $"{nameof(WireManifests)}; if it never leaves its node, mark it INoSerializationVerificationNeeded.");
}
