using Runner.Engine.Actors;
using Runner.Engine.Testing;

namespace Runner.Engine.Tests.Actors;

public sealed class MailboxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_of_one_sender_arrive_in_order(ulong seed)
    {
        var world = new World(seed);
        for (int i = 0; i < 500; i++)
        {
            world.Probe.Ref.Tell(i);
        }

        for (int i = 0; i < 500; i++)
        {
            world.Probe.ExpectMsg(i);
        }
    }

    [Fact]
    public void The_sender_is_who_was_named_and_dead_letters_otherwise()
    {
        var world = new World();
        var echo = world.Spawn(() => new ScriptedActor { OnMessage = (self, _) => world.Probe.Ref.Tell(self.Sender) });
        echo.Tell("x", world.Probe.Ref);
        world.Probe.ExpectMsg(world.Probe.Ref);
        echo.Tell("x");
        world.Probe.ExpectMsg(world.System.DeadLetters);
    }

    [Fact]
    public void Forward_keeps_the_first_sender()
    {
        var world = new World();
        var last = world.Spawn(() => new ScriptedActor { OnMessage = (self, _) => self.Sender.Tell("reply", self.Self) });
        var first = world.Spawn(() => new ScriptedActor { OnMessage = (self, m) => last.Forward(m, self.Context) });
        world.Probe.Send(first, "x");
        world.Probe.ExpectMsg("reply");
        Assert.Equal(last, world.Probe.LastSender);
    }

    [Fact]
    public void A_system_message_overtakes_queued_user_messages()
    {
        var world = new World();
        int handled = 0;
        var actor = world.Spawn(() => new ScriptedActor { OnMessage = (_, _) => handled++ });
        world.Simulation.RunUntilIdle();
        for (int i = 0; i < 10; i++)
        {
            actor.Tell(i);
        }

        world.System.Stop(actor);
        world.Simulation.RunUntilIdle();
        Assert.Equal(0, handled);
    }

    [Fact]
    public void Messages_to_a_stopped_actor_become_dead_letters_in_order()
    {
        var world = new World();
        var dead = new List<object>();
        using var subscription = world.System.EventStream.Subscribe<DeadLetter>(letter => dead.Add(letter.Message));
        var actor = world.Spawn(() => new ScriptedActor());
        world.Simulation.RunUntilIdle();
        actor.Tell(PoisonPill.Instance);
        actor.Tell("queued");
        world.Simulation.RunUntilIdle();
        actor.Tell("late");
        Assert.Equal(["queued", "late"], dead);
    }

    [Fact]
    public void An_unhandled_message_is_published()
    {
        var world = new World();
        world.System.EventStream.Subscribe<UnhandledMessage>(world.Probe.Ref);
        var actor = world.Spawn(() => new ScriptedActor { OnMessage = (self, m) => self.Unhandled(m) });
        actor.Tell("what", world.Probe.Ref);
        Assert.Equal(new UnhandledMessage("what", world.Probe.Ref, actor), world.Probe.ExpectMsg<UnhandledMessage>());
    }

    [Fact]
    public void A_failing_event_subscriber_does_not_reach_the_publisher_or_the_others()
    {
        var world = new World();
        using var bad = world.System.EventStream.Subscribe<string>(_ => throw new InvalidOperationException("subscriber"));
        world.System.EventStream.Subscribe<string>(world.Probe.Ref);
        world.System.EventStream.Publish("news");
        world.Probe.ExpectMsg("news");
    }

    [Fact]
    public void Eight_producers_keep_their_order_and_nothing_is_lost()
    {
        const int Producers = 8;
        const int Each = 100_000;
        var system = World.Real();
        var probe = new TestProbe(system);
        var next = new int[Producers];
        int wrong = 0;
        int left = Producers * Each;
        var sink = system.ActorOf(Props.Create(() => new ScriptedActor
        {
            OnMessage = (_, m) =>
            {
                var (producer, number) = ((int, int))m;
                wrong += next[producer]++ == number ? 0 : 1;
                if (--left == 0)
                {
                    probe.Ref.Tell("all");
                }
            },
        }));
        var threads = Enumerable.Range(0, Producers).Select(producer => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                sink.Tell((producer, i));
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        probe.ExpectMsg("all", TimeSpan.FromSeconds(60));
        Assert.Equal(0, wrong);
        Assert.All(next, count => Assert.Equal(Each, count));
    }

    [Fact]
    public void A_busy_actor_lets_others_have_their_turn()
    {
        var system = World.Real();
        var probe = new TestProbe(system);
        var endless = Enumerable.Range(0, Environment.ProcessorCount * 4).Select(_ => system.ActorOf(Props.Create(
            () => new ScriptedActor { OnMessage = (self, m) => self.Self.Tell(m) }))).ToArray();
        Array.ForEach(endless, actor => actor.Tell("again"));
        var other = system.ActorOf(Props.Create(() => new ScriptedActor { OnMessage = (self, m) => self.Sender.Tell(m, self.Self) }));
        probe.Send(other, "hello");
        probe.ExpectMsg("hello");
        Array.ForEach(endless, system.Stop);
    }
}
