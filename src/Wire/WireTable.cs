using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Runner.Wire;

/// <summary>What one type of message is called on the wire, and its JSON there.</summary>
internal sealed record WireEntry(string Manifest, Type Type, JsonTypeInfo Json)
{
    public static WireEntry Of<T>(string manifest, JsonSerializerOptions json) => new(manifest, typeof(T), json.GetTypeInfo(typeof(T)));
}

/// <summary>Messages by their types and their names.</summary>
internal sealed class WireTable(ImmutableArray<WireEntry> entries)
{
    private readonly FrozenDictionary<Type, WireEntry> _byType = entries.ToFrozenDictionary(e => e.Type);
    private readonly FrozenDictionary<string, WireEntry> _byManifest = entries.ToFrozenDictionary(e => e.Manifest, StringComparer.Ordinal);

    public ImmutableArray<WireEntry> Entries => entries;

    /// <summary>Whether messages of that type have a name.</summary>
    public bool Has(Type type) => _byType.ContainsKey(type);

    /// <summary>How messages of a type are written.</summary>
    /// <exception cref="WireException">They are not.</exception>
    public WireEntry Of(object message) => _byType.TryGetValue(message.GetType(), out var entry) ? entry : throw new WireException(
        $"{message.GetType()} has no name on the wire and cannot go to another node. Give it one in WireManifests, or mark it "
        + "INoSerializationVerificationNeeded if it never leaves its node.");

    /// <summary>How messages of a name are read.</summary>
    /// <exception cref="WireException">This program has never heard of it.</exception>
    public WireEntry Of(string manifest) => _byManifest.TryGetValue(manifest, out var entry) ? entry : throw new WireException(
        $"A message called '{manifest}' came from another node and is not known here: that node is of a newer version. It is left out; "
        + "bring this node to the same version.", manifest);
}
