using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class TimerTests
{
    private readonly World _world = new();

    [Fact]
    public void A_single_timer_fires_once_at_its_time()
    {
        var actor = Timed(self => self.Context.Timers.StartSingleTimer("k", "tick", TimeSpan.FromSeconds(5)));
        _world.Simulation.RunFor(TimeSpan.FromSeconds(4.9));
        _world.Probe.ExpectNoMsg(TimeSpan.Zero);
        _world.Probe.ExpectMsg("tick");
        Assert.Equal(World.Start.AddSeconds(5), _world.Simulation.Now);
        _world.Probe.ExpectNoMsg(TimeSpan.FromHours(1));
        Assert.False(_world.Ask<bool>(actor, "active"));
    }

    [Fact]
    public void A_periodic_timer_keeps_its_beat_and_leaves_out_what_it_missed()
    {
        var at = new List<double>();
        _world.Spawn(() => new ScriptedActor
        {
            OnStart = self => self.Context.Timers.StartPeriodicTimer("k", "tick", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30)),
            OnMessage = (_, _) =>
            {
                at.Add((_world.Simulation.Now - World.Start).TotalSeconds);
                if (at.Count == 2)
                {
                    _world.Simulation.RunFor(TimeSpan.FromSeconds(150)); // A handler that takes long.
                }
            },
        });
        _world.Simulation.RunUntil(World.Start.AddSeconds(400));
        Assert.Equal([30.0, 90.0, 240.0, 270.0, 330.0, 390.0], at);
    }

    [Fact]
    public void A_message_of_a_cancelled_or_replaced_timer_never_arrives_even_from_the_mailbox()
    {
        Timed(self =>
        {
            self.Context.Timers.StartSingleTimer("a", "old", TimeSpan.Zero);
            self.Context.Timers.StartSingleTimer("b", "cancelled", TimeSpan.Zero);
            // Both fire into the mailbox while this actor is still starting.
            while (_world.Simulation.StepWithin(0))
            {
            }

            self.Context.Timers.StartSingleTimer("a", "new", TimeSpan.FromSeconds(1));
            self.Context.Timers.Cancel("b");
        });
        _world.Probe.ExpectMsg("new");
        _world.Probe.ExpectNoMsg();
    }

    [Fact]
    public void A_restart_cancels_timers_and_the_receive_timeout()
    {
        bool first = true;
        var actor = Timed(self =>
        {
            if (first)
            {
                first = false;
                self.Context.Timers.StartPeriodicTimer("k", "tick", TimeSpan.FromSeconds(1));
                self.Context.SetReceiveTimeout(TimeSpan.FromSeconds(1.5));
            }
        });
        _world.Probe.ExpectMsg("tick");
        actor.Tell(new InvalidOperationException("boom"));
        _world.Probe.ExpectNoMsg(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_stopped_actors_timers_leave_nothing_behind()
    {
        var dead = new List<DeadLetter>();
        using var subscription = _world.System.EventStream.Subscribe<DeadLetter>(dead.Add);
        var actor = Timed(self => self.Context.Timers.StartPeriodicTimer("k", "tick", TimeSpan.FromSeconds(1)));
        _world.Probe.ExpectMsg("tick");
        _world.System.Stop(actor);
        _world.Simulation.RunUntilIdle(maxSteps: 100);
        Assert.Empty(dead);
    }

    [Fact]
    public void Receive_timeout_comes_after_silence_and_again_until_switched_off()
    {
        var actor = Timed(self => self.Context.SetReceiveTimeout(TimeSpan.FromSeconds(10)));
        _world.Simulation.RunFor(TimeSpan.FromSeconds(8));
        actor.Tell("busy");
        _world.Probe.ExpectMsg("busy");
        _world.Probe.ExpectMsg(ReceiveTimeout.Instance);
        Assert.Equal(World.Start.AddSeconds(18), _world.Simulation.Now);
        _world.Probe.ExpectMsg(ReceiveTimeout.Instance, TimeSpan.FromSeconds(11));
        Assert.Equal(World.Start.AddSeconds(28), _world.Simulation.Now);
        actor.Tell("off");
        _world.Probe.ExpectNoMsg(TimeSpan.FromHours(1));
    }

    [Fact]
    public void Messages_that_do_not_count_leave_the_receive_timeout_alone()
    {
        var actor = Timed(self => self.Context.SetReceiveTimeout(TimeSpan.FromSeconds(10)));
        _world.Simulation.RunFor(TimeSpan.FromSeconds(8));
        actor.Tell(new Uncounted());
        _world.Probe.ExpectMsg<Uncounted>();
        _world.Probe.ExpectMsg(ReceiveTimeout.Instance);
        Assert.Equal(World.Start.AddSeconds(10), _world.Simulation.Now);
    }

    private IActorRef Timed(Action<ScriptedActor> start) => _world.Spawn(() => new ScriptedActor
    {
        OnStart = start,
        OnMessage = (self, m) =>
        {
            switch (m)
            {
                case "active":
                    self.Sender.Tell(self.Context.Timers.IsTimerActive("k"), self.Self);
                    break;
                case "off":
                    self.Context.SetReceiveTimeout(null);
                    break;
                default:
                    _world.Probe.Ref.Tell(m);
                    break;
            }
        },
    });

    private sealed record Uncounted : INotInfluenceReceiveTimeout;
}
