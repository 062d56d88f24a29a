using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Serilog;
using Serilog.Events;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Damage to what a store keeps is one entity's or one row's, and no more: it is named, with what to do, and all else goes on.</summary>
public abstract class UnreadableTests(TestedStore store) : BehaviourTests(store)
{
    [Fact]
    public async Task B65_A_damaged_event_of_a_run_rests_that_run_and_nothing_else()
    {
        var lines = new Lines();
        await using var node = await StartAsync(new NodeOptions { Log = lines.Log });
        var ended = await node.Run(node.Shell("damage/one", "true"));
        await node.Ended(ended);
        await node.StopNodeAsync();
        await FlipAsync(node, Key(ended), 2, "run.attempt-startinG/1");
        await node.StartNodeAsync();

        var refusal = (await node.Node.AskAsync(new GetRun(ended), default)).Refused<EntityUnreadable, RunView>();
        Assert.Equal(($"FlowRun/{ended}", 2L), (refusal.Entity, refusal.Sequence));
        Assert.Contains($"`runner journal skip FlowRun/{ended} 2`", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await node.Node.AskAsync(new GetRunHistory(ended, 0), default))
            .Refused<EntityUnreadable, System.Collections.Immutable.ImmutableArray<RunStateChange>>().Sequence);
        Assert.Equal(2, (await node.Node.AskAsync(new RetryRun(ended), default)).Refused<EntityUnreadable, RunSubmitted>().Sequence);

        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit("damage/one"))).State.Name);
        Assert.Equal(2, (await node.Runs("damage/one")).Length);

        var health = await node.Node.HealthAsync(default);
        var check = Assert.Single(health.Checks, c => !c.Healthy);
        Assert.Equal((HealthReport.Degraded, "unreadable-entities", true), (health.Status, check.Name, check.Partial));
        Assert.Contains($"FlowRun/{ended}: its event 2 cannot be read", check.Message, StringComparison.Ordinal);
        Assert.Single(lines.All, l => l.Level >= LogEventLevel.Warning && l.Text.Contains(ended.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task B65_A_waiting_run_that_cannot_be_read_lets_those_behind_it_pass()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var spec = node.Shell("damage/wait", "test $RUNNER_ATTEMPT = 1; cat gate") with { Concurrency = new ConcurrencySpec(1) };
        var first = await node.Run(spec);
        await node.Until(first, StateNames.Running);
        var damaged = await node.SubmitSoon(spec.Name);
        await node.Until(damaged, StateNames.AwaitingConcurrencySlot);
        await node.StopNodeAsync(StopMode.Immediate);
        await FlipAsync(node, Key(damaged), 1, "run.scheduleD/1");
        await node.StartNodeAsync();

        var behind = await node.Submit(spec.Name);
        await gate.Write("go");
        await node.Ended(behind);
        (await node.Node.AskAsync(new GetRun(damaged), default)).Refused<EntityUnreadable, RunView>();
    }

    [Theory]
    [InlineData("runs", "state_type", "'NoSuchType'")]
    [InlineData("runs", "tags", "'['")]
    [InlineData("waiters", "limits", "'a=b'")]
    [InlineData("limits", "size", "NULL")]
    public async Task B65_A_damaged_cell_is_left_out_and_named_and_stops_nobody(string table, string column, string value)
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.SetLimit("damage", 1);
        var spec = node.Shell("damage/cell", "cat gate") with { Limits = ["damage"] };
        var first = await node.Run(spec);
        await node.Until(first, StateNames.Running);
        var second = await node.Submit(spec.Name);
        await node.Until(second, StateNames.AwaitingConcurrencySlot);
        var key = table switch { "waiters" => second.ToString("D"), "limits" => "damage", _ => first.ToString("D") };
        await node.StopNodeAsync(StopMode.Immediate);
        Assert.Equal(1, await node.Damage($"UPDATE {table} SET {column} = {value} WHERE key = '{key}'"));
        await node.StartNodeAsync();

        await node.Register(node.Shell("damage/other", "true"));
        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit("damage/other"))).State.Name);
        Assert.NotEmpty((await node.Node.AskAsync(new ListRuns(), default)).Accepted().Items);
        Assert.NotNull((await node.Node.AskAsync(new ListLimits(), default)).Accepted());
        Assert.NotNull((await node.Node.AskAsync(new PruneRuns(TimeSpan.Zero, DryRun: true), default)).Accepted());
        var report = await node.Node.HealthAsync(default);
        Assert.NotEqual(HealthReport.NotReady, report.Status);
        Assert.Contains($"{table} {key}: ", Assert.Single(report.Checks, c => c.Name == "damaged-rows").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B65_A_limit_whose_row_cannot_be_read_lets_nobody_in_until_it_has_a_size_again()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        await node.SetLimit("damage", 2);
        var spec = node.Shell("damage/limit", "cat gate") with { Limits = ["damage"] };
        await node.Until(await node.Run(spec), StateNames.Running);
        await node.StopNodeAsync(StopMode.Immediate);
        Assert.True(await node.Damage("UPDATE limits SET size = NULL WHERE key = 'damage'") > 0);
        await node.StartNodeAsync();

        var held = await node.Submit(spec.Name);
        await node.Until(held, StateNames.AwaitingConcurrencySlot);
        Assert.Contains(
            "limits damage", Assert.Single((await node.Node.HealthAsync(default)).Checks, c => c.Name == "damaged-rows").Message,
            StringComparison.Ordinal);
        await node.SetLimit("damage", 3);
        await node.Until(held, StateNames.Running);
        await node.Cancel(held);
        await node.Ended(held);
    }

    [Fact]
    public async Task B65_A_wake_up_or_a_slot_of_what_cannot_be_is_named_and_stops_nobody()
    {
        var lines = new Lines();
        await using var node = await StartAsync(new NodeOptions { Log = lines.Log });
        await node.StopNodeAsync();
        for (var slice = 0; slice < 16; slice++)
        {
            await node.Damage($"INSERT INTO wakeups (kind, id, due, slice) VALUES ('FlowRum', 'x{slice}', {long.MaxValue - 1} * (-1), {slice})");
            await node.Damage($"INSERT INTO wakeups (kind, id, due, slice) VALUES ('FlowRun', 'no-id-{slice}', 1, {slice})");
        }

        await node.Damage("INSERT INTO wakeups (kind, id, due, slice) VALUES ('Foo', 'bar', 1, 3)");
        await node.Damage("INSERT INTO slots (limit_name, number, kind, id) VALUES ('node:node-1', 3, 'FlowRun', 'no-id')");
        await node.StartNodeAsync();

        var spec = node.Shell("damage/strange", "true") with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMilliseconds(200) }] };
        await node.Register(spec);
        await node.EndedRuns(spec.Name, 2);

        var health = await node.Node.HealthAsync(default);
        Assert.Equal(HealthReport.Degraded, health.Status);
        Assert.True(Assert.Single(health.Checks, c => c.Name == "alarms").Healthy);
        var check = Assert.Single(health.Checks, c => c.Name == "damaged-rows");
        Assert.False(check.Healthy);
        Assert.Contains("slots node:node-1/3", check.Message, StringComparison.Ordinal);
        Assert.Contains("wakeups FlowRu", check.Message, StringComparison.Ordinal);
        Assert.InRange(lines.All.Count(l => l.Level >= LogEventLevel.Warning), 1, 3);
    }

    [Fact]
    public async Task B66_Skipping_a_runs_damaged_end_leaves_it_as_its_other_events_say()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("skip/end", "echo $RUNNER_ATTEMPT >> attempts"));
        var last = (await node.Ended(run)).Sequence;
        await node.StopNodeAsync();
        await FlipAsync(node, Key(run), last, "run.finisheD/1");
        await node.StartNodeAsync();

        var early = (await node.Node.AskAsync(new SkipEvent($"FlowRun/{run}", 1), default)).Refused<SkipRefused, EventSkipped>();
        Assert.Contains($"What cannot is its event {last}", early.Message, StringComparison.Ordinal);
        var skipped = (await node.Node.AskAsync(new SkipEvent($"FlowRun/{run}", last, "a test"), default)).Accepted();

        Assert.Null(skipped.NextUnreadable);
        // Its program has ended; nobody knows any more how: it is accounted for as after a crash, and not run again.
        var ended = await node.Ended(run);
        Assert.Equal(StateNames.Crashed, ended.State.Name);
        Assert.Equal(["1"], node.Lines("attempts"));
        Assert.Equal(HealthReport.Ready, (await node.Node.HealthAsync(default)).Status);
        var history = await node.Store.LoadAsync(Key(run));
        Assert.Equal(("journal.skipped", last), (history.Events[(int)last - 1].Type, history.Events[(int)last - 1].Sequence));
        Assert.Contains("run.finisheD/1", System.Text.Encoding.UTF8.GetString(history.Events[(int)last - 1].Payload.Span), StringComparison.Ordinal);
        (await node.Node.AskAsync(new SkipEvent($"FlowRun/{run}", last), default)).Refused<SkipRefused, EventSkipped>();
    }

    [Fact]
    public async Task B66_Skipping_a_runs_first_event_leaves_no_run_and_no_row_slot_or_wake_up_of_it()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("skip/first", "true"));
        await node.Ended(run);
        var waits = await node.Submit("skip/first", at: DateTimeOffset.UnixEpoch.AddYears(200));
        await node.StopNodeAsync();
        await FlipAsync(node, Key(run), 1, "run.scheduleD/1");
        await FlipAsync(node, Key(waits), 1, "run.scheduleD/1");
        await node.StartNodeAsync();

        foreach (var id in (Guid[])[run, waits])
        {
            var skipped = (await node.Node.AskAsync(new SkipEvent($"FlowRun/{id}", 1), default)).Accepted();
            Assert.StartsWith("The run is gone", skipped.State, StringComparison.Ordinal);
            (await node.Node.AskAsync(new GetRun(id), default)).Refused<RunNotFound, RunView>();
            Assert.Null(await node.Store.RowAsync(Tables.Runs.Name, id.ToString("D")));
            Assert.Null(await node.Store.RowAsync(Tables.OpenRuns.Name, id.ToString("D")));
            Assert.DoesNotContain(await node.Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 1000), w => w.Entity == Key(id));
        }

        Assert.Empty(await node.Runs("skip/first"));
    }

    [Fact]
    public async Task B66_A_missing_event_and_a_second_damaged_one_are_skipped_one_after_the_other()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("skip/several", "true"));
        for (var i = 0; i < 3; i++)
        {
            await node.Node.AskAsync(new PauseDeployment("skip/several"), default);
            await node.Node.AskAsync(new ResumeDeployment("skip/several"), default);
        }

        await node.StopNodeAsync();
        const string key = "Deployment/skip/several";
        Assert.Equal(1, await node.Damage($"DELETE FROM journal WHERE persistence_id = '{key}' AND sequence_number = 3"));
        await node.Damage($"UPDATE journal SET manifest = 'nonsense' WHERE persistence_id = '{key}' AND sequence_number = 5");
        await node.StartNodeAsync();

        Assert.Equal(3, (await node.Node.AskAsync(new GetDeployment("skip/several"), default)).Refused<EntityUnreadable, DeploymentView>().Sequence);
        Assert.Equal(5, (await node.Node.AskAsync(new SkipEvent(key, 3), default)).Accepted().NextUnreadable);
        Assert.Equal(5, (await node.Node.AskAsync(new GetDeployment("skip/several"), default)).Refused<EntityUnreadable, DeploymentView>().Sequence);
        Assert.Null((await node.Node.AskAsync(new SkipEvent(key, 5), default)).Accepted().NextUnreadable);
        Assert.False((await node.Node.AskAsync(new GetDeployment("skip/several"), default)).Accepted().Paused);
        await node.Ended(await node.Submit("skip/several"));
    }

    [Fact]
    public async Task B66_An_unreadable_snapshot_of_the_limits_leaves_those_set_since_then()
    {
        await using var node = await StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await node.SetLimit("before", i + 1);
        }

        await node.SetLimit("after", 7);
        await node.StopNodeAsync();
        Assert.Equal(1, await node.Damage("UPDATE snapshot SET manifest = 'Limiter.snapshot/9'"));
        await node.StartNodeAsync();

        Assert.Equal(100, (await node.Node.AskAsync(new SetLimit("x", 1), default)).Refused<EntityUnreadable, LimitChanged>().Sequence);
        // The limiter goes by its rows.
        Assert.Equal(100, (await node.Limit("before")).Size);
        var skipped = (await node.Node.AskAsync(new SkipEvent("Limiter/limiter", 100), default)).Accepted();

        Assert.Contains("after (7)", skipped.State, StringComparison.Ordinal);
        Assert.Null(await node.Store.RowAsync(Tables.Limits.Name, "before"));
        Assert.NotNull(await node.Store.RowAsync(Tables.Limits.Name, "after"));
        await node.SetLimit("x", 1);
    }

    [Theory]
    [InlineData("FlowRun/nonsense")]
    [InlineData("Nothing/x")]
    [InlineData("FlowRun")]
    [InlineData("Limiter/other")]
    [InlineData("Deployment/unknown/name")]
    public async Task B66_What_is_no_entity_or_can_be_read_is_not_skipped(string entity)
    {
        await using var node = await StartAsync();
        var refusal = (await node.Node.AskAsync(new SkipEvent(entity, 1), default)).Refused<SkipRefused, EventSkipped>();
        Assert.StartsWith($"Event 1 of {entity} is not skipped: ", refusal.Message, StringComparison.Ordinal);
    }

    private static EntityKey Key(Guid run) => new(EntityKinds.FlowRun, run.ToString("D"));

    private static async Task FlipAsync(NodeFixture node, EntityKey entity, long number, string manifest) => Assert.Equal(
        1, await node.Damage($"UPDATE journal SET manifest = '{manifest}' WHERE persistence_id = '{entity}' AND sequence_number = {number}"));

    private sealed class Lines : Serilog.Core.ILogEventSink
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<(LogEventLevel Level, string Text)> _all = new();

        public Lines() => Log = new LoggerConfiguration().WriteTo.Sink(this).CreateLogger();

        public ILogger Log { get; }

        public (LogEventLevel Level, string Text)[] All => [.. _all];

        public void Emit(LogEvent logEvent) =>
            _all.Enqueue((logEvent.Level, logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }
}

public sealed class UnreadableOnSqliteTests() : UnreadableTests(TestedStore.Sqlite);

public sealed class UnreadableOnPostgresTests() : UnreadableTests(TestedStore.PostgreSql);
