using System.Collections.Immutable;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task Wake_ups_come_by_time_then_kind_then_id_and_only_those_that_are_due()
    {
        await Wake(Run("b"), Noon);
        await Wake(Run("a"), Noon);
        await Wake(new EntityKey("Deployment", "z"), Noon);
        await Wake(Run("first"), Noon.AddMilliseconds(-1));
        await Wake(Run("later"), Noon.AddMilliseconds(1));

        Assert.Equal(
            ["FlowRun/first", "Deployment/z", "FlowRun/a", "FlowRun/b"],
            (await Store.WakeUpsAsync(Noon, null, 10)).Select(wakeUp => wakeUp.Entity.ToString()));
        Assert.Equal(Noon.AddMilliseconds(1), (await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10))[^1].At);
        Assert.Empty(await Store.WakeUpsAsync(DateTimeOffset.MinValue, null, 10));
    }

    [Fact]
    public async Task Wake_ups_are_paged_without_gaps()
    {
        for (int i = 0; i < 10; i++)
        {
            await Wake(Run($"{i}"), Noon.AddMilliseconds(i / 4));
        }

        List<string> seen = [];
        ImmutableArray<WakeUp> page = await Store.WakeUpsAsync(Noon.AddDays(1), null, 3);
        while (!page.IsEmpty)
        {
            seen.AddRange(page.Select(wakeUp => wakeUp.Entity.Id));
            page = await Store.WakeUpsAsync(Noon.AddDays(1), page[^1], 3);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), seen);
    }

    [Fact]
    public async Task Wake_ups_of_one_slice_are_paged_in_the_same_order_and_all_slices_together_are_all()
    {
        for (int i = 0; i < 100; i++)
        {
            await Wake(new EntityKey(i % 3 == 0 ? "Deployment" : "FlowRun", $"{i}"), Noon.AddMilliseconds(i / 40));
        }

        await Wake(Run("later"), Noon.AddDays(1));
        ImmutableArray<WakeUp> all = await Store.WakeUpsAsync(Noon.AddHours(1), null, 1_000);
        Assert.Equal(100, all.Length);
        for (int slice = 0; slice < EntitySlices.Count; slice++)
        {
            List<WakeUp> seen = [];
            ImmutableArray<WakeUp> page = await Store.WakeUpsAsync(Noon.AddHours(1), null, 3, slice);
            while (!page.IsEmpty)
            {
                seen.AddRange(page);
                page = await Store.WakeUpsAsync(Noon.AddHours(1), page[^1], 3, slice);
            }

            Assert.Equal(all.Where(wakeUp => EntitySlices.Of(wakeUp.Entity) == slice), seen);
        }
    }

    [Fact]
    public async Task A_page_of_wake_ups_goes_on_after_one_that_is_gone()
    {
        await Wake(Run("a"), Noon);
        Assert.Equal(Run("a"), Assert.Single(await Store.WakeUpsAsync(Noon, new WakeUp(Run("Z"), Noon), 5)).Entity);
        Assert.Empty(await Store.WakeUpsAsync(Noon, new WakeUp(Run("b"), Noon), 5));
        Assert.Empty(await Store.WakeUpsAsync(Noon, new WakeUp(Run("a"), Noon), 5));
    }

    [Fact]
    public async Task A_wake_up_is_replaced_kept_and_cleared()
    {
        await MustCommitAsync(Write("a", 0) with { WakeUp = new(Noon) });
        await MustCommitAsync(Write("a", 1) with { WakeUp = new(Noon.AddHours(1)) });
        await MustCommitAsync(Write("a", 2));
        AssertSame([new WakeUp(Run("a"), Noon.AddHours(1))], await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        await MustCommitAsync(Write("a", 3) with { WakeUp = new(null) });
        Assert.Empty(await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10));
        await MustCommitAsync(Write("a", 4) with { WakeUp = new(null) });
    }

    [Fact]
    public async Task A_wake_up_never_rings_early()
    {
        await Wake(Run("a"), Noon.AddTicks(1));
        Assert.Empty(await Store.WakeUpsAsync(Noon.AddTicks(9_999), null, 10));
        AssertSame([new WakeUp(Run("a"), Noon.AddMilliseconds(1))], await Store.WakeUpsAsync(Noon.AddMilliseconds(1), null, 10));
        await Wake(Run("never"), DateTimeOffset.MaxValue);
        Assert.Equal(2, (await Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 10)).Length);
    }

    private Task Wake(EntityKey entity, DateTimeOffset at) => MustCommitAsync(new EntityWrite(entity, 0, [Event(1)]) { WakeUp = new(at) });
}
