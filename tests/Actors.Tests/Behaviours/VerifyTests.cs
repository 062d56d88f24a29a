using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>B67: whatever is damaged in a store, `runner verify` finds it, names it, and finds nothing else.</summary>
/// <param name="cut">The beginning of an event, in the words of the database.</param>
public abstract class VerifyTests(TestedStore store, string cut) : BehaviourTests(store)
{
    [Fact]
    public async Task B67_Nothing_is_wrong_with_what_a_node_leaves_while_it_runs_and_afterwards()
    {
        await using var node = await StartAsync();
        var world = await FillAsync(node);

        var running = await node.Verify();
        Assert.Empty(running.Problems);
        Assert.Equal((2, 4), (running.Deployments, running.Runs));
        Assert.InRange(running.Slots, 3, 10);

        await node.Cancel(world.Running);
        await node.Ended(world.Running);
        await node.Node.AskAsync(new DeleteDeployment("verify/scheduled", RunsOnDelete.Cancel), default);
        // One that was pruned and made anew goes on after its old number.
        var kept = await node.Submit("verify/one", key: "again");
        await node.Ended(kept);
        await node.Node.AskAsync(new PruneRuns(TimeSpan.Zero, 0), default);
        Assert.Equal(kept, await node.Submit("verify/one", key: "again"));
        await node.Ended(kept);
        await node.StopNodeAsync();

        Assert.Empty((await node.Verify()).Problems);
    }

