using Runner.Engine.Actors;
using Runner.Engine.Testing;

namespace Runner.Engine.Tests.Actors;

public sealed class SupervisionTests
{
    private static readonly InvalidOperationException Boom = new("boom");

    private readonly World _world = new();

    private TestProbe Probe => _world.Probe;

    [Fact]
    public void A_restart_replaces_the_instance_and_keeps_address_and_mailbox()
    {
        var actor = _world.Spawn(() => new ScriptedActor("a", Probe.Ref) { OnMessage = (self, m) => self.Report((string)m) });
        actor.Tell("one");
        actor.Tell(Boom);
        actor.Tell("two");
        Expect("a:new", "a:start", "a:one", "a:prerestart boom", "a:stop", "a:new", "a:postrestart boom", "a:start", "a:two");
    }

    [Fact]
    public void Resume_keeps_the_state()
    {
        var child = Child(Supervise(decider: _ => Directive.Resume));
        child.Tell("x");
        child.Tell(Boom);
        Assert.Equal(3, _world.Ask<int>(child, "count"));
    }

    [Fact]
    public void Restart_loses_the_state()
    {
        var child = Child(Supervise());
        child.Tell("x");
        child.Tell(Boom);
        Assert.Equal(1, _world.Ask<int>(child, "count"));
    }

    [Fact]
    public void Stop_ends_the_child()
    {
        var child = Child(Supervise(decider: _ => Directive.Stop));
        Probe.Watch(child);
        _world.Simulation.RunUntilIdle();
        child.Tell(Boom);
        Probe.ExpectTerminated(child);
    }

    [Fact]
    public void Escalate_fails_the_parent_which_the_guardian_restarts()
    {
        var parent = Supervise(decider: _ => Directive.Escalate, label: "p");
        var child = Child(parent);
        Probe.Watch(child);
        Expect("p:new", "p:start");
        child.Tell(Boom);
        Assert.Equal("p:prerestart boom", Probe.FishForMessage<string>(_ => true));
        Probe.FishForMessage<Terminated>(dead => dead.ActorRef == child);
        Probe.FishForMessage<string>(s => s == "p:postrestart boom");
        Assert.Equal(1, _world.Ask<int>(parent, "count"));
    }

    [Fact]
    public void Children_kept_over_a_restart_are_restarted_and_go_on()
    {
        IActorRef? kept = null;
        var parent = _world.Spawn(() => new ScriptedActor
        {
            KeepChildren = true,
            OnStart = self => kept = self.Context.Child("c") ?? self.Context.ActorOf(Props.Create(() => new ScriptedActor()), "c"),
        });
        _world.Simulation.RunUntilIdle();
        var before = kept!;
        before.Tell("x");
        parent.Tell(Boom);
        _world.Simulation.RunUntilIdle();
        Assert.Same(before, kept);
        Assert.Equal(1, _world.Ask<int>(before, "count"));
    }

    [Fact]
    public void While_the_parent_has_failed_its_children_are_suspended_and_lose_nothing()
    {
        var grandparent = Supervise(decider: _ => Directive.Resume);
        var parent = Child(grandparent);
        var child = Child(parent);
        for (int i = 0; i < 50; i++)
        {
            child.Tell("x");
            parent.Tell(Boom);
            child.Tell("x");
        }

        _world.Simulation.RunUntilIdle();
        Assert.Equal(101, _world.Ask<int>(child, "count"));
    }

    [Fact]
    public void Two_children_that_escalate_together_both_go_on_after_a_resume()
    {
        var top = Supervise(decider: _ => Directive.Resume);
        var middle = Child(top, SupervisorStrategyOf(Directive.Escalate));
        var one = Child(middle);
        var two = Child(middle);
        one.Tell(Boom);
        two.Tell(Boom);
        _world.Simulation.RunUntilIdle();
        Assert.Equal(2, _world.Ask<int>(one, "count"));
        Assert.Equal(2, _world.Ask<int>(two, "count"));
    }

    [Fact]
    public void After_as_many_retries_as_allowed_the_child_is_stopped()
    {
        var child = Child(Supervise(maxNrOfRetries: 2));
        Probe.Watch(child);
        child.Tell(Boom);
        child.Tell(Boom);
        Assert.Equal(1, _world.Ask<int>(child, "count"));
        child.Tell(Boom);
        Probe.ExpectTerminated(child);
    }

