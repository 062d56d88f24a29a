using FsCheck;
using FsCheck.Fluent;
using Runner.Persistence.Postgres;

namespace Runner.Persistence.Tests.Postgres;

[Collection(PostgresTests.Name)]
public sealed class PostgresModelTests(SharedPostgres shared)
{
    [Fact]
    public void Random_commits_have_the_same_results_and_leave_the_same_contents_as_in_memory() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(25).WithStartSize(40).WithEndSize(900),
        Prop.ForAll<byte[]>(choices => AreAlikeAsync(new RandomCommits(choices ?? [])).GetAwaiter().GetResult()));

    private async Task AreAlikeAsync(RandomCommits commits)
    {
        PostgresStoreOptions options = new(await shared.Server.CreateDatabaseAsync()) { LargestGroup = 5 };
        await using PostgresEntityStore store = await PostgresEntityStore.OpenAsync(options, SampleTables.All, Serilog.Core.Logger.None);
        await StoreModelTests.AreAlikeAsync(commits, store);
    }
}
