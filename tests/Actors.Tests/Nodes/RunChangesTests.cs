using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Runner.Actors.Members;
using Runner.Actors.Nodes;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Nodes;

/// <summary>Who hears of changes of runs, here and on other nodes.</summary>
public sealed class RunChangesTests : TestKit
{
    private static readonly ImmutableSortedDictionary<string, string> NoLabels = ImmutableSortedDictionary<string, string>.Empty;

    private readonly NodeDirectory _nodes = new(new NodeHere("a", 5, NoLabels), isShared: true, new FakeTimeProvider());
    private readonly RunChanges _changes;
    private readonly List<RunStateChanged> _all = [];
    private readonly List<RunStateChanged> _own = [];

    public RunChangesTests()
    {
        _changes = new RunChanges(_nodes);
        _nodes.Set(new NodeHere("b", 5, NoLabels), TestActor);
    }

    [Fact]
    public async Task Another_node_is_told_while_somebody_there_follows_or_it_executes_the_run_and_of_nothing_else()
    {
        _changes.Publish(Of("a"));
        _changes.Publish(Of(null));
        var there = Of("b");
        _changes.Publish(there);
        Assert.Same(there, await ExpectMsgAsync<RunStateChanged>());

        _nodes.Set(new NodeHere("b", 5, NoLabels) { Follows = true }, TestActor);
        var followed = Of("a");
        _changes.Publish(followed);
        Assert.Same(followed, await ExpectMsgAsync<RunStateChanged>());
    }

    [Fact]
    public void This_node_says_that_it_follows_exactly_while_somebody_here_wants_the_runs_of_all_nodes()
    {
        using var own = _changes.Subscribe(_own.Add, null, RunsOf.ThisNode);
        Assert.False(_nodes.Own.Follows);
        var first = _changes.Subscribe(_all.Add, null, RunsOf.AllNodes);
        var second = _changes.Subscribe(_ => { }, null, RunsOf.AllNodes);
        Assert.True(_nodes.Own.Follows);
        first.Dispose();
        first.Dispose();
        Assert.True(_nodes.Own.Follows);
        second.Dispose();
        Assert.False(_nodes.Own.Follows);
    }

    [Fact]
    public void Who_wants_the_runs_of_this_node_hears_of_those_that_it_looks_after_or_executes()
    {
        using var own = _changes.Subscribe(_own.Add, null, RunsOf.ThisNode);
        using var all = _changes.Subscribe(_all.Add, null, RunsOf.AllNodes);
        var (lookedAfter, executed, others) = (Of("b"), Of("a"), Of("b"));
        _changes.Publish(lookedAfter);
        _changes.Heard(executed);
        _changes.Heard(others);
        Assert.Equal([lookedAfter, executed], _own);
        Assert.Equal([lookedAfter, executed, others], _all);
    }

    [Fact]
    public void Who_follows_is_told_that_changes_may_have_been_missed()
    {
        var missed = 0;
        using var all = _changes.Subscribe(_all.Add, () => missed++, RunsOf.AllNodes);
        using var own = _changes.Subscribe(_own.Add, null, RunsOf.ThisNode);
        _changes.Missed();
        Assert.Equal(1, missed);
    }

    private static RunStateChanged Of(string? node) => new(
        Guid.Empty, "flow/it", new RunStateChange(1, new RunState(StateType.Running, "Running", DateTimeOffset.UnixEpoch), 1), node);
}
