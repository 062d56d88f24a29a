using Akka.Actor;
using Runner.Entities;
using Runner.Wire;

namespace Runner.Actors.Wire;

/// <summary>That of a node, which knows what nodes say among themselves, too.</summary>
public sealed class WireSerializer(ExtendedActorSystem system) : TableSerializer(system, WireManifests.Table)
{
    /// <summary>Which serializer it is, in every node's words. Final.</summary>
    public const int Id = 12703;

    /// <summary>What every message that this program reads is called.</summary>
    public static IEnumerable<string> Manifests => WireManifests.Table.Entries.Select(entry => entry.Manifest);

    private readonly Action<object>? _sent =
        system.Settings.Setup.Get<WireTelemetry>() is { HasValue: true, Value: var telemetry } ? telemetry.Sent : null;

    /// <inheritdoc/>
    public override string Manifest(object o) => o is EntityMessage ? WireManifests.Envelope : base.Manifest(o);

    private protected override byte[] Write(object message)
    {
        var envelope = message as EntityMessage;
        _sent?.Invoke(envelope?.Message ?? message);
        return envelope is not null ? EnvelopeFormat.Write(envelope) : base.Write(message);
    }

    private protected override object Read(byte[] utf8, string manifest) =>
        manifest == WireManifests.Envelope ? EnvelopeFormat.Read(utf8) : base.Read(utf8, manifest);
}
