using Runner.Actors.Nodes.Health;
using Runner.Entities.Store;
using Runner.InMemoryStore;

namespace Runner.Actors.Tests.Nodes;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class QueueCheckTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly InMemoryEntityStore _store = new(Tables.All);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task It_says_how_many_wait_the_longest_wait_and_how_many_programs_run()
    {
        Assert.Equal("No run waits for a slot; 3 of at most 100 programs run.", await MessageAsync());
        await WaitsAsync("a", "database", 0, TimeSpan.FromMinutes(2));
        Assert.Equal("1 run waits for a slot, for 2m; 3 of at most 100 programs run.", await MessageAsync());
        await WaitsAsync("b", "database", -5, TimeSpan.FromSeconds(1));
        Assert.Equal("2 runs wait for a slot, the oldest for 2m; 3 of at most 100 programs run.", await MessageAsync());
    }

    [Fact]
    public async Task Of_more_than_it_counts_it_still_finds_the_one_that_has_waited_longest()
    {
        foreach (var (limit, number) in ((string, int)[])[("a", 500), ("b", 500), ("c", 5)])
        {
            for (var n = 0; n < number; n++)
            {
                await WaitsAsync($"{limit}-{n}", limit, n % 3, TimeSpan.FromSeconds(1 + n));
            }
        }

        // Neither of the first limit nor of the first priority.
        await WaitsAsync("z", "b", 7, TimeSpan.FromHours(3));

        Assert.Equal("At least 1,000 runs wait for a slot, the oldest for 3h; 3 of at most 100 programs run.", await MessageAsync());
    }

    private async Task<string> MessageAsync()
    {
        var check = await new QueueCheck(_store, new DamagedRows(new Noon(), Serilog.Core.Logger.None), new Noon(), () => 3, 100).CheckAsync(default);
        Assert.Equal(("queue", true), (check.Name, check.Healthy));
        return check.Message;
    }

    private async Task WaitsAsync(string key, string limit, long urgency, TimeSpan since) => Assert.IsType<CommitResult.Committed>(
        await _store.CommitAsync(new EntityCommit(
            [new EntityWrite(new EntityKey("run", key), 0, [])
            {
                Rows = [new WaiterRow(RunIds.ForKey("queue", key), limit, (int)-urgency, Now - since, [limit]).Put()],
            }])));

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
