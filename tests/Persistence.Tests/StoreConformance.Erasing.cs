using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task An_erased_entity_is_as_if_it_had_never_been_written_and_its_neighbours_are_untouched()
    {
        await MustCommitAsync(
            Full("a") with { Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()) },
            Write("aa", 0, 2) with { WakeUp = new(Noon), Rows = [SampleTables.Put("aa", "Late", 1, null, "red")] },
            new EntityWrite(new EntityKey("Deployment", "a"), 0, [Event(1)]));

        AssertSame([], await MustCommitAsync(EntityWrite.Erase(Run("a"), 3, RowChange.Delete("runs", "a")) with { Slots = [new("limit", 0, false)] }));

        await AssertNothingOf("a");
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Null(history.Snapshot);
        Assert.Empty(history.Events);
        Assert.Empty(await Store.EventsAsync(Run("a"), 0, 10));
        Assert.Equal((2, 1), (await SequenceAsync("aa"), (await Store.LoadAsync(new EntityKey("Deployment", "a"))).LastSequence));
        Assert.Equal([Run("aa")], (await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10)).Select(wakeUp => wakeUp.Entity));
        Assert.Equal(["aa"], (await Store.RowsAsync(new RowQuery("runs", [new("tags", RowOperator.Contains, "red")], [new("due")], 10))).Select(row => row.Key));
    }

    [Fact]
    public async Task Who_remembers_an_erased_entity_is_fenced_off()
    {
        await MustCommitAsync(Full("a"));
        await MustCommitAsync(EntityWrite.Erase(Run("a"), 3, RowChange.Delete("runs", "a")) with { Slots = [new("limit", 0, false)] });
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 0), await CommitAsync(Write("a", 3) with { Rows = [SampleTables.Put("a", "Late", 1)] }));
        await AssertNothingOf("a");
    }

    [Fact]
    public async Task An_erased_entity_can_be_created_anew_and_begins_at_one()
    {
        await MustCommitAsync(Full("a"));
        await MustCommitAsync(EntityWrite.Erase(Run("a"), 3));
        AssertSame([], await MustCommitAsync(Created("a")));
        Assert.Equal([1], (await Store.LoadAsync(Run("a"))).Events.Select(e => e.Sequence));
        await MustCommitAsync(Write("a", 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task An_erasure_at_another_sequence_number_is_left_out_and_the_others_of_its_commit_stand(long remembered)
    {
        await MustCommitAsync(Full("a"), Write("b", 0), Write("c", 0));
        AssertSame([Run("a")], await MustCommitAsync(
            EntityWrite.Erase(Run("b"), 1), EntityWrite.Erase(Run("a"), remembered, RowChange.Delete("runs", "a")), Write("c", 1)));
        Assert.Equal((3, 0, 2), (await SequenceAsync("a"), await SequenceAsync("b"), await SequenceAsync("c")));
        Assert.NotNull(await Store.RowAsync("runs", "a"));
        Assert.Single(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
    }

    [Fact]
    public async Task An_erasure_in_a_refused_commit_erases_nothing()
    {
        await MustCommitAsync(Full("a"), Write("b", 0));
        Assert.Equal(new CommitResult.SequenceConflict(Run("b"), 1), await CommitAsync(EntityWrite.Erase(Run("a"), 3), Write("b", 7)));
        Assert.Equal(3, await SequenceAsync("a"));
    }

    [Fact]
    public async Task Commits_between_erasures_are_taken_in_the_order_they_were_made()
    {
        const int entities = 200;
        await Task.WhenAll(Enumerable.Range(0, entities).Select(i => CommitAsync(Write($"{i}", 0))));
        List<Task<CommitResult>> commits = [];
        for (int i = 0; i < entities; i++)
        {
            commits.Add(CommitAsync(EntityWrite.Erase(Run($"{i}"), 1)));
            commits.Add(CommitAsync(Created($"{i}")));
            commits.Add(CommitAsync(Write($"{i}", 1)));
        }

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal("", string.Join(' ', Assert.IsType<CommitResult.Committed>(result).Skipped)));
        for (int i = 0; i < entities; i++)
        {
            Assert.Equal(2, await SequenceAsync($"{i}"));
        }
    }

    [Fact]
    public async Task The_place_of_a_row_is_told_by_how_many_are_before_it()
    {
        await MustCommitAsync(Write("a", 0) with
        {
            Rows = [.. Enumerable.Range(0, 20).Select(i => SampleTables.Put($"k{i:00}", i % 2 == 0 ? "Late" : "Early", i / 2, null, "red"))],
        });
        RowQuery late = new("runs", [new("state", RowOperator.Equal, "Late")], [new("due", true)], 1);
        AssertPlace(9, "k18", await Store.PlaceAsync(late, 0));
        AssertPlace(0, "k00", await Store.PlaceAsync(late, 9));
        Assert.Null(await Store.PlaceAsync(late, 10));
        RowQuery either = late with { Where = [new("state", RowOperator.In, System.Collections.Immutable.ImmutableArray.Create("Late", "Early"))] };
        AssertPlace(9, "k19", await Store.PlaceAsync(either, 0));
        AssertPlace(0, "k00", await Store.PlaceAsync(either, 19));
        AssertPlace(5, "k10", await Store.PlaceAsync(late with { Where = [new("tags", RowOperator.Contains, "red")] }, 9));
        Assert.Null(await Store.PlaceAsync(late with { Where = [new("state", RowOperator.In, System.Collections.Immutable.ImmutableArray<string>.Empty)] }, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PlaceAsync(late, -1));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PlaceAsync(late with { After = new RowPosition([1L], "k") }, 0));
    }

    private static void AssertPlace(long due, string key, RowPosition? place)
    {
        Assert.NotNull(place);
        Assert.Equal((due, key), ((long)Assert.Single(place.Values.ToArray())!, place.Key));
    }

    private static EntityWrite Full(string id) => Write(id, 0, 3) with
    {
        WakeUp = new(Noon), Rows = [SampleTables.Put(id, "Late", 1, null, "red")], Slots = [new("limit", 0, true)],
    };
}
