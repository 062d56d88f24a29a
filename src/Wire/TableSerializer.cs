using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;

namespace Runner.Wire;

/// <summary>Writes messages that go to another program, and reads them there: JSON, by code made at build time.</summary>
public abstract class TableSerializer : SerializerWithStringManifest
{
    private readonly WireTable _table;

    private protected TableSerializer(ExtendedActorSystem system, WireTable table)
        : base(system) => _table = table;

    /// <summary>Which serializer it is, in every program's words. Final.</summary>
    public sealed override int Identifier => 12703;

    /// <inheritdoc/>
    public override string Manifest(object o) => _table.Of(o).Manifest;

    /// <inheritdoc/>
    public sealed override byte[] ToBinary(object obj)
    {
        try
        {
            return Write(obj);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new WireException($"A {obj.GetType()} cannot be written for another node: {e.Message}", null, e);
        }
    }

    /// <inheritdoc/>
    public sealed override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return Read(bytes, manifest);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new WireException(
                $"A message called '{manifest}' came from another node and cannot be read: {e.Message} It is left out. "
                + "That node is of another version, or its message was damaged.",
                manifest, e);
        }
    }

    private protected virtual byte[] Write(object message) => JsonSerializer.SerializeToUtf8Bytes(message, _table.Of(message).Json);

    private protected virtual object Read(byte[] utf8, string manifest) => Read(utf8, _table.Of(manifest));

    internal static object Read(ReadOnlySpan<byte> utf8, WireEntry entry) =>
        JsonSerializer.Deserialize(utf8, entry.Json) ?? throw new JsonException("It is null.");
}

/// <summary>That of an application, which knows what it may ask nodes and what they answer.</summary>
public sealed class MessageSerializer(ExtendedActorSystem system) : TableSerializer(system, MessageManifests.Table);
