using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Pids = Runner.Actors.Tests.FlowRunners.Processes;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>What a node does while its store is away or full.</summary>
public abstract class StoreFaultTests(TestedStore store) : BehaviourTests(store)
{
    [Fact]
    public async Task Store_away_running_programs_go_on_and_an_end_meanwhile_is_not_lost()
    {
        await using var node = await StartAsync();
        var (gate, line) = (node.Fifo("gate"), new LifeLine(node.Fifo("life")));
        var goesOn = await node.Run(node.Shell("away/on", "exec sleep 600"));
        var ends = await node.Run(node.Shell("away/ends", $"{line.Hold} cat gate; exit 5"));
        var pid = (await node.Until(goesOn, StateNames.Running)).Pid!.Value;
        await node.Until(ends, StateNames.Running);

        node.Store.FailAll(FaultyStore.Away);
        var failure = node.Store.NextFailure();
        await gate.Write("go");
        await line.CutAsync();
        await failure;
        var submit = await node.Node.AskAsync(new SubmitRun("away/on"), CancellationToken.None);
        var register = await node.Node.AskAsync(new RegisterDeployments([node.Shell("away/new", "true")]), CancellationToken.None);
        var list = await node.Node.AskAsync(new ListRuns(), CancellationToken.None);

        Assert.IsType<StoreNotAvailable>(submit.Refusal);
        Assert.IsType<StoreNotAvailable>(register.Refusal);
        Assert.IsType<StoreNotAvailable>(list.Refusal);
        Assert.True(Pids.IsAlive(pid));

        node.Store.Heal();
        var ended = await node.Ended(ends);
        Assert.Equal((StateNames.Failed, 5), (ended.State.Name, ended.ExitCode));
        Assert.Equal((StateNames.Running, pid), ((await node.View(goesOn)).State.Name, (await node.View(goesOn)).Pid));
        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Run(node.Shell("away/new", "true")))).State.Name);
    }

    [Fact]
    public async Task Store_away_a_schedule_goes_on_by_itself_and_loses_no_occurrence()
    {
        await using var node = await StartAsync();
        var spec = node.Shell("away/schedule", "echo $RUNNER_SCHEDULED_TIME >> times") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMilliseconds(200) }], CatchUp = CatchUpPolicy.All,
        };
        await node.Register(spec);
        var count = (await node.EndedRuns(spec.Name, 2)).Length;
        for (var i = 0; i < 3; i++)
        {
            node.Store.FailNext(10, FaultyStore.Away);
            await node.Store.NextFailure();
            node.Store.Heal();
            count = (await node.EndedRuns(spec.Name, count + 2)).Length;
        }

        var runs = await node.Runs(spec.Name);
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.Equal(TimeSpan.FromMilliseconds(200), pair.Second.Due - pair.First.Due));
        var times = node.Lines("times");
        Assert.Equal(times.Distinct(), times);
    }

    [Fact]
    public async Task Store_away_at_the_start_of_an_attempt_no_process_starts_before_it_is_written()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("away/start", "echo started >> starts"));
        var hold = node.Store.Hold(FaultyStore.Event("run.attempt-starting"));
        var run = await node.SubmitSoon("away/start");
        await hold.Arrived;
        node.Store.FailNext(3, FaultyStore.Away);
        hold.Release();

        await node.Store.NextFailure();
        Assert.Empty(node.Lines("starts"));

        Assert.Equal(StateNames.Completed, (await node.Ended(run)).State.Name);
        Assert.Single(node.Lines("starts"));
    }

    [Theory]
    [InlineData("run.scheduled")]
    [InlineData("run.attempt-starting")]
    [InlineData("run.attempt-running")]
    [InlineData("run.attempt-retrying")]
    [InlineData("run.finished")]
    public async Task Store_that_loses_its_answer_makes_nothing_happen_twice(string lost)
    {
        await using var node = await StartAsync(new NodeOptions { ProcessLimit = 1 });
        await node.Register(node.Shell("lost/answer", "echo $RUNNER_ATTEMPT >> attempts; test $RUNNER_ATTEMPT = 2") with
        {
            Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromMilliseconds(50) },
        });
        node.Store.LoseAnswerOf(FaultyStore.Event(lost));

        var reply = await node.Node.AskAsync(new SubmitRun("lost/answer", IdempotencyKey: "k"), CancellationToken.None);
        var run = reply.Refusal is null ? reply.Value!.Id : await node.Submit("lost/answer", key: "k");

        var ended = await node.Ended(run);
        Assert.Equal((StateNames.Completed, 2), (ended.State.Name, ended.Attempt));
        Assert.Equal(["1", "2"], node.Lines("attempts"));
        Assert.Single(await node.Runs("lost/answer"));
        Assert.Equal(0, (await node.Limit("node:node-1")).Held);
    }

    [Fact]
    public async Task Store_that_loses_its_answer_to_a_registration_does_not_keep_the_old_limit()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var spec = node.Shell("lost/limit", "cat gate") with { Concurrency = new ConcurrencySpec(1) };
        var holder = await node.Run(spec);
        await node.Until(holder, StateNames.Running);
        var wider = spec with { Concurrency = new ConcurrencySpec(2), Command = ["/bin/true"] };
        node.Store.LoseAnswerOf(FaultyStore.Event("deployment.declared"));

        var lost = await node.Node.AskAsync(new RegisterDeployments([wider]), CancellationToken.None);
        Assert.IsType<StoreNotAvailable>(lost.Refusal);
        Assert.Equal(RegistrationOutcome.Unchanged, (await node.Register(wider)).Outcome);

        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit(spec.Name))).State.Name);
        await gate.Write("go");
        await node.Ended(holder);
    }

    [Fact]
    public async Task Store_full_is_refused_clearly_and_goes_on_by_itself_when_there_is_room()
    {
        await using var node = await StartAsync();
        var (gate, line) = (node.Fifo("gate"), new LifeLine(node.Fifo("life")));
        var run = await node.Run(node.Shell("full/run", $"{line.Hold} cat gate"));
        await node.Until(run, StateNames.Running);

        node.Store.FailAll(FaultyStore.Full);
        var refused = await node.Node.AskAsync(new SubmitRun("full/run"), CancellationToken.None);
        var deployment = await node.Node.AskAsync(new RegisterDeployments([node.Shell("full/new", "true")]), CancellationToken.None);
        var limit = await node.Node.AskAsync(new Messages.Limits.SetLimit("x", 1), CancellationToken.None);
        await gate.Write("go");
        await line.CutAsync();
        node.Store.Heal();

        Assert.Equal("store-full", refused.Refusal?.Code);
        Assert.Equal("store-full", deployment.Refusal?.Code);
        Assert.Equal("store-full", limit.Refusal?.Code);
        Assert.Equal(StateNames.Completed, (await node.Ended(run)).State.Name);
        Assert.Single(await node.Runs("full/run"));
        (await node.Node.AskAsync(new GetDeployment("full/new"), CancellationToken.None)).Refused<DeploymentNotFound, DeploymentView>();
    }
}

