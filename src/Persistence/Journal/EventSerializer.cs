using System.Globalization;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Runner.Entities;

namespace Runner.Persistence.Journal;

/// <summary>
/// What lies in the journal's tables, for those who read them through Akka.Persistence.Query: events by the program's catalogue, with
/// manifests like <c>run.completed/1</c>, and snapshots, with manifests like <c>FlowRun.snapshot/1</c>.
/// </summary>
public sealed class EventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Stands beside every event and snapshot in the database. Never changes.</summary>
    public const int Id = 12701;

    private const string SnapshotSuffix = ".snapshot";

    private readonly IEventCodec _codec = JournalAccess.SetupOf(system).Codec;

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <summary>An event's manifest.</summary>
    public static string EventManifest(string type, int version) => string.Create(CultureInfo.InvariantCulture, $"{type}/{version}");

    /// <summary>A snapshot's manifest.</summary>
    public static string SnapshotManifest(string kind, int version) => EventManifest(kind + SnapshotSuffix, version);

    /// <summary>Name and version of a manifest.</summary>
    /// <exception cref="SerializationException">It is no such text.</exception>
    public static (string Name, int Version) ReadManifest(string manifest)
    {
        var slash = manifest.LastIndexOf('/');
        return slash > 0 && int.TryParse(manifest.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? (manifest[..slash], version)
            : throw new SerializationException(
                $"The journal has the manifest '{manifest}', which is not of the form name/version: no event of this program was written so.");
    }

    /// <inheritdoc/>
    public override string Manifest(object o)
    {
        var (name, version, _) = _codec.Write(o);
        return EventManifest(name, version);
    }

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _codec.Write(obj).Payload;

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        var (name, version) = ReadManifest(manifest);
        return name.EndsWith(SnapshotSuffix, StringComparison.Ordinal) ? new JournaledSnapshot(version, bytes) : _codec.Read(name, version, bytes);
    }
}