    [Fact]
    public async Task B67_Each_planted_damage_is_found_and_named_and_nothing_else()
    {
        await using var node = await StartAsync();
        var world = await FillAsync(node);
        await node.StopNodeAsync(StopMode.Immediate);
        Assert.Empty((await node.Verify()).Problems);
        var (ended, later, waiting) = ($"FlowRun/{world.Ended}", $"FlowRun/{world.Later}", $"FlowRun/{world.Waiting}");

        foreach (var (damage, mend, problems) in new (string, string, (string Kind, string? Entity, long? Number, string Words)[])[]
        {
            (
                $"UPDATE journal SET manifest = 'run.finisheD/1' WHERE persistence_id = '{ended}' AND manifest = 'run.finished/1'",
                "UPDATE journal SET manifest = 'run.finished/1' WHERE manifest = 'run.finisheD/1'",
                [("event", ended, 4, "cannot be read (")]),
            (
                $"UPDATE journal SET manifest = 'run.finished/2' WHERE persistence_id = '{ended}' AND manifest = 'run.finished/1'",
                "UPDATE journal SET manifest = 'run.finished/1' WHERE manifest = 'run.finished/2'",
                [("event", ended, 4, "of version 2")]),
            (
                $"UPDATE journal SET sequence_number = 40 WHERE persistence_id = '{ended}' AND sequence_number = 4",
                $"UPDATE journal SET sequence_number = 4 WHERE persistence_id = '{ended}' AND sequence_number = 40",
                [("event", ended, 4, "is missing, with all up to event 39")]),
            (
                $"UPDATE journal SET sequence_number = -2 WHERE persistence_id = '{ended}' AND sequence_number = 2",
                $"UPDATE journal SET sequence_number = 2 WHERE persistence_id = '{ended}' AND sequence_number = -2",
                []),
            (
                $"UPDATE journal SET created = created - 700000000000000000 WHERE persistence_id = '{ended}' AND sequence_number = 1",
                $"UPDATE journal SET created = created + 700000000000000000 WHERE persistence_id = '{ended}' AND sequence_number = 1",
                [("event", ended, 1, "has a time that is none")]),
            (
                $"UPDATE runs SET exit_code = 7 WHERE key = '{world.Ended}'", $"UPDATE runs SET exit_code = 0 WHERE key = '{world.Ended}'",
                [("row", ended, null, "exit_code is 7; by the events of")]),
            (
                $"DELETE FROM open_runs WHERE key = '{world.Later}'",
                $"INSERT INTO open_runs (key, deployment) VALUES ('{world.Later}', 'verify/one')",
                [("row", later, null, "of open_runs is missing")]),
            (
                $"INSERT INTO open_runs (key, deployment) VALUES ('{world.Ended}', 'verify/one')",
                $"DELETE FROM open_runs WHERE key = '{world.Ended}'",
                [("row", ended, null, "of open_runs stands there")]),
            (
                "INSERT INTO deployments (key, paused, updated, tags) VALUES ('no/such', 0, 0, '[]')",
                "DELETE FROM deployments WHERE key = 'no/such'",
                [("row", "Deployment/no/such", null, "The row no/such of deployments stands there")]),
            (
                $"INSERT INTO slots (limit_name, number, kind, id) VALUES ('verify', 9, 'FlowRun', '{world.Ended}')",
                "DELETE FROM slots WHERE number = 9",
                [("slot", ended, null, "holds slot 9 of the limit 'verify', and by its events it does not")]),
            (
                $"INSERT INTO wakeups (kind, id, due, slice) VALUES ('FlowRun', '{world.Ended}', 5, {EntitySlicesOf(world.Ended)})",
                $"DELETE FROM wakeups WHERE id = '{world.Ended}'",
                [("wake-up", ended, null, "by its events it has none")]),
            (
                $"UPDATE wakeups SET due = due + 1 WHERE id = '{world.Later}'", $"UPDATE wakeups SET due = due - 1 WHERE id = '{world.Later}'",
                [("wake-up", later, null, "by its events it is due at")]),
            (
                $"UPDATE wakeups SET slice = (slice + 1) % 16 WHERE id = '{world.Later}'",
                $"UPDATE wakeups SET slice = {EntitySlicesOf(world.Later)} WHERE id = '{world.Later}'",
                [("wake-up", later, null, "belongs into")]),
            (
                "INSERT INTO wakeups (kind, id, due, slice) VALUES ('FlowRum', 'x', 5, 3)", "DELETE FROM wakeups WHERE kind = 'FlowRum'",
                [("entity", "FlowRum/x", null, "which is no entity of this program")]),
            (
                "INSERT INTO wakeups (kind, id, due, slice) VALUES ('FlowRun', 'x', 5, 3)", "DELETE FROM wakeups WHERE id = 'x'",
                [("entity", "FlowRun/x", null, "is something that no entity is called")]),
            (
                $"DELETE FROM runs__tags WHERE key = '{world.Later}'",
                "INSERT INTO runs__tags (key, value, state_name, created) SELECT key, 'nightly', state_name, "
                + $"created FROM runs WHERE key = '{world.Later}'",
                [("member", later, null, "has the tags [nightly], and is found by []")]),
            (
                $"UPDATE waiters SET urgency = -5 WHERE key = '{world.Waiting}'", $"UPDATE waiters SET urgency = 0 WHERE key = '{world.Waiting}'",
                [("row", waiting, null, "urgency is -5")]),
            (
                "UPDATE limits SET size = 9 WHERE key = 'verify'", "UPDATE limits SET size = 1 WHERE key = 'verify'",
                [("row", "Limiter/limiter", null, "size is 9")]),
        })
        {
            Assert.True(await node.Damage(damage) > 0, damage);
            var found = (await node.Verify()).Problems;
            Assert.True(await node.Damage(mend) > 0, mend);
            if (problems.Length == 0)
            {
                Assert.NotEmpty(found);
                continue;
            }

            Assert.True(found.Length == problems.Length, $"{damage}: {string.Join("\n", found)}");
            foreach (var (problem, expected) in found.Zip(problems))
            {
                Assert.Equal((expected.Kind, expected.Entity, expected.Number), (problem.Kind, problem.Entity, problem.Number));
                Assert.Contains(expected.Words, problem.Message, StringComparison.Ordinal);
                Assert.NotEmpty(problem.ToDo);
            }
        }

        Assert.Empty((await node.Verify()).Problems);
    }

