using System.Collections.Frozen;
using Runner.Actors.FlowRuns;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Runner.Messages;

namespace Runner.Actors.Nodes;

/// <summary>What this program knows of the entities in a store, for whoever examines or mends one while no node does.</summary>
public static class StoredEntities
{
    /// <summary>What is said of a text that names no entity.</summary>
    public const string Expected = EntityKinds.Expected;

    /// <summary>What each kind makes of a history.</summary>
    public static FrozenDictionary<string, IEntityModel> Models { get; } = EntityModels.All(new FlowRunBehaviour(""), new JournalCodec());

    /// <summary>The form of events in the journal.</summary>
    public static IEventCodec Codec { get; } = new JournalCodec();

    /// <summary>The entity of a text like <c>FlowRun/0192…</c>, or of a run's id alone; null if it names none.</summary>
    public static EntityKey? Read(string text) => Guid.TryParse(text, out var run) ? RequestRouting.RunKey(run) : EntityKinds.Read(text);

    /// <summary>Leaves out an event of a store that no node has.</summary>
    /// <returns>An <see cref="EventSkipped"/> or a refusal.</returns>
    public static Task<object> SkipAsync(IEntityStore store, EntityKey entity, SkipEvent command, DateTimeOffset now) =>
        Skipping.SkipAsync(store, Codec, Models[entity.Kind], entity, command, now);

    /// <summary>Whether an entity can have this key.</summary>
    public static bool CanBe(EntityKey entity) => Models.ContainsKey(entity.Kind) && !EntityKinds.CannotBe(entity);

    /// <summary>The entity that a row of <see cref="Tables"/> belongs to; null for one that no entity can have.</summary>
    public static EntityKey? OwnerOf(string table, string key)
    {
        var owner =
            table == Tables.Runs.Name || table == Tables.OpenRuns.Name || table == Tables.Waiters.Name ? new EntityKey(EntityKinds.FlowRun, key)
            : table == Tables.Deployments.Name || table == Tables.Retention.Name ? new EntityKey(EntityKinds.Deployment, key)
            : LimitNames.DeploymentOf(key) is { } deployment ? new EntityKey(EntityKinds.Deployment, deployment)
            : new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId);
        return CanBe(owner) ? owner : null;
    }
}
