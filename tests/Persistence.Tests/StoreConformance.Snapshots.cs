using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_snapshot_replaces_the_events_up_to_it()
    {
        await MustCommitAsync(Write("a", 0, 3));
        await MustCommitAsync(Write("a", 3, 2) with { Snapshot = new StoredSnapshot(4, 2, "{\"n\":4}"u8.ToArray()) });

        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal((4, 2), (history.Snapshot!.Sequence, history.Snapshot.Version));
        Assert.Equal("{\"n\":4}"u8.ToArray(), history.Snapshot.Payload.ToArray());
        Assert.Equal([5], history.Events.Select(e => e.Sequence));
        Assert.Equal(5, history.LastSequence);
        Assert.Equal([5], (await Store.EventsAsync(Run("a"), 0, 10)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task An_entity_of_which_only_a_snapshot_is_left_keeps_its_sequence_number()
    {
        await MustCommitAsync(Write("a", 0, 3) with { Snapshot = new StoredSnapshot(3, 1, "{}"u8.ToArray()) });
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal(3, history.LastSequence);
        Assert.Empty(history.Events);
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 3), await CommitAsync(Write("a", 0)));
        AssertSame([Run("a")], await MustCommitAsync(Created("a")));
        await MustCommitAsync(Write("a", 3));
        Assert.Equal(4, await SequenceAsync("a"));
    }

    [Fact]
    public async Task A_snapshot_can_be_put_without_events_and_an_older_one_changes_nothing()
    {
        await MustCommitAsync(Write("a", 0, 4));
        await MustCommitAsync(Write("a", 4, 0) with { Snapshot = new StoredSnapshot(3, 1, "{}"u8.ToArray()) });
        await MustCommitAsync(Write("a", 4, 0) with { Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()) });
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal((3, 4), (history.Snapshot!.Sequence, history.LastSequence));
        Assert.Equal([4], history.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Events_are_read_in_pages()
    {
        await MustCommitAsync(Write("a", 0, 7));
        Assert.Equal([1, 2, 3], (await Store.EventsAsync(Run("a"), 0, 3)).Select(e => e.Sequence));
        Assert.Equal([6, 7], (await Store.EventsAsync(Run("a"), 5, 3)).Select(e => e.Sequence));
        Assert.Empty(await Store.EventsAsync(Run("a"), 7, 3));
    }
}
