using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 1 to 3: who starts, when, and once.</summary>
public abstract class SubmittingTests(TestedStore store) : BehaviourTests(store)
{
    [Fact]
    public async Task B01_waiting_runs_start_by_priority_then_by_due_time()
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        var holder = await node.Run(node.Shell("order/holder", "cat gate"));
        await node.Until(holder, StateNames.Running);
        await node.Register(node.Shell("order/waiter", "echo $RUNNER_RUN_ID >> order"));
        var now = (await node.View(holder)).Created;
        var latest = await node.Submit("order/waiter", now);
        var urgentLater = await node.Submit("order/waiter", now.AddSeconds(-10), priority: 5);
        var oldest = await node.Submit("order/waiter", now.AddSeconds(-30));
        var urgentEarlier = await node.Submit("order/waiter", now.AddSeconds(-20), priority: 5);
        foreach (var run in new[] { latest, urgentLater, oldest, urgentEarlier })
        {
            await node.Until(run, StateNames.AwaitingConcurrencySlot);
        }

        await gate.Write("go");

        await node.EndedRuns("order/waiter", 4);
        Assert.Equal([$"{urgentEarlier}", $"{urgentLater}", $"{oldest}", $"{latest}"], node.Lines("order"));
    }

    [Fact]
    public async Task B01_runs_that_fall_due_one_after_the_other_are_started_in_that_order()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock, ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        await node.Register(node.Shell("due/times", "echo $RUNNER_RUN_ID >> order; cat gate"));
        var now = clock.GetUtcNow();
        var second = await node.Submit("due/times", now.AddHours(2));
        var first = await node.Submit("due/times", now.AddHours(1));
        var third = await node.Submit("due/times", now.AddHours(3));

        // Each falls due while the one before it runs, or waits.
        clock.Step(TimeSpan.FromHours(1));
        await node.Until(first, StateNames.Running);
        clock.Step(TimeSpan.FromHours(1));
        await node.Until(second, StateNames.AwaitingConcurrencySlot);
        clock.Step(TimeSpan.FromHours(1));
        await node.Until(third, StateNames.AwaitingConcurrencySlot);
        foreach (var run in new[] { first, second, third })
        {
            await gate.Write("go");
            await node.Ended(run);
        }

        Assert.Equal([$"{first}", $"{second}", $"{third}"], node.Lines("order"));
    }

    [Fact]
    public async Task B02_at_capacity_none_is_started_and_the_wait_names_the_limit()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.SetLimit("database", 1);
        await node.Register(node.Shell("full/run", "echo started >> starts; cat gate") with { Limits = ["database"] });
        var holder = await node.Submit("full/run");
        await node.Until(holder, StateNames.Running);

        var waiter = await node.Until(await node.Submit("full/run"), StateNames.AwaitingConcurrencySlot);

        Assert.Equal(StateType.Scheduled, waiter.State.Type);
        Assert.Equal("database", waiter.WaitingFor);
        Assert.Equal("Limit 'database' is full.", waiter.State.Message);
        Assert.Equal(0, waiter.Attempt);
        var limit = await node.Limit("database");
        Assert.Equal(new LimitHolder(holder, 0), Assert.Single(limit.Holders));
        var listed = (await node.Node.AskAsync(new ListRuns(State: "AwaitingConcurrencySlot"), CancellationToken.None)).Accepted();
        Assert.Equal([waiter.Id], listed.Items.Select(r => r.Id));
        await node.Cancel(waiter.Id);
        await gate.Write("go");
        await node.Ended(holder);
        Assert.Single(node.Lines("starts"));
    }

    [Fact]
    public async Task B02_the_nodes_own_limit_is_waited_for_by_name_too()
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        var holder = await node.Run(node.Shell("node/full", "exec sleep 600"));
        await node.Until(holder, StateNames.Running);

        var waiter = await node.Until(await node.Submit("node/full"), StateNames.AwaitingConcurrencySlot);

        Assert.Equal("node:node-1", waiter.WaitingFor);
    }

    [Fact]
    public async Task B03_twenty_submissions_with_one_key_at_once_start_once()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("key/once", "echo started >> starts"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            node.Node.AskAsync(new SubmitRun("key/once", IdempotencyKey: "the key"), CancellationToken.None)));

        var run = Assert.Single(replies.Select(r => r.Accepted().Id).Distinct());
        Assert.Single(replies, r => r.Value!.Created);
        await node.Ended(run);
        Assert.Single(node.Lines("starts"));
        Assert.Single(await node.Runs("key/once"));
    }

    [Fact]
    public async Task B03_a_key_is_one_run_across_a_restart_too()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("key/restart", "echo started >> starts"));
        var first = await node.Submit("key/restart", key: "k");
        await node.Ended(first);
        await node.CrashAndRestartAsync();
        var told = new System.Collections.Concurrent.ConcurrentQueue<Guid>();
        using var subscription = node.Node.Subscribe(change => told.Enqueue(change.Run));

        var again = (await node.Node.AskAsync(new SubmitRun("key/restart", IdempotencyKey: "k"), CancellationToken.None)).Accepted();

        Assert.Equal((first, false, StateNames.Completed), (again.Id, again.Created, again.State.Name));
        Assert.Single(node.Lines("starts"));
        // What it went through long ago is no news to those who watch.
        var other = await node.Submit("key/restart");
        await node.Ended(other);
        Assert.DoesNotContain(first, told);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B61_a_key_hides_no_difference(bool killed)
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("key/other", "true") with { Parameters = Replies.Json("""{"day":"mon","n":1}"""), Tags = ["always"] });
        var at = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var command = new SubmitRun("key/other", Replies.Json("""{"n":2,"list":[1,2]}"""), at, 5, "k", ["b", "a"]);
        var first = (await node.Node.AskAsync(command, CancellationToken.None)).Accepted();
        if (killed)
        {
            await node.CrashAndRestartAsync();
        }

        var refused = await Refused(
            command with { Parameters = Replies.Json("""{"n":3,"day":"mon"}"""), At = at.AddSeconds(1), Priority = null, Tags = ["a"] });
        Assert.Equal(first.Id, refused.Id);
        Assert.Equal(["parameters.day", "parameters.n", "parameters.list", "at", "priority", "tags"], refused.Problems.Select(p => p.Field));
        Assert.Contains(first.Id.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(["at"], (await Refused(command with { At = null })).Problems.Select(p => p.Field));
        Assert.Equal(["priority"], (await Refused(command with { Priority = 4 })).Problems.Select(p => p.Field));
        Assert.Equal(["tags"], (await Refused(command with { Tags = null })).Problems.Select(p => p.Field));
        Assert.Equal(["parameters.n", "parameters.list"], (await Refused(command with { Parameters = null })).Problems.Select(p => p.Field)
            .Order(StringComparer.Ordinal).Reverse());

        // The same in other words, and with the old behaviour asked for.
        await Known(
            command with { Parameters = Replies.Json("""{"list":[1.0, 2],"n":2e0}"""), At = at.ToOffset(TimeSpan.FromHours(2)), Tags = ["a", "b"] });
        await Known(command with { Parameters = null, At = null, KeyOnly = true });
        Assert.Single(await node.Runs("key/other"));

        async Task<KeyUsedOtherwise> Refused(SubmitRun again) =>
            (await node.Node.AskAsync(again, CancellationToken.None)).Refused<KeyUsedOtherwise, RunSubmitted>();

        async Task Known(SubmitRun again)
        {
            var known = (await node.Node.AskAsync(again, CancellationToken.None)).Accepted();
            Assert.Equal((first.Id, false), (known.Id, known.Created));
        }
    }

    [Fact]
    public async Task B61_a_key_that_used_very_many_parameters_names_the_first_ones()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("key/many", "true"));
        var many = Enumerable.Range(0, 1_000).ToImmutableSortedDictionary(i => $"p{i}", _ => default(System.Text.Json.JsonElement));
        var given = Replies.Json("{" + string.Join(',', many.Keys.Select(k => $"\"{k}\":1")) + "}");
        (await node.Node.AskAsync(new SubmitRun("key/many", given, IdempotencyKey: "k"), CancellationToken.None)).Accepted();

        var refused = (await node.Node.AskAsync(new SubmitRun("key/many", IdempotencyKey: "k"), CancellationToken.None))
            .Refused<KeyUsedOtherwise, RunSubmitted>();

        Assert.Equal(21, refused.Problems.Length);
    }

    [Fact]
    public async Task B61_the_key_of_a_retry_is_the_same_run_though_the_deployment_is_another()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("key/retry", "exit 1"));
        await node.Ended(run);
        var first = (await node.Node.AskAsync(new RetryRun(run, "k"), CancellationToken.None)).Accepted();
        await node.Register(node.Shell("key/retry", "true") with { Priority = 7, Tags = ["new"] });

        var again = (await node.Node.AskAsync(new RetryRun(run, "k"), CancellationToken.None)).Accepted();

        Assert.Equal((first.Id, false), (again.Id, again.Created));
    }

    [Fact]
    public async Task B03_of_two_nodes_on_one_database_one_starts_the_run()
    {
        await using var first = await StartAsync(new NodeOptions { StoreIsShared = true });
        await using var second = await first.StartSecondAsync(new NodeOptions { Name = "node-2", StoreIsShared = true });
        var gate = first.Fifo("gate");
        await first.Register(first.Shell("two/nodes", "echo started >> starts; cat gate"));

        var replies = await Task.WhenAll(new[] { first, second }.SelectMany(n => Enumerable.Range(0, 5).Select(_ =>
            n.Node.AskAsync(new SubmitRun("two/nodes", IdempotencyKey: "k"), CancellationToken.None))));

        var run = Assert.Single(replies.Select(r => r.Accepted().Id).Distinct());
        await OnEither(node => node.UntilHistory(run, StateNames.Running));
        await gate.Write("go");
        await OnEither(node => node.UntilHistory(run, StateNames.Completed));
        var history = (await first.Node.AskAsync(new GetRunHistory(run, 0), CancellationToken.None)).Accepted();
        Assert.Equal(
            [StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.Completed], history.Select(h => h.State.Name));
        Assert.Single(first.Lines("starts"));

        // A node looks again at changes of its own alone, and which of the two starts the run is open.
        async Task OnEither(Func<NodeFixture, Task> isSo) => await await Task.WhenAny(isSo(first), isSo(second));
    }

    [Fact]
    public async Task B03_each_occurrence_runs_once_with_two_nodes_on_one_database()
    {
        await using var first = await StartAsync(new NodeOptions { StoreIsShared = true });
        await using var second = await first.StartSecondAsync(new NodeOptions { Name = "node-2", StoreIsShared = true });
        var spec = first.Shell("two/schedules", "echo $RUNNER_SCHEDULED_TIME >> times") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMilliseconds(200) }], CatchUp = CatchUpPolicy.All,
        };
        await first.Register(spec);
        // The second node hears of the deployment from whoever asks it.
        (await second.Node.AskAsync(new GetDeployment(spec.Name), CancellationToken.None)).Accepted();

        var runs = await first.EndedRuns(spec.Name, 6);

        (await first.Node.AskAsync(new PauseDeployment(spec.Name), CancellationToken.None)).Accepted();
        runs = await first.Runs(spec.Name);
        Assert.Equal(runs.Length, runs.Select(r => r.Due).Distinct().Count());
        var times = first.Lines("times");
        Assert.Equal(times.Distinct(), times);
    }
}

public sealed class SubmittingOnSqliteTests() : SubmittingTests(TestedStore.Sqlite);

public sealed class SubmittingOnPostgresTests() : SubmittingTests(TestedStore.PostgreSql);
