using System.Collections.Immutable;
using Runner.Actors.Limits;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Limits;

/// <summary>Which node a run gets, where it waits for one, and why.</summary>
public sealed class NodePlacesTests
{
    private static readonly ImmutableSortedDictionary<string, string> NoLabels = ImmutableSortedDictionary<string, string>.Empty;
    private static readonly NodeRequirements Gpu = new([new LabelRule("gpu", ["true"], Absent: false)]);

    private readonly List<(int Run, string? Node)> _granted = [];
    private readonly SlotTable _table = new(new NodePlaces([], isShared: true));

    [Fact]
    public void A_run_gets_its_own_node_first_and_else_the_one_with_the_most_room()
    {
        Nodes(new("a", 2, NoLabels), new("b", 4, NoLabels), new("c", 1, NoLabels));
        Assert.Equal("c", Acquire(Run(1) with { Home = "c" }));
        Assert.Equal("a", Acquire(Run(2) with { Home = "c" }));
        Assert.Equal("b", Acquire(Run(3)));
        Assert.Equal("b", Acquire(Run(4)));
        Assert.Equal("a", Acquire(Run(5) with { Home = "elsewhere" }));
        Assert.Equal(["a", "b", "c"], _table.Page(new(10), 10).Items.Select(limit => limit.Name["node:".Length..]));
    }

    [Fact]
    public void No_node_gets_more_than_its_size_and_a_freed_slot_serves_who_waits_in_order()
    {
        Nodes(new("a", 1, NoLabels), new("b", 1, NoLabels));
        Acquire(Run(1));
        Acquire(Run(2));
        Assert.Equal("full: node:*", Acquire(Run(3)));
        Assert.Equal("Every node that it may run on is full.", _table.WhyFull(Run(3), "node:*"));
        Park("node:*", Run(4), Run(3));

        Free(2);

        Assert.Equal([(3, "b")], _granted);
    }

    [Fact]
    public void A_run_is_placed_by_its_labels_and_waits_for_a_node_that_has_them()
    {
        Nodes(new NodePlace("a", 5, NoLabels));
        Assert.Equal("full: node:* with gpu=true", Acquire(Run(1) with { Requires = Gpu }));
        Assert.Equal("No node has gpu=true.", _table.WhyFull(Run(1) with { Requires = Gpu }, "node:* with gpu=true"));
        Park("node:* with gpu=true", Run(1) with { Requires = Gpu });
        // Nobody stands in the way of one that may run anywhere.
        Assert.Equal("a", Acquire(Run(2)));

        Nodes(new("a", 5, NoLabels), new("b", 1, NoLabels.Add("gpu", "true")));
        Dispatch("node:b");

        Assert.Equal([(1, "b")], _granted);
    }

    [Fact]
    public void Of_those_that_wait_with_and_without_labels_the_first_is_served_first()
    {
        Nodes(new("a", 1, NoLabels), new("b", 1, NoLabels.Add("gpu", "true")));
        Acquire(Run(1) with { Home = "a" });
        Acquire(Run(2) with { Home = "b" });
        Park("node:*", Run(5), Run(3));
        Park("node:* with gpu=true", Run(4) with { Requires = Gpu });

        Free(2);
        Assert.Equal([(3, "b")], _granted);
        Free(1);
        // The one before it needs the other node.
        Assert.Equal([(3, "b"), (5, "a")], _granted);
    }

    [Fact]
    public void A_node_that_takes_none_gets_none_and_keeps_what_it_has()
    {
        Nodes(new("a", 2, NoLabels), new("b", 2, NoLabels));
        Assert.Equal("a", Acquire(Run(1) with { Home = "a" }));
        Nodes(new("a", 0, NoLabels), new("b", 2, NoLabels));
        Assert.Equal("b", Acquire(Run(2) with { Home = "a" }));
        Nodes(new NodePlace("b", 2, NoLabels));
        Assert.Equal("b", Acquire(Run(3) with { Home = "a" }));
        Assert.Equal("full: node:*", Acquire(Run(4)));
        Assert.Single(_table.Book("node:a").Held);
    }

    [Fact]
    public void On_its_own_a_node_is_waited_for_by_its_name_unless_it_lacks_what_is_required()
    {
        var places = new NodePlaces([new NodePlace("a", 1, NoLabels.Add("zone", "x"))], isShared: false);
        Assert.Equal("node:a", places.QueueOf(Run(1)));
        Assert.Null(places.WhyNone(Run(1)));
        Assert.Equal("node:a", places.QueueOf(Run(1) with { Requires = new([new LabelRule("zone", ["x", "y"], Absent: false)]) }));
        var spot = Run(1) with { Requires = new([new LabelRule("zone", null, Absent: true)]) };
        Assert.Equal("node:* with no zone", places.QueueOf(spot));
        Assert.Equal("No node is as it requires: no zone.", places.WhyNone(spot));
    }

    private void Nodes(params ImmutableArray<NodePlace> nodes) => _table.SetPlaces(new NodePlaces(nodes, isShared: true));

    private string? Acquire(WaitingRun run)
    {
        var (grant, full) = _table.Acquire(run);
        if (grant is not null)
        {
            _table.Confirm(run.Run, grant.Slots);
        }

        return grant?.Node ?? $"full: {full}";
    }

    private void Park(string queue, params WaitingRun[] runs) => Array.ForEach(runs, run => _table.Park(run, queue));

    private void Free(int run)
    {
        foreach (var (limit, number) in (string[])["node:a", "node:b"] is var limits
            ? limits.SelectMany(limit => _table.Book(limit).Held.Where(held => held.Value == Id(run)).Select(held => (limit, held.Key)))
                .ToList() : [])
        {
            _table.Free(Id(run), [new(limit, number)]);
            Dispatch(limit);
        }
    }

    private void Dispatch(string limit) => _table.Dispatch(
        limit, (run, grant) => _granted.Add((int.Parse(run.ToString("N")[^4..], null), grant.Node)), (_, _) => { });

    private static WaitingRun Run(int run) => new(Id(run), [], 0, DateTimeOffset.UnixEpoch.AddSeconds(run));

    private static Guid Id(int run) => new($"00000000-0000-8000-8000-{run:D12}");
}
