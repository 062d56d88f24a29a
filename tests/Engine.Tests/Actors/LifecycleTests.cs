using Runner.Engine.Actors;
using Runner.Engine.Testing;

namespace Runner.Engine.Tests.Actors;

public sealed class LifecycleTests
{
    [Fact]
    public void Children_stop_before_their_parents_PostStop()
    {
        var world = new World();
        var probe = world.Probe;
        var parent = world.Spawn(() => new ScriptedActor("p", probe.Ref)
        {
            OnStart = self => self.Context.ActorOf(Props.Create(() => new ScriptedActor("c", probe.Ref)
            {
                OnStart = child => child.Context.ActorOf(Props.Create(() => new ScriptedActor("g", probe.Ref))),
            })),
        });
        world.Simulation.RunUntilIdle();
        for (int i = 0; i < 6; i++)
        {
            probe.ExpectMsg<string>();
        }

        world.System.Stop(parent);
        probe.ExpectMsg("g:stop");
        probe.ExpectMsg("c:stop");
        probe.ExpectMsg("p:stop");
    }

    [Fact]
    public void A_watcher_hears_of_a_death_once()
    {
        var world = new World();
        var actor = world.Spawn(() => new ScriptedActor());
        world.Probe.Watch(actor);
        world.Probe.Watch(actor);
        world.Simulation.RunUntilIdle();
        actor.Tell(PoisonPill.Instance);
        world.Probe.ExpectTerminated(actor);
        world.Probe.ExpectNoMsg();
    }

    [Fact]
    public void A_watcher_of_a_dead_actor_hears_of_it_at_once()
    {
        var world = new World();
        var actor = world.Spawn(() => new ScriptedActor());
        world.System.Stop(actor);
        world.Simulation.RunUntilIdle();
        world.Probe.Watch(actor);
        world.Probe.ExpectTerminated(actor);
    }

    [Fact]
    public void A_parent_that_watches_its_child_hears_of_it_once_and_may_reuse_the_name()
    {
        var world = new World();
        var parent = world.Spawn(() => new ScriptedActor
        {
            OnMessage = (self, m) =>
            {
                if (m is "spawn")
                {
                    var child = self.Context.ActorOf(Props.Create(() => new ScriptedActor()), "same");
                    self.Context.WatchWith(child, "gone");
                    child.Tell(PoisonPill.Instance);
                    Assert.Throws<ActorNameNotUniqueException>(() => self.Context.ActorOf(Props.Create(() => new ScriptedActor()), "same"));
                }
                else
                {
                    Assert.Null(self.Context.Child("same"));
                    world.Probe.Ref.Tell(m);
                }
            },
        });
        parent.Tell("spawn");
        world.Probe.ExpectMsg("gone");
        parent.Tell("spawn");
        world.Probe.ExpectMsg("gone");
        world.Probe.ExpectNoMsg();
    }

    [Fact]
    public void Unwatch_takes_back_even_a_queued_notice()
    {
        var world = new World();
        var actor = world.Spawn(() => new ScriptedActor());
        var watcher = world.Spawn(() => new ScriptedActor
        {
            OnStart = self => self.Context.Watch(actor),
            OnMessage = (self, m) =>
            {
                if (m is "unwatch")
                {
                    // Let the death be noticed while this message is still being handled.
                    world.System.Stop(actor);
                    world.Simulation.RunUntilIdle();
                    self.Context.Unwatch(actor);
                }

                world.Probe.Ref.Tell(m);
            },
        });
        world.Simulation.RunUntilIdle();
        watcher.Tell("unwatch");
        world.Probe.ExpectMsg("unwatch");
        world.Probe.ExpectNoMsg();
    }

    [Fact]
    public void An_unhandled_Terminated_is_a_death_pact_and_stops_the_watcher()
    {
        var world = new World();
        var actor = world.Spawn(() => new ScriptedActor());
        var watcher = world.Spawn(() => new ScriptedActor
        {
            OnStart = self => self.Context.Watch(actor),
            OnMessage = (self, m) => self.Unhandled(m),
        });
        world.Probe.Watch(watcher);
        world.System.Stop(actor);
        world.Probe.ExpectTerminated(watcher);
    }

    [Fact]
    public void A_foreign_reference_cannot_be_watched()
    {
        var world = new World();
        world.Spawn(() => new ScriptedActor
        {
            OnStart = self =>
            {
                var e = Assert.Throws<NotSupportedException>(() => self.Context.Watch(world.System.DeadLetters));
                world.Probe.Ref.Tell(e.Message);
            },
        });
        world.Probe.ExpectMsg<string>();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("$1")]
    public void Names_that_are_no_names_are_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new World().Spawn(() => new ScriptedActor(), name));

    [Fact]
    public void Paths_run_from_the_guardian_down()
    {
        var world = new World();
        world.Spawn(() => new ScriptedActor
        {
            OnStart = self => world.Probe.Ref.Tell(self.Context.ActorOf(Props.Create(() => new ScriptedActor()), "b").Path),
        }, "a");
        world.Probe.ExpectMsg("/user/a/b");
        Assert.Contains(world.System.Hierarchy(), actor => actor.Path == "/user/a/b");
    }

    [Fact]
    public void An_actor_cannot_be_constructed_by_hand() =>
        Assert.Throws<ActorInitializationException>(() => new ScriptedActor());

    [Fact]
    public void A_terminated_system_refuses_new_actors()
    {
        var world = new World();
        world.Simulation.RunUntilCompleted(world.System.Terminate(), TimeSpan.FromSeconds(1));
        Assert.True(world.System.WhenTerminated.IsCompletedSuccessfully);
        Assert.Throws<InvalidOperationException>(() => world.Spawn(() => new ScriptedActor()));
    }

    [Fact]
    public async Task Termination_of_a_real_system_waits_for_ten_thousand_actors()
    {
        var system = World.Real();
        int stopped = 0;
        for (int i = 0; i < 10_000; i++)
        {
            system.ActorOf(Props.Create(() => new ScriptedActor { OnStop = _ => Interlocked.Increment(ref stopped) }));
        }

        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(10_000, stopped);
    }

    [Fact]
    public void On_real_threads_every_watcher_hears_of_every_death_however_they_race()
    {
        var system = World.Real();
        var probe = new TestProbe(system);
        for (int i = 0; i < 2_000; i++)
        {
            var actor = system.ActorOf(Props.Create(() => new ScriptedActor()));
            probe.Watch(actor);
            system.Stop(actor);
            probe.ExpectTerminated(actor);
        }
    }
}
