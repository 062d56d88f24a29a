using System.Collections.Immutable;
using System.Text;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

/// <summary>What every store has to do; each test gets an empty one. The parts stand in the files beside this one, by subject.</summary>
public abstract partial class StoreConformance : IAsyncLifetime
{
    protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The store under test.</summary>
    protected IEntityStore Store { get; private set; } = null!;

    /// <summary>What the store under test has to take for its clock.</summary>
    protected ManualTime Time { get; } = new(Noon);

    public async Task InitializeAsync() => Store = await OpenAsync(SampleTables.All);

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    /// <summary>Opens a new, empty store.</summary>
    protected abstract Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables);

    internal static EntityKey Run(string id) => new("FlowRun", id);

    internal static StoredEvent Event(long sequence, string payload = "{}") =>
        new(sequence, "run.changed", 1, Noon.AddTicks(sequence), Encoding.UTF8.GetBytes(payload));

    /// <summary>A write of <paramref name="events"/> events after <paramref name="expected"/>.</summary>
    internal static EntityWrite Write(string id, long expected, int events = 1) =>
        new(Run(id), expected, [.. Enumerable.Range(1, events).Select(i => Event(expected + i))]);

    internal static EntityWrite Created(string id) => Write(id, 0) with { Precondition = WritePrecondition.CreateIfAbsent };

    internal static EntityCommit Commit(params ImmutableArray<EntityWrite> writes) => new(writes);

    protected async Task<CommitResult> CommitAsync(params ImmutableArray<EntityWrite> writes) => await Store.CommitAsync(new EntityCommit(writes));

    /// <summary>Commits what has to succeed.</summary>
    protected async Task<ImmutableArray<EntityKey>> MustCommitAsync(params ImmutableArray<EntityWrite> writes) =>
        Assert.IsType<CommitResult.Committed>(await CommitAsync(writes)).Skipped;

    // An immutable array says itself when it equals another, and looks at no item.
    protected static void AssertSame<T>(T[] expected, ImmutableArray<T> actual) => Assert.Equal(expected, actual.ToArray());

    protected async Task<long> SequenceAsync(string id) => (await Store.LoadAsync(Run(id))).LastSequence;
}
