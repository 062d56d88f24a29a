using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.Retention;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Ended runs that no rule keeps go, with everything that belongs to them and nothing else, and hold nobody up.</summary>
public abstract class RetentionTests(TestedStore store) : BehaviourTests(store)
{
    private static readonly RetentionSettings NoneSpared = new(RetentionRule.Everything, TimeSpan.Zero);
    private static readonly Predicate<EntityCommit> Erases = commit => commit.Writes.Any(w => w.Erases);

    [Fact]
    public async Task A_deleted_run_leaves_nothing_and_nobody_answers_for_it()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared });
        await node.Register(node.Shell("retention/one", "echo out; echo err >&2"));
        var run = await node.Submit("retention/one", key: "k");
        await node.Ended(run);
        Assert.True(File.Exists(node.Files.Stdout(new AttemptKey(run, 1))));

        var key = new EntityKey(EntityKinds.FlowRun, run.ToString("D"));
        var last = (await node.Store.LoadAsync(key)).LastSequence;

        var report = await Prune(node, new PruneRuns(TimeSpan.Zero));

        Assert.Equal((1L, 8L, null), (report.Runs, report.OutputBytes, report.Next));
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(node.Files.Stdout(new AttemptKey(run, 1)))!));
        Assert.Empty((await node.Node.AskAsync(new ListRuns(), default)).Accepted().Items);
        // Of its history the number of its last event is left, by which a write of before is refused, and nothing else.
        var left = await node.Store.LoadAsync(key);
        Assert.Equal((0, null, last), (left.Events.Length, left.Snapshot, left.LastSequence));
        Assert.Null(await node.Store.RowAsync(Tables.Runs.Name, key.Id));
        Assert.Null(await node.Store.RowAsync(Tables.OpenRuns.Name, key.Id));
        Assert.DoesNotContain(await node.Store.SlotsAsync(), slot => slot.Holder == key);
        Assert.DoesNotContain(await node.Store.WakeUpsAsync(DateTimeOffset.MaxValue, null, 1000), wakeUp => wakeUp.Entity == key);
        // It was in memory a moment ago.
        (await node.Node.AskAsync(new GetRun(run), default)).Refused<RunNotFound, RunView>();
        (await node.Node.AskAsync(new RetryRun(run), default)).Refused<RunNotFound, RunSubmitted>();
        (await node.Node.AskAsync(new GetRunHistory(run, 0), default)).Refused<RunNotFound, ImmutableArray<RunStateChange>>();

        // Its key is not remembered any more, and its id is free.
        Assert.Equal(run, await node.Submit("retention/one", key: "k"));
        Assert.Equal([StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.Completed], (await node.Ended(run)).Names());
    }

    [Fact]
    public async Task What_has_not_ended_or_has_only_just_ended_stays()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared with { KeepAtLeast = TimeSpan.FromHours(1) } });
        var ended = await node.Run(node.Shell("retention/short", "true"));
        await node.Ended(ended);
        var open = await node.Run(node.Shell("retention/long", "sleep 1000"));
        await node.Until(open, StateNames.Running);
        var later = await node.Submit("retention/short", at: DateTimeOffset.UnixEpoch.AddYears(200));

        var report = await Prune(node, new PruneRuns(TimeSpan.Zero, 0));

        Assert.Equal((0L, TimeSpan.FromHours(1)), (report.Runs, report.KeepAtLeast));
        Assert.Equal(3, (await node.Node.AskAsync(new ListRuns(), default)).Accepted().Items.Length);
        await node.Cancel(open);
        await node.Cancel(later);
    }

    [Fact]
    public async Task A_deployments_own_rule_goes_before_the_nodes_and_before_one_for_all()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared with { Rule = new(null, 1) } });
        await node.Register(node.Shell("retention/own", "true") with { Retention = new RetentionSpec(KeepRuns: 3) });
        await node.Register(node.Shell("retention/other", "true"));
        var own = await Runs(node, "retention/own", 5);
        var other = await Runs(node, "retention/other", 3);

        Assert.Equal(0, (await Prune(
            node, new PruneRuns(TimeSpan.Zero, DryRun: true, Deployment: "retention/own") with { KeepFor = TimeSpan.FromDays(1) })).Runs);
        Assert.Equal(3, (await Prune(node, new PruneRuns(TimeSpan.Zero, DryRun: true))).Runs);

        // The node's rule keeps the newest of all of them, which is the other's.
        Assert.Equal(4, (await Prune(node, new PruneRuns())).Runs);
        Assert.Equal(own[2..], (await node.Runs("retention/own")).Select(r => r.Id));
        Assert.Equal(other[2..], (await node.Runs("retention/other")).Select(r => r.Id));

        Assert.Equal(1, (await Prune(node, new PruneRuns(TimeSpan.Zero))).Runs);
        Assert.Equal(3, (await Prune(node, new PruneRuns(TimeSpan.Zero, Deployment: "retention/own"))).Runs);
    }

    [Fact]
    public async Task A_deployment_that_says_nothing_any_more_goes_by_the_nodes_rule()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared with { Rule = new(TimeSpan.Zero, null) } });
        var spec = node.Shell("retention/own", "true") with { Retention = new RetentionSpec() };
        await node.Register(spec);
        await Runs(node, spec.Name, 2);
        Assert.Equal(0, (await Prune(node, new PruneRuns())).Runs);

        await node.Register(spec with { Retention = null });
        Assert.Equal(2, (await Prune(node, new PruneRuns())).Runs);
        await node.Register(spec);
        await Runs(node, spec.Name, 2);
        (await node.Node.AskAsync(new DeleteDeployment(spec.Name, RunsOnDelete.Keep), default)).Accepted();
        Assert.Equal(2, (await Prune(node, new PruneRuns())).Runs);
    }

    [Fact]
    public async Task A_dry_run_counts_and_deletes_nothing()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared });
        await node.Register(node.Shell("retention/count", "printf 12345"));
        var runs = await Runs(node, "retention/count", 3);
        var counted = await Prune(node, new PruneRuns(KeepRuns: 1, DryRun: true));
        Assert.Equal((2L, 10L), (counted.Runs, counted.OutputBytes));
        Assert.Equal(runs, (await node.Runs("retention/count")).Select(r => r.Id));
        Assert.Equal("12345", node.Stdout(runs[0]));
    }

    [Fact]
    public async Task A_submission_does_not_wait_for_a_pruning_and_its_commit_comes_between_the_erasures()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared, ProcessLimit = 50 });
        await node.Register(node.Shell("retention/many", "true"));
        await Runs(node, "retention/many", RunFinder.AtOnce + 20);
        var largest = 0;
        node.Store.Hold(commit =>
        {
            largest = Math.Max(largest, commit.Writes.Count(w => w.Erases));
            return false;
        });
        var first = node.Store.Hold(Erases);
        var pruning = Prune(node, new PruneRuns(TimeSpan.Zero));
        await first.Arrived;

        var during = await node.Submit("retention/many");
        await node.Ended(during);
        var second = node.Store.Hold(Erases);
        first.Release();
        await second.Arrived;
        var between = await node.Submit("retention/many");
        await node.Ended(between);
        Assert.False(pruning.IsCompleted);
        second.Release();

        Assert.True((await pruning).Runs >= RunFinder.AtOnce + 20);
        Assert.Equal(RunFinder.AtOnce, largest);
    }

    [Fact]
    public async Task A_node_killed_between_files_and_rows_finishes_in_its_next_life()
    {
        await using var node = await StartAsync(new NodeOptions { Retention = NoneSpared });
        var run = await node.Run(node.Shell("retention/killed", "echo hello"));
        await node.Ended(run);
        var held = node.Store.Hold(Erases);
        var pruning = node.Node.AskAsync(new PruneRuns(TimeSpan.Zero), CancellationToken.None);
        await held.Arrived;
        Assert.False(File.Exists(node.Files.Stdout(new AttemptKey(run, 1))));
        await node.CrashAndRestartAsync();
        held.Release();
        Assert.IsType<NodeStopping>((await pruning).Refusal);

        Assert.Equal(StateNames.Completed, (await node.View(run)).State.Name);
        var report = await Prune(node, new PruneRuns(TimeSpan.Zero));
        Assert.Equal((1L, 0L), (report.Runs, report.OutputBytes));
    }

    [Fact]
    public async Task The_nodes_own_sweep_deletes_and_goes_on_after_a_failure_of_the_store()
    {
        await using var node = await StartAsync(new NodeOptions
        {
            Retention = NoneSpared with { Rule = new(TimeSpan.Zero, null), SweepEvery = TimeSpan.FromMilliseconds(20) },
        });
        await node.Register(node.Shell("retention/swept", "true"));
        var held = node.Store.Hold(Erases);
        await node.Submit("retention/swept");
        await held.Arrived;
        node.Store.FailNext(1, FaultyStore.Away);
        var again = node.Store.Hold(Erases);
        held.Release();

        await again.Arrived;
        again.Release();
        await node.UntilWritten(async () => (await node.Runs("retention/swept")).IsEmpty);
    }

    [Fact]
    public async Task What_cannot_be_asked_for_is_refused_with_its_field()
    {
        await using var node = await StartAsync();
        (await node.Node.AskAsync(new PruneRuns(Deployment: "no/such"), default)).Refused<DeploymentNotFound, PruneReport>();
        foreach (var (wrong, field) in ((PruneRuns, string)[])
        [
            (new PruneRuns(TimeSpan.FromSeconds(-1)), "keepFor"), (new PruneRuns(TimeSpan.FromDays(40_000)), "keepFor"),
            (new PruneRuns(KeepRuns: -1), "keepRuns"), (new PruneRuns(Deployment: "x"), "deployment"), (new PruneRuns(After: "x"), "after"),
        ])
        {
            var refused = (await node.Node.AskAsync(wrong, default)).Refused<PruneInvalid, PruneReport>();
            Assert.Equal(field, Assert.Single(refused.Problems.ToArray()).Field);
        }

        var reply = await node.Node.AskAsync(
            new RegisterDeployments([node.Shell("retention/wrong", "true") with { Retention = new RetentionSpec(KeepRuns: -1) }]), default);
        Assert.Contains("deployments[0].retention.keep_runs", reply.Refusal!.Problems.Select(p => p.Field));
    }

    private static async Task<PruneReport> Prune(NodeFixture node, PruneRuns command) => (await node.Node.AskAsync(command, default)).Accepted();

    /// <summary>So many ended runs, oldest first.</summary>
    private static async Task<Guid[]> Runs(NodeFixture node, string deployment, int count)
    {
        var before = (await node.Runs(deployment)).Length;
        for (var i = 0; i < count; i++)
        {
            var run = await node.Submit(deployment);
            if (count <= RunFinder.AtOnce)
            {
                // One after the other, so that each is created at a time of its own; with many the order does not matter.
                await node.Ended(run);
            }
        }

        return [.. (await node.EndedRuns(deployment, before + count)).Select(r => r.Id)];
    }
}

public sealed class RetentionOnSqliteTests() : RetentionTests(TestedStore.Sqlite);

public sealed class RetentionOnPostgresTests() : RetentionTests(TestedStore.PostgreSql);
