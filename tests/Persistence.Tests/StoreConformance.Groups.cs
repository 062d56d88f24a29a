using System.Text;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task In_a_group_a_refused_commit_does_not_touch_the_others()
    {
        await MustCommitAsync(Write("taken", 0) with { Slots = [Take(0)] });
        Task<CommitResult>[] group = [.. Enumerable.Range(0, 300).Select(i => (i % 3) switch
        {
            0 => CommitAsync(Write($"{i}", 0) with { Rows = [SampleTables.Put($"{i}", "Late", i)] }),
            1 => CommitAsync(Write($"{i}", 0) with { Rows = [SampleTables.Put($"{i}", "Late", i)] }, Write("taken", 0)),
            _ => CommitAsync(Write($"{i}", 0) with { Rows = [SampleTables.Put($"{i}", "Late", i)], Slots = [Take(0)] }),
        })];
        CommitResult[] results = await Task.WhenAll(group);

        for (int i = 0; i < results.Length; i++)
        {
            bool stands = i % 3 == 0;
            Assert.Equal(stands, results[i] is CommitResult.Committed);
            Assert.Equal(stands ? 1 : 0, await SequenceAsync($"{i}"));
            Assert.Equal(stands, await Store.RowAsync("runs", $"{i}") is not null);
        }
    }

    [Fact]
    public async Task Commits_of_one_caller_are_decided_in_the_order_they_were_made()
    {
        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => CommitAsync(Write("a", i))));
        Assert.All(results, result => Assert.IsType<CommitResult.Committed>(result));
        Assert.Equal(500, await SequenceAsync("a"));
    }

    [Fact]
    public async Task Fifty_writers_of_four_entities_leave_no_gap_and_lose_nothing()
    {
        const int writers = 50, each = 10;
        List<string>[] done = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteUntilDone(writer, each))));

        List<string> stored = [];
        for (int entity = 0; entity < 4; entity++)
        {
            EntityHistory history = await Store.LoadAsync(Run($"hot{entity}"));
            Assert.Equal(Enumerable.Range(1, (int)history.LastSequence).Select(i => (long)i), history.Events.Select(e => e.Sequence));
            stored.AddRange(history.Events.Select(e => Encoding.UTF8.GetString(e.Payload.Span)));
        }

        Assert.Equal(writers * each, stored.Count);
        Assert.Equal(done.SelectMany(list => list).Order(), stored.Order());
    }

    private async Task<List<string>> WriteUntilDone(int writer, int successes)
    {
        List<string> done = [];
        for (int i = 0; done.Count < successes; i++)
        {
            EntityKey entity = Run($"hot{(writer + done.Count) % 4}");
            long last = (await Store.LoadAsync(entity)).LastSequence;
            string payload = $"\"{writer}.{i}\"";
            if (await Store.CommitAsync(Commit(new EntityWrite(entity, last, [Event(last + 1, payload)]))) is CommitResult.Committed)
            {
                done.Add(payload);
            }
        }

        return done;
    }

    [Fact]
    public async Task A_store_that_works_answers_a_ping() => await Store.PingAsync();

    [Fact]
    public async Task A_disposed_store_refuses_to_work_and_has_written_what_was_queued()
    {
        Task<CommitResult>[] queued = [.. Enumerable.Range(0, 100).Select(i => CommitAsync(Write($"{i}", 0)))];
        await Store.DisposeAsync();
        Assert.All(await Task.WhenAll(queued), result => Assert.IsType<CommitResult.Committed>(result));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => CommitAsync(Write("a", 0)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.LoadAsync(Run("a")));
    }
}
