using Runner.Actors.Deployments;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 28 to 35: when runs are made, and that each is made once.</summary>
public abstract class SchedulingTests(TestedStore store) : BehaviourTests(store)
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task B28_each_occurrence_runs_once_across_restarts_redeploys_and_a_killed_node()
    {
        await using var node = await StartAsync();
        List<Interruption> ends = [];
        var spec = Every(node, "once/each", Often) with { CatchUp = CatchUpPolicy.All };
        await node.Register(spec);
        await node.EndedRuns(spec.Name, 2);
        await node.Register(spec with { Description = "another" });
        await node.EndedRuns(spec.Name, 4);
        await KillAsync(node, ends);
        var soFar = await node.EndedRuns(spec.Name, 6);
        await node.Register(spec);
        var stopped = node.Time.GetUtcNow();
        await node.StopNodeAsync();
        ends.Add(new Interruption(stopped, node.Time.GetUtcNow(), "The node was stopped "));
        await node.StartNodeAsync();
        await node.Register(spec with { Schedules = [new ScheduleSpec { Cron = "0 0 1 1 *" }, .. spec.Schedules] });
        await KillAsync(node, ends);

        await node.EndedRuns(spec.Name, soFar.Length + 4);

        await ExpectEachOnce(node, spec.Name, ends);
    }

    [Fact]
    public async Task B28_a_node_killed_between_deciding_and_writing_an_occurrence_makes_it_once()
    {
        await using var node = await StartAsync();
        List<Interruption> ends = [];
        var spec = Every(node, "once/killed", Often) with { CatchUp = CatchUpPolicy.All };
        await node.Register(spec);
        for (var i = 0; i < 3; i++)
        {
            var hold = node.Store.Hold(FaultyStore.Event("deployment.occurrences-emitted"));
            await hold.Arrived;
            var crash = node.CrashAsync();
            hold.Release();
            await crash;
            ends.Add(Interruption.Kill(node.Time.GetUtcNow()));
            await node.StartNodeAsync();
            node.Store.LoseAnswerOf(FaultyStore.Event("deployment.occurrences-emitted"));
            await node.EndedRuns(spec.Name, 3 * (i + 1));
        }

        await ExpectEachOnce(node, spec.Name, ends);
    }

    [Fact]
    public async Task B29_a_changed_schedule_drops_its_future_only_and_keeps_runs_that_wait()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock, ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        var holder = await node.Run(node.Shell("change/holder", "cat gate"));
        await node.Until(holder, StateNames.Running);
        var hourly =
            node.Shell("change/schedule", "true") with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(1), Anchor = Hour(clock) }] };
        var first = (await node.Register(hourly)).NextRun!.Value;
        clock.Step(first - clock.GetUtcNow());
        await node.Until(async () => (await node.Runs(hourly.Name)) is [{ State.Name: StateNames.AwaitingConcurrencySlot }]);

        var changed = await node.Register(hourly with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(7), Anchor = Hour(clock) }] });

        Assert.Equal((RegistrationOutcome.Changed, "schedules"), (changed.Outcome, Assert.Single(changed.Changes)));
        Assert.True(changed.NextRun > first.AddHours(1));
        var kept = Assert.Single(await node.Runs(hourly.Name));
        Assert.Equal((first, StateNames.AwaitingConcurrencySlot), (kept.Due, kept.State.Name));
        await gate.Write("go");
        Assert.Equal(StateNames.Completed, (await node.Ended(kept.Id)).State.Name);
        Assert.Single(await node.Runs(hourly.Name));
    }

    [Fact]
    public async Task B30_toggling_a_schedule_does_not_move_its_anchor()
    {
        await using var node = await StartAsync();
        var anchor = new DateTimeOffset(2026, 1, 1, 0, 17, 0, TimeSpan.Zero);
        var on = node.Shell("toggle/anchor", "true") with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(5), Anchor = anchor }] };
        var off = on with { Schedules = [on.Schedules[0] with { Active = false }] };

        var before = await node.Register(on);
        var stopped = await node.Register(off);
        var again = await node.Register(on);
        (await node.Node.AskAsync(new PauseDeployment(on.Name), CancellationToken.None)).Accepted();
        (await node.Node.AskAsync(new ResumeDeployment(on.Name), CancellationToken.None)).Accepted();
        var view = (await node.Node.AskAsync(new GetDeployment(on.Name), CancellationToken.None)).Accepted();

        Assert.Equal(0, (before.NextRun!.Value - anchor).Ticks % TimeSpan.FromHours(5).Ticks);
        Assert.Null(stopped.NextRun);
        Assert.Equal(before.NextRun, again.NextRun);
        Assert.Equal(before.NextRun, view.NextRun);
        Assert.Equal(RegistrationOutcome.Unchanged, (await node.Register(on)).Outcome);
    }

    [Theory]
    [InlineData(CatchUpPolicy.All, true, 5)]
    [InlineData(CatchUpPolicy.All, false, 5)]
    [InlineData(CatchUpPolicy.Latest, true, 1)]
    [InlineData(CatchUpPolicy.Latest, false, 1)]
    [InlineData(CatchUpPolicy.None, true, 0)]
    [InlineData(CatchUpPolicy.None, false, 0)]
    public async Task B31_after_downtime_missed_occurrences_run_by_the_deployments_policy(CatchUpPolicy policy, bool killed, int expected)
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var anchor = clock.GetUtcNow().AddMinutes(-30);
        var spec = node.Shell("down/time", "true") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(1), Anchor = anchor }], CatchUp = policy,
        };
        var next = (await node.Register(spec)).NextRun!.Value;

        await (killed ? node.CrashAsync() : node.StopNodeAsync());
        clock.Step(TimeSpan.FromHours(5));
        await node.StartNodeAsync();

        await node.UntilNextRun(spec.Name, next.AddHours(5));
        var runs = await node.EndedRuns(spec.Name, expected);
        Assert.All(runs, r => Assert.Equal(StateNames.Completed, r.State.Name));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => Millisecond(next.AddHours(i))).TakeLast(expected), runs.Select(r => r.Due));
    }

    [Fact]
    public async Task B31_more_missed_occurrences_than_one_commit_takes_all_run()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var spec = node.Shell("down/many", "true") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMinutes(1), Anchor = Hour(clock) }], CatchUp = CatchUpPolicy.All,
        };
        await node.Register(spec);
        await node.CrashAsync();
        clock.Step(TimeSpan.FromMinutes(250));
        await node.StartNodeAsync();

        var runs = await node.EndedRuns(spec.Name, 250);

        Assert.Equal(runs.Length, runs.Select(r => r.Due).Distinct().Count());
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.Equal(TimeSpan.FromMinutes(1), pair.Second.Due - pair.First.Due));
    }

    [Fact]
    public async Task B32_a_broken_and_an_exhausted_schedule_do_not_starve_their_sibling()
    {
        await using var node = await StartAsync();
        // A machine may lose a time zone that a deployment was accepted with; and an interval's next may lie beyond the last year.
        var spec = Schedules.WithIds(Every(node, "broken/sibling", Often) with
        {
            Schedules =
            [
                new ScheduleSpec { Id = "lost-zone", Cron = "* * * * *", Timezone = "Mars/Olympus" },
                new ScheduleSpec { Id = "exhausted", Interval = TimeSpan.FromDays(3650), Anchor = DateTimeOffset.MaxValue.AddDays(-1) },
                new ScheduleSpec { Id = "works", Interval = Often },
            ],
        });
        var now = (await node.Ended(await node.Run(node.Shell("broken/clock", "true")))).Created;
        await Declare(node, spec, now);

        var runs = await node.EndedRuns(spec.Name, 3);

        Assert.All(runs, r => Assert.Equal("works", r.Schedule));
        var view = (await node.Node.AskAsync(new GetDeployment(spec.Name), CancellationToken.None)).Accepted();
        Assert.Contains("Mars/Olympus", view.Schedules.Single(s => s.Id == "lost-zone").Problem, StringComparison.Ordinal);
        Assert.NotEmpty(view.Schedules.Single(s => s.Id == "works").Next);
    }

    [Fact]
    public async Task B34_a_clock_that_steps_neither_repeats_a_run_nor_loses_one()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var spec = Every(node, "clock/steps", Often) with { CatchUp = CatchUpPolicy.All };
        await node.Register(spec);
        await node.EndedRuns(spec.Name, 2);

        clock.Step(TimeSpan.FromSeconds(-1));
        var after = await node.EndedRuns(spec.Name, 4);
        clock.Step(TimeSpan.FromSeconds(3));
        after = await node.EndedRuns(spec.Name, after.Length + 18);
        clock.Step(TimeSpan.FromSeconds(-0.5));
        await node.EndedRuns(spec.Name, after.Length + 2);

        await ExpectEachOnce(node, spec.Name);
    }

    [Fact]
    public async Task B34_a_clock_that_steps_over_a_far_occurrence_does_not_lose_it()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var spec = node.Shell("clock/far", "true") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromDays(1), Anchor = clock.GetUtcNow().AddHours(-1) }],
        };
        var due = (await node.Register(spec)).NextRun!.Value;

        clock.Step(TimeSpan.FromDays(1));

        var run = (await node.EndedRuns(spec.Name, 1))[0];
        Assert.Equal(Millisecond(due), run.Due);
        clock.Step(TimeSpan.FromDays(-1));
        Assert.Equal(StateNames.Completed, (await node.Ended(await node.Submit(spec.Name))).State.Name);
        Assert.Equal(2, (await node.Runs(spec.Name)).Length);
    }

    [Fact]
    public async Task B35_late_is_marked_once_after_the_threshold_for_a_run_that_waits()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock, ProcessLimit = 1 });
        var gate = node.Fifo("gate");
        var holder = await node.Run(node.Shell("late/holder", "cat gate"));
        await node.Until(holder, StateNames.Running);
        var run = await node.Run(node.Shell("late/waits", "test $RUNNER_ATTEMPT = 2") with { Retries = new RetrySpec { Count = 1 } });
        var waits = await node.Until(run, StateNames.AwaitingConcurrencySlot);
        Assert.DoesNotContain(StateNames.Late, waits.Names());

        clock.Step(TimeSpan.FromSeconds(20));
        var late = await node.Until(run, StateNames.Late);
        Assert.Equal(
            (StateType.Scheduled, "node:node-1", "It waits for a slot of 'node:node-1'."), (late.State.Type, late.WaitingFor, late.State.Message));
        await node.CrashAndRestartAsync();
        clock.Step(TimeSpan.FromHours(1));
        await gate.Write("go");

        var ended = await node.Ended(run);
        Assert.Equal((StateNames.Completed, 2), (ended.State.Name, ended.Attempt));
        Assert.Single(ended.Names(), StateNames.Late);
    }

    private static DeploymentSpec Every(NodeFixture node, string name, TimeSpan interval) =>
        node.Shell(name, "echo $RUNNER_SCHEDULED_TIME >> times") with { Schedules = [new ScheduleSpec { Interval = interval }] };

    private static DateTimeOffset Hour(SteppedClock clock) => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() / 3600 * 3600);

    private static DateTimeOffset Millisecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static async Task KillAsync(NodeFixture node, List<Interruption> ends)
    {
        await node.CrashAsync();
        ends.Add(Interruption.Kill(node.Time.GetUtcNow()));
        await node.StartNodeAsync();
    }

    /// <summary>No occurrence was left out and none came twice, neither as a run nor as what programs saw.</summary>
    /// <param name="ends">
    /// When the node ended. What was being executed then may be Crashed, be it before or after its program spoke, and says why. On a slow machine
    /// these are several; any other run that is Crashed is a wrong one.
    /// </param>
    private static async Task ExpectEachOnce(NodeFixture node, string deployment, params IReadOnlyCollection<Interruption> ends)
    {
        Reply<DeploymentChanged> paused;
        do
        {
            // An answer that the store was told to lose may be lost just now, and who asks meanwhile is told to ask again.
            paused = await node.Node.AskAsync(new PauseDeployment(deployment), CancellationToken.None);
        }
        while (paused.Refusal is StoreNotAvailable);

        paused.Accepted();
        await node.Until(async () => (await node.Runs(deployment)).All(r => r.State.IsTerminal));
        var runs = await node.Runs(deployment);
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.Equal(Often, pair.Second.Due - pair.First.Due));
        Assert.All(runs, r => Assert.True(r.State.Name is StateNames.Completed or StateNames.Crashed, $"{r.Due:O} {r.State}"));
        var crashed = runs.Where(r => r.State.Name == StateNames.Crashed).Select(r => r.Due).ToHashSet();
        foreach (var run in runs.Where(r => r.State.Name == StateNames.Crashed))
        {
            var begun = (await node.View(run.Id)).History.Single(h => h.State.Name == StateNames.Submitting).State.At;
            Assert.True(
                ends.Any(end => end.Explains(begun, run.State)),
                $"{run.Due:O}, begun at {begun:O}: {run.State}. The node ended: {string.Join(", ", ends)}");
        }

        var seen = node.Lines("times").Select(t => DateTimeOffset.Parse(t, null)).Order().ToArray();
        Assert.Equal(runs.Select(r => r.Due).Where(due => !crashed.Contains(due) || seen.Contains(due)), seen);
    }

    /// <summary>An end of the node, and what a run says that it met.</summary>
    private sealed record Interruption(DateTimeOffset From, DateTimeOffset To, string Says)
    {
        /// <summary>Found by the life after it, which cannot know more.</summary>
        public static Interruption Kill(DateTimeOffset at) => new(at, at, "How the process ended is not known: ");

        public bool Explains(DateTimeOffset begun, RunState crashed) =>
            begun <= To && crashed.At >= From && crashed.Message!.StartsWith(Says, StringComparison.Ordinal);
    }

    /// <summary>A deployment as an earlier version, or another machine, may have accepted it.</summary>
    private static async Task Declare(NodeFixture node, DeploymentSpec spec, DateTimeOffset now)
    {
        var (name, version, payload) = EventCatalog.Write(
            new DeploymentDeclared(spec, [.. spec.Schedules.Select(s => new ScheduleCursor(s.Id!, now))], Paused: false));
        var result = await node.Store.CommitAsync(new EntityCommit(
        [
            new EntityWrite(new EntityKey(EntityKinds.Deployment, spec.Name), 0, [new StoredEvent(1, name, version, now, payload)])
            {
                WakeUp = new WakeUpChange(now),
            },
        ]));
        Assert.IsType<CommitResult.Committed>(result);
        // The node's next life finds it there.
        await node.CrashAndRestartAsync();
    }
}

public sealed class SchedulingOnSqliteTests() : SchedulingTests(TestedStore.Sqlite);

public sealed class SchedulingOnPostgresTests() : SchedulingTests(TestedStore.PostgreSql);
