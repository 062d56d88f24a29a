using System.Buffers.Binary;
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Serialization;

namespace Runner.Persistence.Journal;

/// <summary>
/// Gives back the very object that it was given. Only where <c>serialize-messages</c> is on: what Akka's journal tells itself lacks the
/// mark of messages that never leave a node, and carries commits and exceptions, which cannot be serialized.
/// </summary>
internal sealed class ReferenceSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly ConcurrentDictionary<long, object> _kept = new();
    private long _last;

    public override int Identifier => EventSerializer.Id + 1;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        var key = Interlocked.Increment(ref _last);
        _kept[key] = obj;
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, key);
        return bytes;
    }

    public override object FromBinary(byte[] bytes, Type type) =>
        _kept.TryRemove(BinaryPrimitives.ReadInt64LittleEndian(bytes), out var found) ? found
            : throw new InvalidOperationException("An object is given back once.");
}
