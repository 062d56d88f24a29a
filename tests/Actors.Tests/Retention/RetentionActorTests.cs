using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.FlowRuns;
using Runner.Actors.Retention;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Runs;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Retention;

/// <summary>In which order and when the sweeper does what it does; which runs may go, <see cref="RetentionPassTests"/> has.</summary>
public sealed class RetentionActorTests(ITestOutputHelper output) : NodeWorld(output)
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);
    private static readonly PruneRuns All = new(TimeSpan.Zero);

    private readonly Files _files = new();
    private readonly List<EntityKey> _erased = [];
    private IActorRef _sweeper = ActorRefs.Nobody;

    [Fact]
    public void Files_go_before_rows_and_who_may_remember_a_run_is_told_when_it_is_gone()
    {
        var runs = WriteEnded(3);
        Begin();
        Store.Holding = true;
        var asked = Ask(_sweeper, All);
        Settle();
        Assert.Equal(runs, _files.Deleted);
        Assert.Equal(3, Assert.Single(Store.Commits).Writes.Count(w => w.Erases));
        Assert.Empty(_erased);
        Assert.False(asked.IsCompleted);

        Store.ReleaseAll();
        Settle();

        Assert.Equal(runs.Select(Key), _erased);
        var report = Assert.IsType<PruneReport>(Ended(asked));
        Assert.Equal((3L, 30L, null), (report.Runs, report.OutputBytes, report.Next));
        Assert.All(runs, run => Assert.Empty(Events(Key(run))));
    }

    [Fact]
    public void A_run_whose_files_cannot_be_deleted_stays()
    {
        var runs = WriteEnded(3);
        _files.Stuck.Add(runs[1]);
        Begin();
        Assert.Equal(2, Prune().Runs);
        Assert.NotEmpty(Events(Key(runs[1])));
        Assert.Contains("It is stuck.", Assert.Single(Lines.All, line => line.Level == LogEventLevel.Warning).Text, StringComparison.Ordinal);

        _files.Stuck.Clear();
        Assert.Equal(1, Prune().Runs);
    }

    [Fact]
    public void A_run_that_was_written_to_meanwhile_stays_and_the_others_go()
    {
        var runs = WriteEnded(3);
        Begin();
        Store.Holding = true;
        var asked = Ask(_sweeper, All);
        Settle();
        var last = Ended(Store.Memory.LoadAsync(Key(runs[0]))).LastSequence;
        Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(
            new EntityCommit([new EntityWrite(Key(runs[0]), last, [new StoredEvent(last + 1, "run.late", 1, Now, "{}"u8.ToArray())])]))));
        Store.ReleaseAll();
        Settle();

        Assert.Equal(2, Assert.IsType<PruneReport>(Ended(asked)).Runs);
        Assert.Equal(runs[1..].Select(Key), _erased);
        Assert.NotEmpty(Events(Key(runs[0])));
    }

    [Fact]
    public void A_dry_run_measures_and_touches_nothing()
    {
        WriteEnded(3);
        Begin();
        var report = Prune(All with { DryRun = true });
        Assert.Equal((3L, 30L), (report.Runs, report.OutputBytes));
        Assert.Empty(_files.Deleted);
        Assert.Empty(Store.Commits);
    }

    [Fact]
    public void The_nodes_own_sweep_begins_after_a_minute_and_comes_again()
    {
        WriteEnded(1);
        Begin(new RetentionRule(TimeSpan.Zero, null));
        Pass(TimeSpan.FromSeconds(59));
        Assert.Empty(_erased);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Single(_erased);

        WriteEnded(1, from: 10);
        Pass(SweepEvery - TimeSpan.FromSeconds(1));
        Assert.Single(_erased);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _erased.Count);
    }

    [Fact]
    public void A_store_that_is_away_refuses_who_asks_and_is_told_of_once_by_the_sweep_which_comes_again()
    {
        WriteEnded(1);
        Begin(new RetentionRule(TimeSpan.Zero, null));
        Store.Away = true;
        var asked = Ask(_sweeper, All);
        Settle();
        Assert.IsType<StoreNotAvailable>(Ended(asked));
        Assert.Empty(Lines.All);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Contains("cannot be deleted now", Assert.Single(Lines.All).Text, StringComparison.Ordinal);

        Store.Away = false;
        Pass(SweepEvery);
        Assert.Single(_erased);
    }

    [Fact]
    public void Many_are_deleted_a_hundred_at_a_time_with_a_rest_between()
    {
        WriteEnded(250);
        Begin();
        var asked = Ask(_sweeper, All);
        Settle();
        Assert.Equal([100], Erasures());
        Pass(TimeSpan.FromMilliseconds(4));
        Assert.Equal([100], Erasures());
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal([100, 100], Erasures());
        Pass(TimeSpan.FromMilliseconds(5));
        Assert.Equal([100, 100, 50], Erasures());
        Assert.Equal(250, Assert.IsType<PruneReport>(Ended(asked)).Runs);
    }

    [Fact]
    public void A_sweep_rests_as_long_as_it_took_and_a_second_at_most()
    {
        WriteEnded(250);
        Begin();
        Store.Holding = true;
        _ = Ask(_sweeper, All);
        Pass(TimeSpan.FromMilliseconds(300));
        Store.ReleaseOne();
        Pass(TimeSpan.FromMilliseconds(299));
        Assert.Single(Erasures());
        Pass(TimeSpan.FromMilliseconds(2));
        Assert.Equal(2, Erasures().Length);

        Pass(TimeSpan.FromSeconds(2));
        Store.ReleaseAll();
        Pass(TimeSpan.FromMilliseconds(999));
        Assert.Equal(2, Erasures().Length);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, Erasures().Length);
    }

    [Fact]
    public void A_part_ends_after_three_seconds_and_says_where_to_go_on()
    {
        WriteEnded(150);
        Begin();
        Store.Holding = true;
        var asked = Ask(_sweeper, All);
        Pass(TimeSpan.FromSeconds(4));
        Store.ReleaseAll();
        Settle();
        var report = Assert.IsType<PruneReport>(Ended(asked));
        Assert.Equal(100, report.Runs);
        Assert.NotNull(report.Next);
        Assert.Equal(50, Prune(All with { After = report.Next }).Runs);
    }

    [Fact]
    public void The_nodes_own_sweep_lets_who_asks_go_first()
    {
        WriteEnded(150);
        Begin(new RetentionRule(TimeSpan.Zero, null));
        Store.Holding = true;
        Pass(TimeSpan.FromMinutes(1));
        var asked = Ask(_sweeper, new PruneRuns(TimeSpan.Zero, DryRun: true));
        Settle();
        Assert.False(asked.IsCompleted);
        Store.ReleaseAll();
        Pass(TimeSpan.FromSeconds(1));
        // The sweep had deleted a hundred, and went on afterwards.
        Assert.Equal(50, Assert.IsType<PruneReport>(Ended(asked)).Runs);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(150, _erased.Count);
    }

    [Fact]
    public void Two_who_ask_are_answered_one_after_the_other_and_never_are_there_two_commits()
    {
        WriteEnded(1);
        Begin();
        Store.Holding = true;
        var (first, second) = (Ask(_sweeper, All), Ask(_sweeper, All));
        Settle();
        Assert.Equal(1, Store.Held);
        Store.ReleaseAll();
        Settle();
        Assert.Equal([1, 0], new[] { first, second }.Select(a => (int)Assert.IsType<PruneReport>(Ended(a)).Runs));
    }

    [Fact]
    public void Who_asks_a_node_that_stops_is_told_so()
    {
        WriteEnded(1);
        Begin();
        Store.Holding = true;
        var (first, second) = (Ask(_sweeper, All), Ask(_sweeper, All));
        Settle();
        Sys.Stop(_sweeper);
        Settle();
        Assert.IsType<NodeStopping>(Ended(first));
        Assert.IsType<NodeStopping>(Ended(second));
    }

    private void Begin(RetentionRule? rule = null)
    {
        var settings = new RetentionSettings(rule ?? RetentionRule.Everything, TimeSpan.Zero) { SweepEvery = SweepEvery, Output = _files };
        _sweeper = Sys.ActorOf(
            ActorProducer.Props(
                () => new RetentionActor(Store, new DamagedRows(Time, NodeLog), Time, settings, runs => _erased.AddRange(runs), NodeLog)));
        Settle();
    }

    private PruneReport Prune(PruneRuns? request = null)
    {
        var asked = Ask(_sweeper, request ?? All);
        Pass(TimeSpan.FromMilliseconds(100));
        return Assert.IsType<PruneReport>(Ended(asked));
    }

    private int[] Erasures() => [.. Store.Commits.Select(c => c.Writes.Count(w => w.Erases))];

    private Guid[] WriteEnded(int count, int from = 0)
    {
        var runs = Enumerable.Range(from, count).Select(i => new Guid($"00000000-0000-8000-8000-{i:D12}")).ToArray();
        foreach (var run in runs)
        {
            Write(
                FlowRuns.Behaviour, $"{run:D}",
                Recipe(), new AttemptStarting(1, [], Node), new RunFinished(1, AttemptOutcomes.Cancelled(null), null));
        }

        return runs;
    }

    /// <summary>Ten bytes for each run.</summary>
    private sealed class Files : IRunOutput
    {
        public List<Guid> Deleted { get; } = [];

        public HashSet<Guid> Stuck { get; } = [];

        public Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs) => Task.FromResult(new OutputSize(10 * runs.Count, [], null));

        public Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs)
        {
            ImmutableArray<Guid> stuck = [.. runs.Select(r => r.Run).Where(Stuck.Contains)];
            Deleted.AddRange(runs.Select(r => r.Run).Except(stuck));
            return Task.FromResult(new OutputSize(10 * (runs.Count - stuck.Length), stuck, stuck.IsEmpty ? null : "It is stuck."));
        }
    }
}