    [Fact]
    public void Retries_are_counted_within_the_time_range_only()
    {
        var child = Child(Supervise(maxNrOfRetries: 1, within: TimeSpan.FromSeconds(10)));
        Probe.Watch(child);
        for (int i = 0; i < 5; i++)
        {
            child.Tell(Boom);
            _world.Simulation.RunFor(TimeSpan.FromSeconds(11));
        }

        child.Tell(Boom);
        child.Tell(Boom);
        Probe.ExpectTerminated(child);
    }

    [Fact]
    public void All_for_one_restarts_the_siblings_too()
    {
        var parent = _world.Spawn(() => new ScriptedActor
        {
            Strategy = new AllForOneStrategy(),
            OnMessage = Spawner,
        });
        var failing = Child(parent);
        var sibling = Child(parent);
        sibling.Tell("x");
        _world.Simulation.RunUntilIdle();
        failing.Tell(Boom);
        _world.Simulation.RunUntilIdle();
        Assert.Equal(1, _world.Ask<int>(sibling, "count"));
        Assert.Equal(1, _world.Ask<int>(failing, "count"));
    }

    [Fact]
    public void An_actor_that_cannot_start_is_stopped_by_default()
    {
        var actor = _world.Spawn(() => throw new InvalidOperationException("no"));
        Probe.Watch(actor);
        Probe.ExpectTerminated(actor);
    }

    [Fact]
    public void A_failing_start_can_be_tried_again_and_messages_wait_for_it()
    {
        int attempts = 0;
        var parent = Supervise(decider: _ => Directive.Restart);
        var child = _world.Ask<IActorRef>(parent, Props.Create(() => new ScriptedActor
        {
            OnStart = _ =>
            {
                if (++attempts < 4)
                {
                    throw Boom;
                }
            },
        }));
        Assert.Equal(1, _world.Ask<int>(child, "count"));
        Assert.Equal(4, attempts);
    }

    [Fact]
    public void A_failing_restart_stops_the_actor_by_default()
    {
        var actor = _world.Spawn(() => new ScriptedActor { OnRestarted = _ => throw new InvalidOperationException("again") });
        Probe.Watch(actor);
        _world.Simulation.RunUntilIdle();
        actor.Tell(Boom);
        Probe.ExpectTerminated(actor);
    }

    [Fact]
    public void A_factory_that_returns_the_same_actor_twice_is_refused()
    {
        ScriptedActor? only = null;
        var actor = _world.Spawn(() => only ??= new ScriptedActor());
        Probe.Watch(actor);
        _world.Simulation.RunUntilIdle();
        actor.Tell(Boom);
        Probe.ExpectTerminated(actor);
    }

    [Fact]
    public void Props_decide_over_the_actors_own_strategy()
    {
        var parent = _world.System.ActorOf(Props.Create(() => new ScriptedActor { OnMessage = Spawner })
            .WithSupervisorStrategy(SupervisorStrategy.Stopping));
        var child = Child(parent);
        Probe.Watch(child);
        _world.Simulation.RunUntilIdle();
        child.Tell(Boom);
        Probe.ExpectTerminated(child);
    }

    [Fact]
    public void A_storm_of_restarts_on_real_threads_loses_no_other_message()
    {
        var system = World.Real();
        var probe = new TestProbe(system);
        int handled = 0;
        var actor = system.ActorOf(Props.Create(() => new ScriptedActor
        {
            OnMessage = (_, m) =>
            {
                if (m is "last")
                {
                    probe.Ref.Tell(handled);
                }

                handled++;
            },
        }));
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                actor.Tell("x");
                actor.Tell(Boom);
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        actor.Tell("last");
        probe.ExpectMsg(8_000, TimeSpan.FromSeconds(60));
    }

    private static OneForOneStrategy SupervisorStrategyOf(Directive directive) => new(decider: _ => directive);

    private static void Spawner(ScriptedActor self, object message)
    {
        if (message is Props props)
        {
            self.Sender.Tell(self.Context.ActorOf(props), self.Self);
        }
    }

    private IActorRef Supervise(
        int maxNrOfRetries = -1, TimeSpan? within = null, Func<Exception, Directive>? decider = null, string? label = null)
    {
        var strategy = new OneForOneStrategy(maxNrOfRetries, within, decider);
        return _world.Spawn(() => new ScriptedActor(label ?? "", label is null ? null : Probe.Ref)
        {
            Strategy = strategy,
            OnMessage = Spawner,
        });
    }

    private IActorRef Child(IActorRef parent, SupervisorStrategy? strategy = null) =>
        _world.Ask<IActorRef>(parent, Props.Create(() => new ScriptedActor { OnMessage = Spawner, Strategy = strategy }));

    private void Expect(params string[] messages) => Array.ForEach(messages, message => Probe.ExpectMsg(message));
}
