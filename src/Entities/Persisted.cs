using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>
/// What an entity hands to Akka.Persistence in place of its first event of a batch: all that becomes true together. The journal writes it
/// in one transaction; it is never serialized itself and never leaves the node.
/// </summary>
public sealed class PersistedCommit(EntityCommit commit) : INoSerializationVerificationNeeded
{
    /// <summary>The entity's own write first.</summary>
    public EntityCommit Commit => commit;

    /// <summary>What the store answered; set by the journal before the entity hears that its events are durable.</summary>
    public CommitResult.Committed? Outcome { get; set; }
}

/// <summary>Stands for each further event of a batch, whose content is in the batch's <see cref="PersistedCommit"/>.</summary>
public sealed class PersistedRest : INoSerializationVerificationNeeded
{
    public static readonly PersistedRest Instance = new();
}

/// <summary>An event as a replay gives it back.</summary>
/// <param name="At">When it was decided; exact to 100 ns.</param>
public sealed record JournaledEvent(object Event, DateTimeOffset At) : INoSerializationVerificationNeeded;

/// <summary>In the place of the first event of a replay that cannot be read; nothing comes after it.</summary>
/// <param name="Sequence">Its number; 0 if nothing of the entity can be read.</param>
/// <param name="Problem">What is wrong with it, as the end of a sentence about the event.</param>
public sealed record JournaledDamage(long Sequence, string Problem) : INoSerializationVerificationNeeded;

/// <summary>A snapshot as a recovery offers it.</summary>
/// <param name="Version">The version of the payload's shape.</param>
/// <param name="Payload">UTF-8 JSON.</param>
/// <param name="Damage">What is wrong with it as far as the store can see; null if nothing is.</param>
public sealed record JournaledSnapshot(int Version, ReadOnlyMemory<byte> Payload, string? Damage = null) : INoSerializationVerificationNeeded;

/// <summary>
/// A commit that the store has decided against: nothing of it was written. The journal says so by rejecting the write; the entity starts
/// again from its history and decides again.
/// </summary>
/// <param name="result">A <see cref="CommitResult.SequenceConflict"/> or a <see cref="CommitResult.SlotConflict"/>.</param>
public sealed class CommitRefusedException(CommitResult result) : Exception($"The store refused a commit: {result}")
{
    public CommitResult Result => result;
}

/// <summary>Where an actor system's journal finds its store: part of the system's setup.</summary>
public sealed class EntityStoreSetup(IEntityStore store, IEventCodec codec) : Setup
{
    public IEntityStore Store => store;

    public IEventCodec Codec => codec;
}

/// <summary>How entities are cut into slices, each of which one alarm worker looks after. Final: a cluster's rows carry it.</summary>
public static class EntitySlices
{
    /// <summary>The number of slices.</summary>
    public const int Count = 16;

    private const int OnStack = 256;

    /// <summary>The slice of an entity: FNV-1a over the UTF-8 of its persistence id.</summary>
    public static int Of(EntityKey entity)
    {
        Span<byte> utf8 = stackalloc byte[OnStack];
        var hash = Hash(2166136261u, entity.Kind, utf8);
        hash = (hash ^ '/') * 16777619u;
        hash = Hash(hash, entity.Id, utf8);
        return (int)(hash % Count);
    }

    private static uint Hash(uint hash, string text, Span<byte> utf8)
    {
        var length = Encoding.UTF8.TryGetBytes(text, utf8, out var written) ? written : -1;
        foreach (var unit in length < 0 ? Encoding.UTF8.GetBytes(text) : utf8[..length])
        {
            hash = (hash ^ unit) * 16777619u;
        }

        return hash;
    }
}
