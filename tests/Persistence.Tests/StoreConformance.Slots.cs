using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    private static SlotChange Take(int number, string limit = "limit") => new(limit, number, true);

    private static SlotChange GiveBack(int number, string limit = "limit") => new(limit, number, false);

    [Fact]
    public async Task Slots_are_listed_by_limit_and_number_with_their_holders()
    {
        await MustCommitAsync(Write("a", 0) with { Slots = [Take(10), Take(9), Take(1, "else")] });
        await MustCommitAsync(Write("b", 0) with { Slots = [Take(2)] });
        AssertSame(
            [new SlotRow("else", 1, Run("a")), new SlotRow("limit", 2, Run("b")), new SlotRow("limit", 9, Run("a")), new SlotRow(
                "limit", 10, Run("a"))],
            await Store.SlotsAsync());
    }

    [Fact]
    public async Task A_slot_of_another_entity_refuses_the_whole_commit_and_names_the_holder()
    {
        await MustCommitAsync(Write("holder", 0) with { Slots = [Take(1)] });
        EntityWrite second = Write("b", 0) with { WakeUp = new(Noon), Rows = [SampleTables.Put("b", "Late", 1)], Slots = [Take(0), Take(1)] };
        Assert.Equal(new CommitResult.SlotConflict("limit", 1, Run("holder")), await CommitAsync(Write("a", 0) with { Slots = [Take(2)] }, second));
        await AssertNothingOf("a");
        await AssertNothingOf("b");
        AssertSame([new SlotRow("limit", 1, Run("holder"))], await Store.SlotsAsync());
    }

    [Fact]
    public async Task Taking_a_slot_again_that_one_holds_changes_nothing()
    {
        await MustCommitAsync(Write("a", 0) with { Slots = [Take(1)] });
        await MustCommitAsync(Write("a", 1) with { Slots = [Take(1)] });
        AssertSame([new SlotRow("limit", 1, Run("a"))], await Store.SlotsAsync());
    }

    [Fact]
    public async Task Only_the_holder_gives_a_slot_back()
    {
        await MustCommitAsync(Write("a", 0) with { Slots = [Take(1)] });
        await MustCommitAsync(Write("b", 0) with { Slots = [GiveBack(1), GiveBack(7)] });
        AssertSame([new SlotRow("limit", 1, Run("a"))], await Store.SlotsAsync());
        await MustCommitAsync(Write("a", 1) with { Slots = [GiveBack(1)] });
        Assert.Empty(await Store.SlotsAsync());
    }

    [Fact]
    public async Task Changes_of_a_slot_within_a_commit_hold_in_their_order()
    {
        await MustCommitAsync(Write("a", 0) with { Slots = [Take(1), GiveBack(1), Take(2), GiveBack(2), Take(2)] });
        AssertSame([new SlotRow("limit", 2, Run("a"))], await Store.SlotsAsync());

        await MustCommitAsync(Write("a", 1) with { Slots = [GiveBack(2)] }, Write("b", 0) with { Slots = [Take(2)] });
        AssertSame([new SlotRow("limit", 2, Run("b"))], await Store.SlotsAsync());
    }

    [Fact]
    public async Task Two_entities_of_one_commit_cannot_take_the_same_slot()
    {
        CommitResult result = await CommitAsync(Write("a", 0) with { Slots = [Take(1)] }, Write("b", 0) with { Slots = [GiveBack(1), Take(1)] });
        Assert.Equal(new CommitResult.SlotConflict("limit", 1, Run("a")), result);
        Assert.Empty(await Store.SlotsAsync());
    }

    [Fact]
    public async Task A_slot_given_back_is_taken_by_the_next_commit_of_the_same_group()
    {
        await MustCommitAsync(Write("a", 0) with { Slots = [Take(1)] });
        CommitResult[] results = await Task.WhenAll(
            CommitAsync(Write("early", 0) with { Slots = [Take(1)] }),
            CommitAsync(Write("a", 1) with { Slots = [GiveBack(1)] }),
            CommitAsync(Write("b", 0) with { Slots = [Take(1)] }),
            CommitAsync(Write("late", 0) with { Slots = [Take(1)] }));

        Assert.Equal(new CommitResult.SlotConflict("limit", 1, Run("a")), results[0]);
        Assert.IsType<CommitResult.Committed>(results[1]);
        Assert.IsType<CommitResult.Committed>(results[2]);
        Assert.Equal(new CommitResult.SlotConflict("limit", 1, Run("b")), results[3]);
        AssertSame([new SlotRow("limit", 1, Run("b"))], await Store.SlotsAsync());
    }
}
