using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.InMemoryStore;

namespace Runner.Persistence.Tests;

public sealed class InMemoryStoreTests : StoreConformance
{
    protected override Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        Task.FromResult<IEntityStore>(new InMemoryEntityStore(tables, Time));

    [Fact]
    public async Task Every_task_it_returns_is_completed_already()
    {
        Task<CommitResult> commit = Store.CommitAsync(Commit(Write("a", 0)));
        Assert.True(commit.IsCompletedSuccessfully);
        Assert.True(Store.LoadAsync(Run("a")).IsCompletedSuccessfully);
        Assert.True(Store.RowsAsync(new RowQuery("runs", [], [], 1)).IsCompletedSuccessfully);
        await commit;
    }
}