    [Fact]
    public async Task B67_A_payload_that_is_cut_and_a_snapshot_that_is_none_are_found()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("verify/one", "true"));
        for (var i = 0; i < 101; i++)
        {
            await node.SetLimit("verify", i + 1);
        }

        await node.StopNodeAsync();
        Assert.Empty((await node.Verify()).Problems);

        await node.Damage($"UPDATE journal SET message = {cut} WHERE persistence_id = 'Deployment/verify/one'");
        await node.Damage("UPDATE snapshot SET manifest = 'Limiter.snapshot/7'");

        var found = (await node.Verify()).Problems;
        Assert.Equal(
            [("event", "Deployment/verify/one", 1), ("snapshot", "Limiter/limiter", 100L)], found.Select(f => (f.Kind, f.Entity!, f.Number!.Value)));
        Assert.Contains("a snapshot of version 7", found[1].Message, StringComparison.Ordinal);
        Assert.Contains("runner journal skip Limiter/limiter 100", found[1].ToDo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B67_After_skipping_nothing_is_wrong_any_more()
    {
        await using var node = await StartAsync();
        var world = await FillAsync(node);
        await node.StopNodeAsync(StopMode.Immediate);
        foreach (var (run, number) in ((Guid, int)[])[(world.Ended, 1), (world.Later, 1), (world.Waiting, 2), (world.Running, 3)])
        {
            Assert.Equal(
                1, await node.Damage($"UPDATE journal SET manifest = 'x' WHERE persistence_id = 'FlowRun/{run}' AND sequence_number = {number}"));
        }

        Assert.Equal(4, (await node.Verify()).Problems.Length);
        await node.StartNodeAsync();
        foreach (var (run, number) in ((Guid, long)[])[(world.Ended, 1), (world.Later, 1), (world.Waiting, 2), (world.Running, 3)])
        {
            Assert.Null((await node.Node.AskAsync(new SkipEvent($"FlowRun/{run}", number), default)).Accepted().NextUnreadable);
        }

        await node.StopNodeAsync(StopMode.Immediate);
        Assert.Empty((await node.Verify()).Problems);
    }

    private static int EntitySlicesOf(Guid run) => Runner.Entities.EntitySlices.Of(new EntityKey(EntityKinds.FlowRun, run.ToString("D")));

    /// <summary>Runs in each phase: ended, running, waiting behind that, and due later.</summary>
    private static async Task<World> FillAsync(NodeFixture node)
    {
        await node.SetLimit("verify", 1);
        await node.Register(node.Shell("verify/one", "true") with { Tags = ["nightly"] });
        var ended = await node.SubmitSoon("verify/one");
        await node.Ended(ended);
        await node.Register(node.Shell("verify/scheduled", "sleep 1000") with
        {
            Schedules = [new ScheduleSpec { Cron = "0 4 * * *", Timezone = "Europe/Berlin" }], Limits = ["verify"],
            Concurrency = new ConcurrencySpec(3), Retention = new RetentionSpec(KeepRuns: 5),
        });
        var running = await node.Submit("verify/scheduled");
        await node.Until(running, StateNames.Running);
        var waiting = await node.SubmitSoon("verify/scheduled");
        await node.Until(waiting, StateNames.AwaitingConcurrencySlot);
        var later = await node.Submit("verify/one", at: DateTimeOffset.UnixEpoch.AddYears(200));
        return new World(ended, running, waiting, later);
    }

    private sealed record World(Guid Ended, Guid Running, Guid Waiting, Guid Later);
}

public sealed class VerifyOnSqliteTests() : VerifyTests(TestedStore.Sqlite, "substr(message, 1, 20)");

public sealed class VerifyOnPostgresTests() : VerifyTests(TestedStore.PostgreSql, "substring(message from 1 for 20)");
