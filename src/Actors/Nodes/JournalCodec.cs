using Runner.Entities;
using Runner.Messages.Serialization;

namespace Runner.Actors.Nodes;

/// <summary>The journal's form of this domain's events.</summary>
internal sealed class JournalCodec : IEventCodec
{
    /// <inheritdoc/>
    public (string Name, int Version, byte[] Payload) Write(object @event) => EventCatalog.Write(@event);

    /// <inheritdoc/>
    public object Read(string name, int version, ReadOnlySpan<byte> payload) => EventCatalog.Read(name, version, payload);
}
