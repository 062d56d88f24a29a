using System.Text;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Persistence.Journal;

namespace Runner.Persistence.Tests.Journal;

public abstract partial class JournalConformance
{
    [Fact]
    public async Task What_was_persisted_is_there_for_the_next_incarnation()
    {
        var node = Start();
        var first = await node.RecoverAsync("a");
        Assert.Equal(0, first.Recovered.Sequence);
        Assert.Equal(1, (await first.WriteAsync("one")).Sequence);
        var written = await first.WriteAsync("two", "three");
        Assert.Equal(3, written.Sequence);
        Assert.Empty(written.Outcome!.Skipped);

        var second = await Start().RecoverAsync("a");
        Assert.Equal(["one", "two", "three"], second.Recovered.Texts);
        Assert.Equal([1, 2, 3], second.Recovered.At.Select(at => (int)(at - SampleEntity.At).Ticks));
        Assert.Equal(3, second.Recovered.Sequence);
        Assert.Equal(4, (await second.WriteAsync("four")).Sequence);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_recovery_is_one_load(bool hasSnapshots)
    {
        var node = Start();
        await (await node.RecoverAsync("a")).WriteAsync("one", "two");
        var before = Store.Loads;
        Assert.Equal(["one", "two"], (await node.RecoverAsync("a", hasSnapshots: hasSnapshots)).Recovered.Texts);
        Assert.Equal(1, Store.Loads - before);
        Assert.Equal(["one", "two"], (await node.RecoverAsync("a", hasSnapshots: hasSnapshots)).Recovered.Texts);
        Assert.Equal(2, Store.Loads - before);
    }

    [Fact]
    public async Task A_recovery_of_what_was_never_written_reads_nothing_and_its_first_write_is_fenced_all_the_same()
    {
        var node = Start();
        var fresh = await node.RecoverAsync("new", isNew: true);
        Assert.Equal(0, fresh.Recovered.Sequence);
        Assert.Equal(1, (await fresh.WriteAsync("one")).Sequence);
        Assert.Equal(2, (await fresh.WriteAsync("two")).Sequence);
        Assert.Equal(0, Store.Loads);

        var wrong = await node.RecoverAsync("new", isNew: true);
        Assert.Equal(0, wrong.Recovered.Sequence);
        var refused = await wrong.RefusedAsync(new Note("three"));
        Assert.IsType<CommitResult.SequenceConflict>(Assert.IsType<CommitRefusedException>(refused).Result);
        await wrong.GoneAsync();
        Assert.Equal(["one", "two"], await TextsAsync("new"));
    }

    [Fact]
    public async Task A_snapshot_comes_back_with_the_events_after_it()
    {
        var node = Start();
        var entity = await node.RecoverAsync("a", hasSnapshots: true);
        await entity.WriteAsync("one");
        entity.Tell(new Note("two", "three")
        {
            Commit = own => new EntityCommit([own with { Snapshot = new StoredSnapshot(3, 1, Encoding.UTF8.GetBytes("all three")) }]),
        });
        await entity.HearAsync<Told.Written>();
        await entity.WriteAsync("four");
        await entity.WriteAsync("five");

        var before = Store.Loads;
        var again = await Start().RecoverAsync("a", hasSnapshots: true);
        Assert.Equal("all three", again.Recovered.Snapshot);
        Assert.Equal(["four", "five"], again.Recovered.Texts);
        Assert.Equal(5, again.Recovered.Sequence);
        Assert.Equal(1, Store.Loads - before);
        Assert.Equal(6, (await again.WriteAsync("six")).Sequence);
    }

    [Fact]
    public async Task Who_does_not_ask_for_a_snapshot_that_there_is_does_not_recover()
    {
        var node = Start();
        var entity = await node.RecoverAsync("a");
        entity.Tell(new Note("one") { Commit = own => new EntityCommit([own with { Snapshot = new StoredSnapshot(1, 1, "s"u8.ToArray()) }]) });
        await entity.HearAsync<Told.Written>();

        Assert.IsType<HistoryMovedException>((await node.Make("a").HearAsync<Told.NotRecovered>()).Cause);
    }

    [Fact]
    public async Task What_was_erased_goes_on_from_its_last_number()
    {
        var node = Start();
        await (await node.RecoverAsync("a")).WriteAsync("one", "two");
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(new EntityCommit([EntityWrite.Erase(Key("a"), 2)])));

        var again = await node.RecoverAsync("a");
        Assert.Equal(2, again.Recovered.Sequence);
        Assert.Empty(again.Recovered.Texts);
        await again.WriteAsync("three");
        Assert.Equal(["three"], (await node.RecoverAsync("a")).Recovered.Texts);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_recovery_waits_for_the_write_of_the_incarnation_before(bool hasSnapshots)
    {
        var node = Start();
        var first = await node.RecoverAsync("a");
        Store.Hold();
        first.Tell(new Note("one"));
        await Store.HeldAsync(1);
        first.Tell(new Fail());
        var before = Store.Loads;
        var second = node.Make("a", hasSnapshots: hasSnapshots);
        var other = await node.RecoverAsync("b");
        Assert.Equal(1, Store.Loads - before);

        Store.LetGo();
        Assert.Equal(["one"], (await second.HearAsync<Told.Recovered>()).Texts);
        Assert.Equal(2, (await second.WriteAsync("two")).Sequence);
        await other.WriteAsync("other");
    }

    [Fact]
    public async Task A_recovery_does_not_fail_with_that_write()
    {
        var node = Start();
        var first = await node.RecoverAsync("a");
        Store.Hold();
        first.Tell(new Note("one"));
        await Store.HeldAsync(1);
        var second = node.Make("a");
        var third = node.Make("a", hasSnapshots: true);

        Assert.IsType<CommitResult.Committed>(await CommitBehindAsync("a", "stranger"));
        Store.LetGo();
        Assert.Equal(["stranger"], (await second.HearAsync<Told.Recovered>()).Texts);
        Assert.Equal(["stranger"], (await third.HearAsync<Told.Recovered>()).Texts);
    }

    [Fact]
    public async Task B65_What_the_codec_cannot_read_is_handed_out_as_such_with_its_words_and_is_the_last()
    {
        await Store.CommitAsync(new EntityCommit([new EntityWrite(Key("a"), 0,
        [
            new StoredEvent(1, "sample.noted", 1, SampleEntity.At, "one"u8.ToArray()),
            new StoredEvent(2, "sample.unknown", 7, SampleEntity.At, "{}"u8.ToArray()),
            new StoredEvent(3, "sample.noted", 1, SampleEntity.At, "three"u8.ToArray()),
        ])]));

        var recovered = await Start().Make("a").HearAsync<Told.Recovered>();

        Assert.Equal(("one", 2, 3L), (recovered.Texts[0], recovered.Texts.Length, recovered.Sequence));
        Assert.Contains("2 cannot be read (", recovered.Texts[1]);
        Assert.Contains("sample.unknown/7", recovered.Texts[1]);
    }

    /// <summary>Writes to the store itself, past everything that is held.</summary>
    private async Task<CommitResult> CommitBehindAsync(string id, string text) =>
        await Store.Behind.CommitAsync(new EntityCommit(
            [new EntityWrite(Key(id), 0, [new StoredEvent(1, "sample.noted", 1, SampleEntity.At, Encoding.UTF8.GetBytes(text))])]));
}
