using System.Collections.Immutable;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task An_entity_that_was_never_written_is_empty()
    {
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal((0, null), (history.LastSequence, history.Snapshot));
        Assert.Empty(history.Events);
        Assert.Empty(await Store.EventsAsync(Run("a"), 0, 10));
    }

    [Fact]
    public async Task Events_come_back_as_they_were_written()
    {
        StoredEvent first = new(1, "run.created", 3, Noon.AddTicks(1_234_567), """{"name":"größer 🎉"}"""u8.ToArray());
        StoredEvent second = new(2, "run.started", 1, Noon.ToOffset(TimeSpan.FromHours(5)), ReadOnlyMemory<byte>.Empty);
        await MustCommitAsync(new EntityWrite(Run("a"), 0, [first, second]));

        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal(2, history.LastSequence);
        Assert.Equal(
            [(1, "run.created", 3, first.At), (2, "run.started", 1, second.At)], history.Events.Select(e => (e.Sequence, e.Type, e.Version, e.At)));
        Assert.Equal(first.Payload.ToArray(), history.Events[0].Payload.ToArray());
        Assert.True(history.Events[1].Payload.IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_write_at_another_sequence_number_is_refused_with_the_actual_one(long expected)
    {
        await MustCommitAsync(Write("a", 0, 2));
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 2), await CommitAsync(Write("a", expected)));
        Assert.Equal(2, await SequenceAsync("a"));
    }

    [Fact]
    public async Task The_fence_is_checked_for_a_write_without_events_too()
    {
        await MustCommitAsync(Write("a", 0));
        Assert.IsType<CommitResult.SequenceConflict>(await CommitAsync(Write("a", 0, 0) with { WakeUp = new(Noon) }));
        Assert.Empty(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        await MustCommitAsync(Write("a", 1, 0) with { WakeUp = new(Noon) });
        Assert.Single(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        Assert.Equal(1, await SequenceAsync("a"));
    }

    [Fact]
    public async Task Of_two_writers_of_one_entity_one_wins()
    {
        await MustCommitAsync(Write("a", 0));
        CommitResult[] results = await Task.WhenAll(CommitAsync(Write("a", 1, 2)), CommitAsync(Write("a", 1)));
        Assert.IsType<CommitResult.Committed>(results[0]);
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 3), results[1]);
    }

    [Fact]
    public async Task Entities_of_the_same_id_and_another_kind_are_others()
    {
        await MustCommitAsync(Write("a", 0, 2), new EntityWrite(new EntityKey("Deployment", "a"), 0, [Event(1)]));
        Assert.Equal(2, await SequenceAsync("a"));
        Assert.Equal(1, (await Store.LoadAsync(new EntityKey("Deployment", "a"))).LastSequence);
    }

    [Fact]
    public async Task Creating_an_entity_that_exists_is_left_out_with_all_that_belongs_to_it()
    {
        await MustCommitAsync(Write("run", 0));
        EntityWrite again = Created("run") with { WakeUp = new(Noon), Rows = [SampleTables.Put("run", "Late", 1)], Slots = [new("limit", 0, true)] };
        ImmutableArray<EntityKey> skipped = await MustCommitAsync(Write("deployment", 0), again, Created("other"));

        AssertSame([Run("run")], skipped);
        Assert.Equal((1, 1, 1), (await SequenceAsync("run"), await SequenceAsync("deployment"), await SequenceAsync("other")));
        Assert.Null(await Store.RowAsync("runs", "run"));
        Assert.Empty(await Store.SlotsAsync());
        Assert.Empty(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
    }

    [Fact]
    public async Task A_slot_that_a_skipped_write_wants_does_not_refuse_the_commit()
    {
        await MustCommitAsync(Write("holder", 0) with { Slots = [new("limit", 0, true)] }, Write("run", 0));
        AssertSame([Run("run")], await MustCommitAsync(Created("run") with { Slots = [new("limit", 0, true)] }));
    }

    [Fact]
    public async Task A_conflict_of_one_entity_refuses_the_whole_commit()
    {
        await MustCommitAsync(Write("b", 0));
        EntityWrite first = Write("a", 0) with { WakeUp = new(Noon), Rows = [SampleTables.Put("a", "Late", 1)], Slots = [new("limit", 0, true)] };
        Assert.Equal(new CommitResult.SequenceConflict(Run("b"), 1), await CommitAsync(first, Write("b", 0)));
        await AssertNothingOf("a");
    }

    [Fact]
    public async Task Commits_that_break_the_contract_are_refused_as_mistakes_of_the_caller()
    {
        foreach (EntityCommit commit in (EntityCommit[])
        [
            Commit(),
            Commit(Write("a", 0), Write("a", 1)),
            Commit(new EntityWrite(Run("a"), 0, [Event(2)])),
            Commit(new EntityWrite(Run("a"), 3, [Event(4), Event(6)])),
            Commit(new EntityWrite(Run(""), 0, [Event(1)])),
            Commit(new EntityWrite(new EntityKey("Flow/Run", "a"), 0, [Event(1)])),
            Commit(new EntityWrite(Run(new string('x', 513)), 0, [Event(1)])),
            Commit(Write("a", 2) with { Precondition = WritePrecondition.CreateIfAbsent }),
            Commit(Write("a", 0) with { Precondition = WritePrecondition.EraseIfUnchanged }),
            Commit(EntityWrite.Erase(Run("a"), 1) with { WakeUp = new(Noon) }),
            Commit(EntityWrite.Erase(Run("a"), 1) with { Slots = [new("limit", 0, true)] }),
            Commit(Write("a", 0) with { Snapshot = new StoredSnapshot(2, 1, new byte[1]) }),
            Commit(Write("a", 0) with { Rows = [RowChange.Put("unknown", "k", "v")] }),
            Commit(Write("a", 0) with { Rows = [RowChange.Put("notes", "k", "v", "w")] }),
            Commit(Write("a", 0) with { Rows = [RowChange.Put("notes", "k", 7L)] }),
            Commit(Write("a", 0) with { Slots = [new("limit", -1, true)] }),
        ])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.CommitAsync(commit));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.EventsAsync(Run("a"), 0, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WakeUpsAsync(Noon, null, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WakeUpsAsync(Noon, null, 1, -1));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WakeUpsAsync(Noon, null, 1, EntitySlices.Count));
        await MustCommitAsync(Write("a", 0));
    }

    private Task AssertNothingOf(string id) => AssertErased(id, 0);

    private async Task AssertErased(string id, long remembered)
    {
        EntityHistory history = await Store.LoadAsync(Run(id));
        Assert.Equal((remembered, null), (history.LastSequence, history.Snapshot));
        Assert.Empty(history.Events);
        Assert.Empty(await Store.EventsAsync(Run(id), 0, 10));
        Assert.Null(await Store.RowAsync("runs", id));
        Assert.DoesNotContain(await Store.SlotsAsync(), slot => slot.Holder == Run(id));
        Assert.DoesNotContain(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 100), wakeUp => wakeUp.Entity == Run(id));
    }
}
