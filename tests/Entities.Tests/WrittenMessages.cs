using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities.Tests;

[JsonSerializable(typeof(Add))]
[JsonSerializable(typeof(AddAndTell))]
[JsonSerializable(typeof(Make))]
[JsonSerializable(typeof(Get))]
[JsonSerializable(typeof(GetOther))]
[JsonSerializable(typeof(WakeMeAt))]
[JsonSerializable(typeof(Beget))]
[JsonSerializable(typeof(BeBusy))]
[JsonSerializable(typeof(TakeSlot))]
[JsonSerializable(typeof(Tell))]
[JsonSerializable(typeof(Break))]
[JsonSerializable(typeof(Unknown))]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Later))]
[JsonSerializable(typeof(BreakQuietly))]
[JsonSerializable(typeof(Outside))]
[JsonSerializable(typeof(Value))]
[JsonSerializable(typeof(WakeUpNow))]
[JsonSerializable(typeof(Recovered))]
[JsonSerializable(typeof(EntityErased))]
[JsonSerializable(typeof(AlarmChanged))]
[JsonSerializable(typeof(StoreNotAvailable))]
[JsonSerializable(typeof(StoreIsFull))]
[JsonSerializable(typeof(RequestNotHandled))]
[JsonSerializable(typeof(Envelope))]
internal sealed partial class MessageJson : JsonSerializerContext;

internal sealed record Envelope(EntityKey Entity, string Manifest, byte[] Message);

/// <summary>
/// Has every message that is sent written and read (<c>serialize-messages = on</c>). What is Akka.NET's own is handed over as it is. Akka.NET
/// only writes a line about a message that cannot be written, so those are kept in <see cref="Refused"/>.
/// </summary>
internal sealed class WrittenMessages(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly ImmutableDictionary<string, Type> Types = new[]
    {
        typeof(Add), typeof(AddAndTell), typeof(Make), typeof(Get), typeof(GetOther), typeof(WakeMeAt), typeof(Beget), typeof(BeBusy),
        typeof(TakeSlot), typeof(Tell),
        typeof(Break), typeof(Unknown), typeof(Note), typeof(Later), typeof(BreakQuietly), typeof(Outside), typeof(Value), typeof(WakeUpNow),
        typeof(Recovered), typeof(EntityErased), typeof(AlarmChanged), typeof(StoreNotAvailable), typeof(StoreIsFull), typeof(RequestNotHandled),
    }.ToImmutableDictionary(t => t.Name);

    public static Config Config { get; } = ConfigurationFactory.ParseString($$"""
        akka.actor {
          serialize-messages = on
          serializers.written = "{{typeof(WrittenMessages).AssemblyQualifiedName}}"
          serialization-bindings."System.Object" = written
        }
        """);

    /// <summary>Types of ours that somebody sent and nothing can write.</summary>
    public ConcurrentDictionary<Type, bool> Refused { get; } = new();

    public override int Identifier => 12_710;

    public static WrittenMessages Of(ActorSystem system) => (WrittenMessages)system.Serialization.FindSerializerForType(typeof(object));

    public override string Manifest(object o) =>
        o is EntityMessage ? nameof(EntityMessage) : Types.ContainsKey(o.GetType().Name) ? o.GetType().Name : "";

    public override byte[] ToBinary(object obj)
    {
        if (obj is EntityMessage envelope)
        {
            return JsonSerializer.SerializeToUtf8Bytes(
                new Envelope(envelope.Entity, Manifest(envelope.Message), ToBinary(envelope.Message)), MessageJson.Default.Envelope);
        }

        var type = obj.GetType();
        if (Types.GetValueOrDefault(type.Name) == type)
        {
            return JsonSerializer.SerializeToUtf8Bytes(obj, type, MessageJson.Default);
        }

        if (type.Assembly.GetName().Name!.StartsWith("Runner", StringComparison.Ordinal))
        {
            Refused[type] = true;
            throw new NotSupportedException($"{type} cannot be written.");
        }

        return UnderWay.Put(obj);
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (manifest == nameof(EntityMessage))
        {
            var envelope = JsonSerializer.Deserialize(bytes, MessageJson.Default.Envelope)!;
            return new EntityMessage(envelope.Entity, FromBinary(envelope.Message, envelope.Manifest));
        }

        return Types.TryGetValue(manifest, out var type)
            ? JsonSerializer.Deserialize(bytes, type, MessageJson.Default)!
            : UnderWay.Take(bytes) ?? throw new NotSupportedException("It is not of this node.");
    }
}
