using Akka.Actor;
using Akka.Cluster.Sharding;
using Runner.Actors.Nodes;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Nodes;

/// <summary>Which way the actors of a node reach each other.</summary>
public sealed class ClusterRouterTests : NodeWorld
{
    private static readonly EntityKey Run = Key(new Guid("00000000-0000-8000-8000-000000000001"));
    private readonly List<(object Message, IActorRef Sender)> _toRegion = [];
    private readonly List<(object Message, IActorRef Sender)> _toWorker = [];
    private readonly List<(object Message, IActorRef Sender)> _toAlarms = [];
    private readonly ClusterRouter _router;
    private readonly AlarmBoard _board;
    private readonly IActorRef _worker;

    public ClusterRouterTests(ITestOutputHelper output)
        : base(output)
    {
        _board = new AlarmBoard(Time, NodeLog);
        _worker = Sys.ActorOf(Heard.Props(_toWorker));
        _router = new ClusterRouter(_board, new DamagedRows(Time, NodeLog)) { Alarms = Sys.ActorOf(Heard.Props(_toAlarms)) };
        _router.Add(EntityKinds.FlowRun, "flow-runs", Sys.ActorOf(Heard.Props(_toRegion)));
    }

    [Fact]
    public void An_alarm_goes_straight_to_its_worker_if_that_is_here_and_else_by_the_workers_region()
    {
        var change = new AlarmChanged(Run, Now);
        var slice = EntitySlices.Of(Run);
        _board.Came((slice + 1) % EntitySlices.Count, _worker);
        _router.Tell(change, _worker);
        Settle();
        Assert.Empty(_toWorker);
        Assert.Equal((new ShardingEnvelope($"{slice}", change), _worker), Assert.Single(_toAlarms));

        _board.Came(slice, _worker);
        _router.Tell(change, null);
        Settle();
        Assert.Equal(change, Assert.Single(_toWorker).Message);
        Assert.Single(_toAlarms);

        _board.Left(slice, _worker);
        _router.Tell(change, _worker);
        Settle();
        Assert.Single(_toWorker);
        Assert.Equal(2, _toAlarms.Count);
    }

    [Fact]
    public void An_entity_is_reached_through_the_region_of_its_kind_with_the_senders_name()
    {
        _router.Tell(Run, WakeUpNow.Instance, _worker);
        Settle();
        Assert.Equal((new EntityMessage(Run, WakeUpNow.Instance), _worker), Assert.Single(_toRegion));
    }

    [Fact]
    public void An_entity_is_known_by_its_path_and_nothing_else_is()
    {
        Assert.Equal(new EntityKey(EntityKinds.FlowRun, "a/b"), Find("system/sharding/flow-runs/15/a%2Fb"));
        Assert.Null(Find("system/sharding/others/15/a"));
        Assert.Null(Find("user/flow-runs/15"));
        Assert.Null(Find("user/limiter/limiter"));

        EntityKey? Find(string path) => _router.Find(ActorPath.Parse($"akka://test/{path}"));
    }
}
