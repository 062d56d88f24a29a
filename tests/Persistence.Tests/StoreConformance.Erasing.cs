using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task Of_an_erased_entity_its_last_number_is_left_and_its_neighbours_are_untouched()
    {
        await MustCommitAsync(
            Full("a") with { Snapshot = new StoredSnapshot(2, 1, "{}"u8.ToArray()) },
            Write("aa", 0, 2) with { WakeUp = new(Noon), Rows = [SampleTables.Put("aa", "Late", 1, null, "red")] },
            new EntityWrite(new EntityKey("Deployment", "a"), 0, [Event(1)]));

        await EraseFullAsync("a");

        await AssertErased("a", 3);
        Assert.Equal((2, 1), (await SequenceAsync("aa"), (await Store.LoadAsync(new EntityKey("Deployment", "a"))).LastSequence));
        Assert.Equal([Run("aa")], (await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10)).Select(wakeUp => wakeUp.Entity));
        Assert.Equal(["aa"], (await Store.RowsAsync(new RowQuery("runs", [new("tags", RowOperator.Contains, "red")], [new("due")], 10)))
            .Select(row => row.Key));
    }

    [Fact]
    public async Task Creating_an_erased_entity_is_left_out_and_the_others_of_its_commit_stand()
    {
        await MustCommitAsync(Full("a"));
        await EraseFullAsync("a");
        AssertSame(
            [Run("a")], await MustCommitAsync(Write("b", 0), Created("a") with { WakeUp = new(Noon), Rows = [SampleTables.Put("a", "Late", 1)] }));
        Assert.Equal(1, await SequenceAsync("b"));
        await AssertErased("a", 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Who_remembers_an_erased_entity_at_another_number_is_fenced_off(long remembered)
    {
        await MustCommitAsync(Full("a"));
        await EraseFullAsync("a");
        Assert.Equal(new CommitResult.SequenceConflict(Run("a"), 3), await CommitAsync(
            Write("a", remembered) with { Rows = [SampleTables.Put("a", "Late", 1)] }));
        await AssertErased("a", 3);
    }

    [Fact]
    public async Task A_write_at_the_remembered_number_goes_on_from_there()
    {
        await MustCommitAsync(Full("a"));
        await EraseFullAsync("a");
        await MustCommitAsync(Write("a", 3, 0) with { WakeUp = new(Noon) });
        await MustCommitAsync(Write("a", 3, 2));
        EntityHistory history = await Store.LoadAsync(Run("a"));
        Assert.Equal([4, 5], history.Events.Select(e => e.Sequence));
        Assert.Equal((5, null), (history.LastSequence, history.Snapshot));
        Assert.Single(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
    }

    [Fact]
    public async Task An_entity_that_is_erased_again_is_remembered_at_its_new_number()
    {
        await MustCommitAsync(Full("a"));
        await EraseFullAsync("a");
        AssertSame([], await MustCommitAsync(EntityWrite.Erase(Run("a"), 3)));
        await MustCommitAsync(Write("a", 3, 2));
        AssertSame([], await MustCommitAsync(EntityWrite.Erase(Run("a"), 5)));
        await AssertErased("a", 5);
    }

    [Fact]
    public async Task An_erased_entity_is_forgotten_after_a_day()
    {
        await MustCommitAsync(Full("a"), Full("b"));
        await EraseFullAsync("a");
        await LaterAsync(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        AssertSame([Run("a")], await MustCommitAsync(Created("a")));
        await EraseFullAsync("b");

        await LaterAsync(TimeSpan.FromSeconds(1));
        await AssertNothingOf("a");
        AssertSame([], await MustCommitAsync(Created("a")));
        Assert.Equal([1], (await Store.LoadAsync(Run("a"))).Events.Select(e => e.Sequence));
        await AssertErased("b", 3);
    }

    [Fact]
    public async Task What_an_erased_entity_has_become_since_is_not_forgotten_with_it()
    {
        await MustCommitAsync(Full("events"), Full("snapshot"), Full("alarm"), Full("again"));
        foreach (string id in (string[])["events", "snapshot", "alarm", "again"])
        {
            await EraseFullAsync(id);
        }

        await MustCommitAsync(
            Write("events", 3), Write("snapshot", 3) with { Snapshot = new StoredSnapshot(4, 1, "{}"u8.ToArray()) },
            Write("alarm", 3, 0) with { WakeUp = new(Noon) }, Write("again", 3, 2));
        Time.Advance(TimeSpan.FromHours(1));
        await MustCommitAsync(EntityWrite.Erase(Run("again"), 5));

        await LaterAsync(TimeSpan.FromHours(23));
        Assert.Equal((4, 4, 0, 5), (
            await SequenceAsync("events"), await SequenceAsync("snapshot"), await SequenceAsync("alarm"), await SequenceAsync("again")));
        Assert.Equal(Run("alarm"), Assert.Single(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10)).Entity);
        await LaterAsync(TimeSpan.FromHours(1));
        await AssertNothingOf("again");
        Assert.Equal((4, 4), (await SequenceAsync("events"), await SequenceAsync("snapshot")));
    }

    [Fact]
    public async Task Erasing_what_never_was_leaves_nothing()
    {
        AssertSame([], await MustCommitAsync(EntityWrite.Erase(Run("a"), 0)));
        await AssertNothingOf("a");
        AssertSame([], await MustCommitAsync(Created("a")));
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
        Assert.Equal((3, 1, 2), (await SequenceAsync("a"), await SequenceAsync("b"), await SequenceAsync("c")));
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

        CommitResult[] results = await Task.WhenAll(commits);
        for (int i = 0; i < entities; i++)
        {
            Assert.Equal(["", $"FlowRun/{i}", ""], results.Skip(3 * i).Take(3)
                .Select(result => string.Join(' ', Assert.IsType<CommitResult.Committed>(result).Skipped)));
            Assert.Equal([2], (await Store.LoadAsync(Run($"{i}"))).Events.Select(e => e.Sequence));
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
        Assert.Null(await Store.PlaceAsync(
            late with { Where = [new("state", RowOperator.In, System.Collections.Immutable.ImmutableArray<string>.Empty)] }, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PlaceAsync(late, -1));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PlaceAsync(late with { After = new RowPosition([1L], "k") }, 0));
    }

    private static void AssertPlace(long due, string key, RowPosition? place)
    {
        Assert.NotNull(place);
        Assert.Equal((due, key), ((long)Assert.Single(place.Values.ToArray())!, place.Key));
    }

    private async Task EraseFullAsync(string id) => AssertSame(
        [], await MustCommitAsync(EntityWrite.Erase(Run(id), 3, RowChange.Delete("runs", id)) with { Slots = [new($"limit of {id}", 0, false)] }));

    /// <summary>Puts the clock forward and lets the store notice.</summary>
    private async Task LaterAsync(TimeSpan by)
    {
        Time.Advance(by);
        await MustCommitAsync(Write($"later {Time.GetUtcNow():O}", 0));
    }

    private static EntityWrite Full(string id) => Write(id, 0, 3) with
    {
        WakeUp = new(Noon), Rows = [SampleTables.Put(id, "Late", 1, null, "red")], Slots = [new($"limit of {id}", 0, true)],
    };
}
