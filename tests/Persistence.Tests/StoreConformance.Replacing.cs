using System.Text;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task B66_A_marker_takes_the_place_of_an_event_and_keeps_its_number()
    {
        await MustCommitAsync(Write("a", 0, 3));
        await MustCommitAsync(Write("b", 0, 1));

        await MustCommitAsync(Write("a", 3, 0) with { Replaces = [Marker(2)], WakeUp = new WakeUpChange(null) });

        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal([1, 2, 3], history.Events.Select(e => e.Sequence));
        Assert.Equal(
            ("marker", 4, "why"), (history.Events[1].Type, history.Events[1].Version, Encoding.UTF8.GetString(history.Events[1].Payload.Span)));
        Assert.Equal(3, history.LastSequence);
        await MustCommitAsync(Write("a", 3));
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 4), await CommitAsync(Write("a", 3, 0) with { Replaces = [Marker(1)] }));
        Assert.NotEqual("marker", (await Store.LoadAsync(Run("a"))).Events[0].Type);
    }

    [Fact]
    public async Task B66_What_takes_the_place_of_events_is_alone_and_of_numbers_that_were_written()
    {
        await MustCommitAsync(Write("a", 0, 2));
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(Write("a", 2, 0) with { Replaces = [Marker(3)] }));
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(Write("a", 2, 1) with { Replaces = [Marker(1)] }));
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(Write("a", 2, 0) with { Replaces = [Marker(1)] }, Write("b", 0, 1)));
    }

    [Fact]
    public async Task B66_A_snapshot_can_be_put_in_the_place_of_one_of_its_number()
    {
        await MustCommitAsync(Write("a", 0, 4) with { Snapshot = new StoredSnapshot(3, 1, "{}"u8.ToArray()) });
        await MustCommitAsync(Write("a", 4, 0) with { Snapshot = new StoredSnapshot(3, StoredSnapshot.Skipped, "marker"u8.ToArray()) });
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal((3L, StoredSnapshot.Skipped, 4L), (history.Snapshot!.Sequence, history.Snapshot.Version, history.LastSequence));
        Assert.Equal([4], history.Events.Select(e => e.Sequence));
    }

    private static StoredEvent Marker(long sequence) =>
        new(sequence, "marker", 4, new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), "why"u8.ToArray());
}
