using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Runner.Actors.Wire;
using Runner.Tests.Kit;
using Runner.Wire;

namespace Runner.Actors.Tests.Wire;

/// <summary>
/// Lets actor tests send every message through its serializer (<c>serialize-messages = on</c>). Akka.NET does not mark what its own parts
/// tell each other within a node, e.g. the events of the cluster, and gives it no serializer: such a message is handed over as it is.
/// What is ours is refused as in the program, and kept in <see cref="Refused"/>, since Akka.NET only writes a line about it.
/// </summary>
public sealed class VerifyingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly RefusingSerializer _refusing = new(system);

    /// <summary>The settings, over those of <see cref="WireSetup"/>.</summary>
    public static Config Config() => ConfigurationFactory.ParseString($$"""
        akka.actor {
          serialize-messages = on
          serializers.verifying = "{{typeof(VerifyingSerializer).AssemblyQualifiedName}}"
          serialization-bindings."System.Object" = verifying
        }
        """).WithFallback(WireSetup.Config());

    /// <summary>The one of a system with these settings.</summary>
    public static VerifyingSerializer Of(ActorSystem system) => (VerifyingSerializer)system.Serialization.FindSerializerForType(typeof(object));

    /// <summary>The types of ours that somebody sent and nothing could write.</summary>
    public ConcurrentDictionary<Type, bool> Refused { get; } = new();

    /// <summary>The types of Akka.NET that were handed over as they are.</summary>
    public ConcurrentDictionary<Type, bool> HandedOver { get; } = new();

    public override int Identifier => 12_709;

    public override string Manifest(object o) => "";

    public override byte[] ToBinary(object obj)
    {
        var type = obj.GetType();
        if (!type.Assembly.GetName().Name!.StartsWith("Akka", StringComparison.Ordinal))
        {
            Refused[type] = true;
            return _refusing.ToBinary(obj);
        }

        HandedOver[type] = true;
        return UnderWay.Put(obj);
    }

    public override object FromBinary(byte[] bytes, string manifest) =>
        UnderWay.Take(bytes) ?? throw new WireException("It is not of this node.");
}
