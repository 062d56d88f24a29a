using Akka.Persistence;
using Runner.Entities.Store;
using Runner.Persistence.Journal;

namespace Runner.Persistence.Tests.Journal;

public abstract partial class JournalConformance
{
    public static TheoryData<StoreException> Failures =>
        new(new StoreFullException("the disk is full"), new StoreUnavailableException("the database is away"));

    [Theory, MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_store_that_cannot_write_refuses_and_the_journal_goes_on(StoreException failure)
    {
        var node = Start();
        var waiting = await node.RecoverAsync("waiting");
        var entity = await node.RecoverAsync("a", lives: true);
        Store.Failure = failure;
        for (var i = 0; i < 100; i++)
        {
            Assert.Same(failure, await entity.RefusedAsync(new Note("refused")));
        }

        Store.Failure = null;
        Assert.Equal(1, (await waiting.WriteAsync("at once")).Sequence);
        Assert.Equal(0, (await node.RecoverAsync("a")).Recovered.Sequence);
        await AssertHealthyAsync(node);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_store_that_cannot_read_fails_recoveries_and_the_journal_goes_on(bool hasSnapshots)
    {
        var node = Start();
        await (await node.RecoverAsync("a")).WriteAsync("one");
        var failure = new StoreUnavailableException("the database is away");
        Store.Failure = failure;
        for (var i = 0; i < 100; i++)
        {
            var entity = node.Make("a", hasSnapshots: hasSnapshots);
            Assert.Same(failure, (await entity.HearAsync<Told.NotRecovered>()).Cause);
            await entity.GoneAsync();
        }

        Store.Failure = null;
        Assert.Equal(["one"], (await node.RecoverAsync("a", hasSnapshots: hasSnapshots)).Recovered.Texts);
        await AssertHealthyAsync(node);
    }

    [Fact]
    public async Task What_is_no_entitys_commit_is_refused_with_a_sentence()
    {
        var node = Start();
        await RefusedAsync(new Note("one") { Instead = "a stranger's event" }, "is no PersistedCommit");
        await RefusedAsync(new Note("one") { Commit = _ => new EntityCommit([]) }, "is no PersistedCommit");
        await RefusedAsync(new Note("one") { Commit = own => new EntityCommit([own with { Entity = Key("another") }]) }, "a write of Sample/another");
        await RefusedAsync(
            new Note("one") { Commit = own => new EntityCommit([own with { Precondition = WritePrecondition.CreateIfAbsent }]) }, "left out unseen");
        await RefusedAsync(new Note("one") { Commit = own => new EntityCommit([own with { Events = [] }]) }, "0 events after number 0");
        Assert.Empty(await TextsAsync("a"));

        async Task RefusedAsync(Note note, string why) =>
            Assert.Contains(why, Assert.IsType<NotSupportedException>(await (await node.RecoverAsync("a")).RefusedAsync(note)).Message);
    }

    [Fact]
    public async Task A_commit_that_breaks_the_stores_contract_is_refused_and_harms_nobody()
    {
        var node = Start();
        var entity = await node.RecoverAsync("a");
        Assert.IsAssignableFrom<ArgumentException>(await entity.RefusedAsync(
            new Note("one") { Commit = own => new EntityCommit([own with { Rows = [RowChange.Delete("no such table", "key")] }]) }));
        Assert.Equal(1, (await (await node.RecoverAsync("a")).WriteAsync("one")).Sequence);
    }

    [Fact]
    public async Task A_persistence_id_that_is_no_entitys_does_not_recover()
    {
        var cause = (await Start().Make("a", persistenceId: "stranger").HearAsync<Told.NotRecovered>()).Cause;
        Assert.Contains("'stranger' is not the persistence id of an entity", cause.Message);
    }

    [Fact]
    public async Task Deleting_events_and_saving_snapshots_are_done_in_commits_only()
    {
        var entity = await Start().RecoverAsync("a");
        await entity.WriteAsync("one");
        entity.Tell("delete");
        Assert.Contains("commit an erasure", Assert.IsType<JournalRefusedException>((await entity.HearAsync<Told.DeletionRefused>()).Cause).Message);
        entity.Tell("save");
        Assert.Contains(
            "into the entity's commit", Assert.IsType<JournalRefusedException>((await entity.HearAsync<Told.SnapshotRefused>()).Cause).Message);
        Assert.Equal(2, (await entity.WriteAsync("two")).Sequence);
    }

    private async Task AssertHealthyAsync(Node node)
    {
        var persistence = Akka.Persistence.Persistence.Instance.Apply(node.System);
        var health = await persistence.CheckJournalHealthAsync(Config.GetString("akka.persistence.journal.plugin"));
        Assert.Equal(PersistenceHealthStatus.Healthy, health.Status);
    }
}
