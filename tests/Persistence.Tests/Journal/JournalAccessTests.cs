using System.Collections.Immutable;
using Akka.Persistence;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.InMemoryStore;
using Runner.Persistence.Journal;

namespace Runner.Persistence.Tests.Journal;

/// <summary>What comes in between the steps of a recovery.</summary>
public sealed class JournalAccessTests : IDisposable
{
    private readonly WatchedStore _store = new(new InMemoryEntityStore(SampleTables.All));
    private readonly JournalAccess _access;
    private TimeSpan _now;

    public JournalAccessTests() => _access = new JournalAccess(_store, new TextCodec(), () => _now);

    public void Dispose() => _store.DisposeAsync().AsTask().Wait();

    private static EntityKey Key { get; } = new("Sample", "a");

    [Fact]
    public async Task A_write_of_this_system_is_found_by_a_recovery_that_began_before_it()
    {
        await WriteAsync(0, "one");
        var history = await _access.LoadAsync("Sample/a");
        Assert.Equal(1, history.LastSequence);
        await WriteAsync(1, "two");
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 0));
        Assert.Equal(["one", "two"], await ReplayAsync(1, 2));
    }

    [Fact]
    public async Task What_is_loaded_while_a_write_begins_is_not_kept()
    {
        await WriteAsync(0, "one");
        _store.AfterLoad = async _ =>
        {
            _store.AfterLoad = null;
            await WriteAsync(1, "two");
        };
        Assert.Equal(1, (await _access.LoadAsync("Sample/a")).LastSequence);
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 0));
    }

    [Fact]
    public async Task A_write_elsewhere_is_left_to_the_fence()
    {
        await WriteAsync(0, "one");
        Assert.Equal(1, await _access.HighestAsync("Sample/a", 0));
        await CommitElsewhereAsync(Noted(1, "two"));

        // The number was told already: what came after it is not handed out.
        Assert.Equal(["one"], await ReplayAsync(1, 1));
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 0));
    }

    [Fact]
    public async Task Two_recoveries_at_once_each_get_what_they_were_told()
    {
        await WriteAsync(0, "one");
        Assert.Equal(1, await _access.HighestAsync("Sample/a", 0));
        await CommitElsewhereAsync(Noted(1, "two"));
        _now += TimeSpan.FromMinutes(1);
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 0));

        Assert.Equal(["one"], await ReplayAsync(1, 1));
        Assert.Equal(["one", "two"], await ReplayAsync(1, 2));
    }

    [Fact]
    public async Task Events_that_a_snapshot_replaced_meanwhile_fail_the_replay()
    {
        await WriteAsync(0, "one", "two");
        Assert.Null((await _access.LoadAsync("Sample/a")).Snapshot);
        await WriteAsync(new EntityWrite(Key, 2, [Event(3, "three")]) { Snapshot = new StoredSnapshot(3, 1, "s"u8.ToArray()) });
        Assert.Equal(3, await _access.HighestAsync("Sample/a", 0));
        await Assert.ThrowsAsync<HistoryMovedException>(() => ReplayAsync(1, 3));
    }

    [Fact]
    public async Task An_entity_that_was_erased_after_its_snapshot_was_handed_out_fails_the_replay()
    {
        await WriteAsync(new EntityWrite(Key, 0, [Event(1, "one"), Event(2, "two")]) { Snapshot = new StoredSnapshot(1, 1, "s"u8.ToArray()) });
        Assert.NotNull((await _access.LoadAsync("Sample/a")).Snapshot);
        await CommitElsewhereAsync(EntityWrite.Erase(Key, 2));
        _now += TimeSpan.FromMinutes(1);
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 1));
        await Assert.ThrowsAsync<HistoryMovedException>(() => ReplayAsync(2, 2));
    }

    [Fact]
    public async Task A_load_that_nobody_used_is_dropped_after_two_seconds()
    {
        await WriteAsync(0, "one");
        await _access.LoadAsync("Sample/a");
        await CommitElsewhereAsync(Noted(1, "two"));
        _now += TimeSpan.FromSeconds(3);
        Assert.Equal(2, await _access.HighestAsync("Sample/a", 0));
    }

    [Fact]
    public async Task A_replay_is_bounded_as_it_was_asked()
    {
        await WriteAsync(0, "one", "two", "three", "four");
        Assert.Equal(["two", "three"], await ReplayAsync(2, 3));
        Assert.Equal(["two"], await ReplayAsync(2, 4, 1));
        Assert.Empty(await ReplayAsync(1, 4, 0));
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        var kept = new LoadedHistories(() => default);
        foreach (var id in Enumerable.Range(0, 3_000))
        {
            kept.Keep(kept.Begin(new EntityKey("Sample", $"{id}")), new EntityHistory(null, [Event(1, "one")], 1));
        }

        Assert.Equal(1_024, kept.Count);
        Assert.Null(kept.Find(new EntityKey("Sample", "0"), 0));
        Assert.NotNull(kept.Find(new EntityKey("Sample", "2999"), 0));

        // As many events as are kept of all.
        ImmutableArray<StoredEvent> many = [.. Enumerable.Range(1, 50_000).Select(i => Event(i, "x"))];
        kept.Keep(kept.Begin(new EntityKey("Sample", "long")), new EntityHistory(null, many, many.Length));
        Assert.Equal(1, kept.Count);
        Assert.NotNull(kept.Take(new EntityKey("Sample", "long"), 50_000));
        Assert.Equal(0, kept.Count);
    }

    private static StoredEvent Event(long sequence, string text) =>
        new(sequence, "sample.noted", 1, SampleEntity.At, System.Text.Encoding.UTF8.GetBytes(text));

    private static EntityWrite Noted(long expected, params string[] texts) =>
        new(Key, expected, [.. texts.Select((text, i) => Event(expected + i + 1, text))]);

    private Task WriteAsync(long expected, params string[] texts) => WriteAsync(Noted(expected, texts));

    private async Task WriteAsync(EntityWrite write)
    {
        var first = new PersistedCommit(new EntityCommit([write]));
        var events = write.Events.Select((e, i) => new Persistent(i == 0 ? first : PersistedRest.Instance, e.Sequence, "Sample/a"));
        Assert.Null(await _access.Writes.WriteAsync([new AtomicWrite(events.ToImmutableList<IPersistentRepresentation>())]));
        Assert.NotNull(first.Outcome);
    }

    private async Task CommitElsewhereAsync(EntityWrite write) =>
        Assert.Empty(Assert.IsType<CommitResult.Committed>(await _store.Behind.CommitAsync(new EntityCommit([write]))).Skipped);

    private async Task<List<string>> ReplayAsync(long from, long to, long atMost = long.MaxValue)
    {
        List<string> replayed = [];
        await _access.ReplayAsync("Sample/a", from, to, atMost, p =>
        {
            Assert.Equal("Sample/a", p.PersistenceId);
            replayed.Add((string)((JournaledEvent)p.Payload).Event);
        });
        return replayed;
    }
}
