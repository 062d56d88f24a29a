using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;
using Runner.Entities;

namespace Runner.Actors.Wire;

/// <summary>Writes every message that may go to another node, and reads it there: JSON, by code made at build time.</summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Which serializer it is, in every node's words. Final.</summary>
    public const int Id = 12703;

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => o is EntityMessage ? WireManifests.Envelope : WireManifests.Of(o).Manifest;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        try
        {
            return obj is EntityMessage envelope ? EnvelopeFormat.Write(envelope)
                : JsonSerializer.SerializeToUtf8Bytes(obj, WireManifests.Of(obj).Json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new WireException($"A {obj.GetType()} cannot be written for another node: {e.Message}", null, e);
        }
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest == WireManifests.Envelope ? EnvelopeFormat.Read(bytes) : Read(bytes, WireManifests.Of(manifest));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new WireException(
                $"A message called '{manifest}' came from another node and cannot be read: {e.Message} It is left out. "
                + "That node is of another version, or its message was damaged.",
                manifest, e);
        }
    }

    internal static object Read(ReadOnlySpan<byte> utf8, WireEntry entry) =>
        JsonSerializer.Deserialize(utf8, entry.Json) ?? throw new JsonException("It is null.");
}
