using System.Text;
using Akka.Cluster.Sharding;

namespace Runner.Entities;

/// <summary>Which shard an entity belongs to. Final: all nodes of a cluster have to agree, also those of two versions.</summary>
/// <param name="newEntities">Told of those that are about to be made on this node; null for entities of which none is made under an id of its
/// own.</param>
public sealed class EntityExtractor(NewEntities? newEntities) : IMessageExtractor
{
    /// <summary>The number of shards of each kind.</summary>
    public const int Shards = 64;

    public static readonly EntityExtractor Instance = new(null);

    private static readonly string[] Ids =
        [.. Enumerable.Range(0, Shards).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public string? EntityId(object message) => (message as EntityMessage)?.Entity.Id;

    /// <inheritdoc/>
    // Called by the shard just before it brings the entity to memory; and again with what was taken out of its envelope already, when it has kept it.
    public object EntityMessage(object message)
    {
        if (message is not EntityMessage envelope)
        {
            return message;
        }

        if (envelope.Message is ICreation { HasFreshId: true })
        {
            newEntities?.Add(envelope.Entity);
        }

        return envelope.Message;
    }

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