public sealed class StoreFaultOnSqliteTests() : StoreFaultTests(TestedStore.Sqlite)
{
    [Fact]
    public async Task A_database_that_reaches_its_largest_size_refuses_and_keeps_everything_it_accepted()
    {
        var options = new NodeOptions { LargestDatabase = 1_500_000 };
        await using var node = await NodeFixture.StartAsync(options);
        var spec = node.Shell("large/run", "true");
        var first = await node.Ended(await node.Run(spec));
        var parameters = Replies.Json($$"""{"text": "{{new string('x', 50_000)}}"}""");
        var accepted = new List<Guid>();
        Refusal? refusal = null;
        for (var i = 0; i < 200 && refusal is null; i++)
        {
            var reply = await node.Node.AskAsync(
                new SubmitRun(spec.Name, parameters, At: first.Created.AddHours(1), IdempotencyKey: $"{i}"), CancellationToken.None);
            refusal = reply.Refusal;
            accepted.AddRange(refusal is null ? [reply.Value!.Id] : []);
        }

        Assert.IsType<StoreIsFull>(refusal);
        Assert.NotEmpty(accepted);
        Assert.Equal(accepted.Count, (await node.Runs(spec.Name)).Length - 1);

        await node.StopNodeAsync();
        options.LargestDatabase = null;
        await node.StartNodeAsync();
        Assert.Equal(accepted.Count, (await node.Runs(spec.Name)).Length - 1);
        var cancelled = await Task.WhenAll(accepted.Select(run => node.Cancel(run)));
        Assert.All(cancelled, c => Assert.Equal(StateNames.Cancelled, c.State.Name));
        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit(spec.Name))).State.Name);
    }
}

public sealed class StoreFaultOnPostgresTests() : StoreFaultTests(TestedStore.PostgreSql);
