using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Proxy;
using Runner.Wire;

namespace Runner.Actors.Tests.Nodes;

/// <summary>What an application's proxy does about messages that are lost, in virtual time.</summary>
public sealed class ProxyActorTests() : TestKit("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
{
    private static readonly Guid Run = Guid.Parse("0197f5f4-0000-7000-8000-000000000001");
    private static readonly RunState Scheduled = new(StateType.Scheduled, StateNames.Scheduled, DateTimeOffset.UnixEpoch);

    private IActorRef _proxy = ActorRefs.Nobody;

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void What_is_not_answered_is_asked_again_soon_then_each_second_and_then_given_up()
    {
        var proxy = Proxy();
        proxy.Tell(new GetRun(Run), TestActor);
        var first = ExpectMsg<Asked>();
        var now = 0;
        foreach (var due in (int[])[500, 1500, 2500, 3500, 4500, 5500, 6500, 7500, 8500, 9500])
        {
            Pass(due - 50 - now);
            ExpectNoMsg(TimeSpan.FromMilliseconds(50));
            Pass(50);
            Assert.Equal(first, ExpectMsg<Asked>());
            now = due;
        }

        Pass(10_000 - now);
        Assert.StartsWith("No node of the cluster answered within 10s.", ExpectMsg<StoreNotAvailable>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_submission_has_one_key_however_often_it_is_asked_and_made_its_run()
    {
        var proxy = Proxy();
        proxy.Tell(new SubmitRun("a/b"), TestActor);
        var first = (SubmitRun)ExpectMsg<Asked>().Request;
        Assert.NotNull(first.IdempotencyKey);
        Pass(600);
        var again = ExpectMsg<Asked>();
        Assert.Equal(first, again.Request);
        proxy.Tell(new Answered(again.Id, new RunSubmitted(Run, false, Scheduled)));
        Assert.True(ExpectMsg<RunSubmitted>().Created);

        // One's own key says what it says.
        proxy.Tell(new SubmitRun("a/b", IdempotencyKey: "mine"), TestActor);
        var own = ExpectMsg<Asked>();
        Assert.Equal("mine", ((SubmitRun)own.Request).IdempotencyKey);
        proxy.Tell(new Answered(own.Id, new RunSubmitted(Run, false, Scheduled)));
        Assert.False(ExpectMsg<RunSubmitted>().Created);
    }

    [Fact]
    public void A_node_that_stops_is_left_for_another_and_what_may_not_be_done_twice_is_asked_once()
    {
        var proxy = Proxy();
        proxy.Tell(new GetDeployment("a/b"), TestActor);
        proxy.Tell(new Answered(ExpectMsg<Asked>().Id, new NodeStopping()));
        Pass(600);
        proxy.Tell(new Answered(ExpectMsg<Asked>().Id, new DeploymentNotFound("a/b")));
        ExpectMsg<DeploymentNotFound>();

        proxy.Tell(new SkipEvent("FlowRun/x", 1), TestActor);
        ExpectMsg<Asked>();
        Pass(9000);
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Pass(2000);
        ExpectMsg<StoreNotAvailable>();
    }

    private IActorRef Proxy()
    {
        var probe = TestActor;
        Func<TimeSpan> clock = () => Scheduler.Now - DateTimeOffset.UnixEpoch;
        _proxy = Sys.ActorOf(Props.Create(() => new ProxyActor(TimeSpan.FromSeconds(10), new Route(probe), clock)));
        // Its timer runs once it has answered.
        Pass(0);
        return _proxy;
    }

    /// <summary>In steps as long as the proxy's looks, each of which it has taken before the next.</summary>
    private void Pass(int milliseconds)
    {
        var look = CreateTestProbe();
        for (var passed = 0; passed <= milliseconds; passed += 50)
        {
            _proxy.Tell(new Identify(passed), look);
            look.ExpectMsg<ActorIdentity>();
            if (passed < milliseconds)
            {
                Scheduler.Advance(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private sealed class Route(IActorRef probe) : IRoute
    {
        public void Begin(IActorContext context)
        {
        }

        public bool Takes(object message) => false;

        public void Send(Asked asked, int tries, IActorRef self) => probe.Tell(asked);
    }
}
