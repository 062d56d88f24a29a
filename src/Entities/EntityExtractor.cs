using System.Text;
using Akka.Cluster.Sharding;

namespace Runner.Entities;

/// <summary>Which shard an entity belongs to. Final: all nodes of a cluster have to agree, also those of two versions.</summary>
public sealed class EntityExtractor : IMessageExtractor
{
    /// <summary>The number of shards of each kind.</summary>
    public const int Shards = 64;

    public static readonly EntityExtractor Instance = new();

    private static readonly string[] Ids = [.. Enumerable.Range(0, Shards).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public string? EntityId(object message) => (message as EntityMessage)?.Entity.Id;

    /// <inheritdoc/>
    // Called again with what was taken out of its envelope already, when a shard has kept it.
    public object EntityMessage(object message) => message is EntityMessage envelope ? envelope.Message : message;

    /// <inheritdoc/>
    public string ShardId(object message) => ShardId(EntityId(message) ?? "");

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null)
    {
        var hash = 2166136261u;
        Span<byte> bytes = stackalloc byte[256];
        var utf8 = Encoding.UTF8.TryGetBytes(entityId, bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(entityId);
        foreach (var unit in utf8)
        {
            hash = (hash ^ unit) * 16777619u;
        }

        return Ids[hash % Shards];
    }
}
