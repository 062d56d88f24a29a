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

    /// <summary>What was acknowledged is there, with its event, row, slot and wake-up.</summary>
    internal static async Task AssertAllAsync(IEntityStore store, ICollection<string> acknowledged)
    {
        ImmutableArray<SlotRow> slots = await store.SlotsAsync();
        HashSet<string> held = [.. slots.Select(slot => slot.Holder.Id)];
        HashSet<string> awake = [.. (await store.WakeUpsAsync(DateTimeOffset.MaxValue, null, int.MaxValue)).Select(wakeUp => wakeUp.Entity.Id)];
        Assert.Empty(acknowledged.Except(held));
        Assert.True(held.SetEquals(awake));
        foreach (string id in held)
        {
            Assert.Equal(1, (await store.LoadAsync(Run(id))).LastSequence);
            Assert.NotNull(await store.RowAsync("runs", id));
        }
    }

    /// <summary>Opens a store with other tables than it was made with: what is missing is added to the rows that are there.</summary>
    /// <param name="then">What else is asked of the store that has the new tables, and a query of its rows.</param>
    internal static async Task AssertTablesGrowAsync<TStore>(Func<TableDefinition, Task<TStore>> open, Func<TStore, RowQuery, Task> then)
        where TStore : IEntityStore, IAsyncDisposable
    {
        TableDefinition old = new("runs", [new("state", ColumnType.Text), new("tags", ColumnType.TextSet)], [["state"]]);
        await using (TStore store = await open(old))
        {
            await store.CommitAsync(Commit(Write("a", 0) with
            {
                Rows = [RowChange.Put("runs", "a", "Late", ImmutableArray.Create("red", "\"x\"")), RowChange.Put(
                    "runs", "b", "Early", ImmutableArray.Create("red"))],
            }));
        }

        TableDefinition @new = new("runs", [new("due", ColumnType.Integer), .. old.Columns, new("labels", ColumnType.TextSet)], [["state",
            "due"]]) { SetOrder = ["state", "due"] };
        await using TStore again = await open(@new);
        Row row = (await again.RowAsync("runs", "a"))!;
        Assert.Equal((null, "Late", null), (row.Values[0], row.Values[1], row.Values[3]));
        RowQuery red = new("runs", [new("tags", RowOperator.Contains, "red")], [new("state"), new("due")], 10);
        Assert.Equal(["b", "a"], (await again.RowsAsync(red)).Select(found => found.Key));
        Assert.Single(await again.RowsAsync(red with { Where = [new("tags", RowOperator.Contains, "\"x\"")] }));
        await then(again, red);
    }

    protected async Task<CommitResult> CommitAsync(params ImmutableArray<EntityWrite> writes) => await Store.CommitAsync(new EntityCommit(writes));

    /// <summary>Commits what has to succeed.</summary>
    protected async Task<ImmutableArray<EntityKey>> MustCommitAsync(params ImmutableArray<EntityWrite> writes) =>
        Assert.IsType<CommitResult.Committed>(await CommitAsync(writes)).Skipped;

    // An immutable array says itself when it equals another, and looks at no item.
    protected static void AssertSame<T>(T[] expected, ImmutableArray<T> actual) => Assert.Equal(expected, actual.ToArray());

    protected async Task<long> SequenceAsync(string id) => (await Store.LoadAsync(Run(id))).LastSequence;
}
