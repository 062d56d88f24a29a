using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 23 to 27: what follows an attempt that did not complete, and what no longer counts.</summary>
public abstract class RetryingTests(TestedStore store) : BehaviourTests(store)
{
    public static TheoryData<string> Policies => ["fixed", "list", "exponential"];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task B23_retries_wait_their_delay_keep_the_run_and_count_attempts(string policy)
    {
        await using var node = await StartAsync();
        var retries = policy switch
        {
            "fixed" => new RetrySpec { Count = 3, Delay = TimeSpan.FromMilliseconds(100) },
            "list" => new RetrySpec { Count = 3, Delays = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150)] },
            _ => new RetrySpec
            {
                Count = 3, Delay = TimeSpan.FromMilliseconds(50), Backoff = 3, MaxDelay = TimeSpan.FromMilliseconds(200), Jitter = 0.5
            },
        };
        int[] least = policy switch { "fixed" => [100, 100, 100], "list" => [50, 150, 150], _ => [50, 150, 200] };

        var run = await node.Ended(await node.Run(node.Shell(
            "retry/run", "echo $RUNNER_RUN_ID $RUNNER_ATTEMPT >> attempts; test $RUNNER_ATTEMPT = 4") with
        {
            Retries = retries,
        }));

        Assert.Equal((StateNames.Completed, 4, 4), (run.State.Name, run.Attempt, run.MaxAttempts));
        Assert.Equal(Enumerable.Range(1, 4).Select(n => $"{run.Id} {n}"), node.Lines("attempts"));
        Assert.Equal(
            [
                StateNames.Scheduled, StateNames.Submitting, StateNames.Running,
                .. Enumerable.Repeat<string[]>([StateNames.AwaitingRetry, StateNames.Submitting, StateNames.Retrying], 3).SelectMany(s => s),
                StateNames.Completed,
            ],
            run.Names());
        Assert.Equal(Enumerable.Range(1, 4), run.History.Where(h => h.State.Name == StateNames.Submitting).Select(h => h.Attempt));
        for (var i = 0; i < 3; i++)
        {
            var (waits, starts) = (run.History[3 + (3 * i)], run.History[4 + (3 * i)]);
            Assert.True(
                starts.State.At - waits.State.At >= TimeSpan.FromMilliseconds(least[i]),
                $"retry {i + 1} came after {starts.State.At - waits.State.At}");
            Assert.StartsWith($"Attempt {i + 1} ended as Failed: ", waits.State.Message, StringComparison.Ordinal);
            Assert.Equal(1, waits.ExitCode);
        }
    }

    [Theory]
    [InlineData("exit 75", StateNames.Completed, 2, null)]
    [InlineData("kill -9 $$", StateNames.Completed, 2, null)]
    [InlineData("exit 2", StateNames.Failed, 1, "Not retried: exit code 2 is one of retries.not_on.")]
    [InlineData("exit 1", StateNames.Failed, 1, "Not retried: exit code 1 is none of retries.on.")]
    [InlineData("kill -11 $$", StateNames.Crashed, 1, "Not retried: SIGSEGV (exit code 139) is none of retries.on.")]
    [InlineData("exit 3", StateNames.Completed, 1, "Exit code 3 is one of its success codes.")]
    [InlineData("exec sleep 600", StateNames.Completed, 2, null)]
    public async Task B91_retries_by_how_the_program_ended(string first, string state, int attempts, string? message)
    {
        await using var node = await StartAsync();
        var run = await node.Ended(await node.Run(node.Shell("retry/by-end", $"test $RUNNER_ATTEMPT = 2 && exit; {first}") with
        {
            Retries = new RetrySpec { Count = 3, On = ["75", "SIGKILL"], NotOn = ["2"] }, SuccessCodes = [0, 3],
            // Only one of them takes longer than any machine does.
            Timeout = first.Contains("sleep", StringComparison.Ordinal) ? TimeSpan.FromSeconds(3) : null,
        }));

        Assert.Equal((state, attempts), (run.State.Name, run.Attempt));
        if (message is null)
        {
            Assert.Null(run.State.Message);
        }
        else
        {
            Assert.EndsWith(message, run.State.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task B91_a_start_that_fails_is_retried_whatever_the_rules()
    {
        await using var node = await StartAsync();
        var run = await node.Ended(
            await node.Run(node.Program("retry/start", "/no/such/program") with { Retries = new RetrySpec { Count = 1, On = ["75"] } }));
        Assert.Equal((StateNames.Crashed, 2), (run.State.Name, run.Attempt));
        Assert.DoesNotContain("Not retried", run.State.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B91_without_0_among_the_success_codes_it_fails()
    {
        await using var node = await StartAsync();
        var run = await node.Ended(await node.Run(node.Shell("retry/zero", "exit 0") with { SuccessCodes = [3] }));
        Assert.Equal((StateNames.Failed, 0, "The process ended with exit code 0, which is not one of its success codes."), (
            run.State.Name, run.ExitCode, run.State.Message));
    }

    [Fact]
    public async Task B23_a_run_that_waits_for_its_retry_holds_no_slot()
    {
        await using var node = await StartAsync();
        await node.SetLimit("one", 1);
        var run = await node.Run(node.Shell("retry/slot", "exit 1") with
        {
            Limits = ["one"], Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromHours(1) },
        });
        await node.Until(run, StateNames.AwaitingRetry);

        var other = await node.Run(node.Shell("retry/other", "true") with { Limits = ["one"] });

        Assert.Equal(StateNames.Completed, (await node.Ended(other)).State.Name);
        var waits = await node.View(run);
        Assert.Equal((StateNames.AwaitingRetry, 1, true), (waits.State.Name, waits.Attempt, waits.Slots.IsEmpty));
        Assert.Equal(StateNames.Cancelled, (await node.Cancel(run)).State.Name);
    }

    [Fact]
    public async Task B23_when_no_retry_is_left_the_last_outcome_stands_and_a_cancel_is_not_retried()
    {
        await using var node = await StartAsync();
        var retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromMilliseconds(1) };

        var failed = await node.Ended(await node.Run(node.Shell("retry/fails", "exit $RUNNER_ATTEMPT") with { Retries = retries }));
        var missing = await node.Ended(await node.Run(node.Program("retry/missing", "/no/such/program") with { Retries = retries }));
        var sleeper = await node.Run(node.Shell("retry/cancel", "exec sleep 600") with { Retries = retries });
        await node.Until(sleeper, StateNames.Running);
        await node.Cancel(sleeper);
        var cancelled = await node.Ended(sleeper);

        Assert.Equal((StateNames.Failed, 2, 2), (failed.State.Name, failed.ExitCode, failed.Attempt));
        Assert.Equal((StateNames.Crashed, 127, 2), (missing.State.Name, missing.ExitCode, missing.Attempt));
        Assert.Equal((StateNames.Cancelled, 1), (cancelled.State.Name, cancelled.Attempt));
    }

    [Fact]
    public async Task B23_a_retry_comes_also_when_the_node_was_killed_while_it_waited()
    {
        var clock = new SteppedClock();
        await using var node = await StartAsync(new NodeOptions { Time = clock });
        var run = await node.Run(node.Shell("retry/killed", "test $RUNNER_ATTEMPT = 2") with
        {
            Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromHours(1) },
        });
        await node.Until(run, StateNames.AwaitingRetry);

        await node.CrashAsync();
        clock.Step(TimeSpan.FromHours(1));
        await node.StartNodeAsync();

        var ended = await node.Ended(run);
        Assert.Equal((StateNames.Completed, 2), (ended.State.Name, ended.Attempt));
    }

    [Fact]
    public async Task B24_a_message_of_an_older_attempt_changes_nothing()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var run = await node.Run(node.Shell("older/attempt", "test $RUNNER_ATTEMPT = 1 && exit 1; cat gate") with
        {
            Retries = new RetrySpec { Count = 5, Delay = TimeSpan.Zero },
        });
        var before = await node.Until(run, StateNames.Retrying);

        foreach (var message in new object[]
        {
            new ProcessStarted(1, new ProcessHandle(1, 1, "")),
            new ProcessNotStarted(1, StartFailureKind.CommandNotFound, "late"),
            new ProcessNeverStarted(1),
            new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Exited(0))),
            new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Signaled(9))),
        })
        {
            node.TellRun(run, message);
        }

        var after = await node.View(run);
        Assert.Equal((before.Sequence, before.State, before.Pid), (after.Sequence, after.State, after.Pid));
        await gate.Write("go");
        var ended = await node.Ended(run);
        Assert.Equal((StateNames.Completed, 2), (ended.State.Name, ended.Attempt));
    }

    [Fact]
    public async Task B26_a_completed_run_is_never_overwritten_by_a_late_crash()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("late/crash", "true"));
        var before = await node.Ended(run);

        foreach (var message in new object[]
        {
            new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Signaled(9))),
            new ProcessEnded(1, new ProcessOutcome(new ProcessExit.Unknown("lost"))),
            new ProcessNotStarted(1, StartFailureKind.Other, "late"),
            new SlotsGranted(run, [new Slot("node:node-1", 0)]),
            new TimeoutReached(1),
        })
        {
            node.TellRun(run, message);
        }

        var after = await node.View(run);
        Assert.Equal((before.Sequence, before.State), (after.Sequence, after.State));
        await node.CrashAndRestartAsync();
        Assert.Equal(StateNames.Completed, (await node.View(run)).State.Name);
    }

    [Fact]
    public async Task B26_an_end_that_is_being_written_when_the_node_is_killed_is_one_end()
    {
        await using var node = await StartAsync();
        var run = await node.Run(node.Shell("late/write", "echo ran >> ran"));
        node.Store.LoseAnswerOf(FaultyStore.Event("run.finished"));

        var ended = await node.Ended(run);
        await node.CrashAndRestartAsync();

        Assert.Equal([StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.Completed], ended.Names());
        Assert.Equal(ended.Sequence, (await node.View(run)).Sequence);
        Assert.Single(node.Lines("ran"));
    }

    [Theory]
    [InlineData(RunsOnDelete.Keep)]
    [InlineData(RunsOnDelete.Cancel)]
    public async Task B27_deleting_keeps_finished_runs_stops_schedules_and_does_as_told_with_open_ones(RunsOnDelete runs)
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var spec = node.Shell("delete/me", "exit 3") with
        {
            Concurrency = new ConcurrencySpec(1),
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(1) }],
        };
        var finished = await node.Run(spec);
        await node.Ended(finished);
        await node.Register(spec with { Command = ["/bin/sh", "-c", "cat gate; echo done >> done"] });
        var running = await node.Submit(spec.Name);
        await node.Until(running, StateNames.Running);
        await node.Register(spec with { Command = ["/bin/sh", "-c", "echo done >> done"] });
        var waiting = await node.Submit(spec.Name);
        await node.Until(waiting, StateNames.AwaitingConcurrencySlot);

        var reply = await node.Node.AskAsync(new DeleteDeployment(spec.Name, runs), CancellationToken.None);

        Assert.True(reply.Accepted().Changed);
        (await node.Node.AskAsync(new GetDeployment(spec.Name), CancellationToken.None)).Refused<DeploymentNotFound, DeploymentView>();
        (await node.Node.AskAsync(new SubmitRun(spec.Name), CancellationToken.None)).Refused<DeploymentNotFound, RunSubmitted>();
        Assert.Empty((await node.Node.AskAsync(new ListDeployments(), CancellationToken.None)).Accepted().Items);
        if (runs == RunsOnDelete.Keep)
        {
            await gate.Write("go");
        }

        var expected = runs == RunsOnDelete.Keep ? StateNames.Completed : StateNames.Cancelled;
        Assert.Equal(expected, (await node.Ended(running)).State.Name);
        Assert.Equal(expected, (await node.Ended(waiting)).State.Name);
        Assert.Equal(runs == RunsOnDelete.Keep ? 2 : 0, node.Lines("done").Length);
        Assert.Equal((StateNames.Failed, 3), ((await node.View(finished)).State.Name, (await node.View(finished)).ExitCode));
        Assert.Equal(3, (await node.Runs(spec.Name)).Length);
    }

    [Fact]
    public async Task B27_a_deletion_that_cancels_is_finished_by_the_nodes_next_life()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("delete/later", "true"));
        var runs = ImmutableArray.CreateBuilder<Guid>();
        var due = (await node.Ended(await node.Submit("delete/later"))).Created.AddHours(1);
        for (var i = 0; i < 20; i++)
        {
            runs.Add(await node.Submit("delete/later", due));
        }

        // The node dies before the first run has heard of it.
        var hold = node.Store.Hold(FaultyStore.Event("run.finished"));
        (await node.Node.AskAsync(new DeleteDeployment("delete/later", RunsOnDelete.Cancel), CancellationToken.None)).Accepted();
        await hold.Arrived;
        await node.CrashAsync();
        hold.Release();
        await node.StartNodeAsync();

        foreach (var run in runs)
        {
            var ended = await node.Ended(run);
            Assert.Equal((StateNames.Cancelled, "Its deployment 'delete/later' was deleted."), (ended.State.Name, ended.State.Message));
        }
    }
}

public sealed class RetryingOnSqliteTests() : RetryingTests(TestedStore.Sqlite);

public sealed class RetryingOnPostgresTests() : RetryingTests(TestedStore.PostgreSql);
