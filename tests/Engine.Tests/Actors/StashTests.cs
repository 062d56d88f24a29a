using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class StashTests
{
    private readonly World _world = new();

    [Fact]
    public void Stashed_messages_come_back_in_order_before_newer_ones_with_their_senders()
    {
        var actor = Stasher();
        foreach (string message in new[] { "s1", "s2", "open", "new" })
        {
            _world.Probe.Send(actor, message);
        }

        Expect("s1", "s2", "new");
    }

    [Fact]
    public void A_full_stash_fails_the_actor_and_what_was_in_it_survives_the_restart()
    {
        int restarts = 0;
        var actor = Stasher(capacity: 2, onRestarted: _ => restarts++, openAfterRestart: true);
        foreach (string message in new[] { "s1", "s2", "s3", "s4" })
        {
            _world.Probe.Send(actor, message);
        }

        Expect("s1", "s2", "s4"); // s3 was being handled when the stash overflowed.
        Assert.Equal(1, restarts);
    }

    [Fact]
    public void Stashed_messages_of_a_stopped_actor_are_dead_letters()
    {
        var dead = new List<object>();
        using var subscription = _world.System.EventStream.Subscribe<DeadLetter>(letter => dead.Add(letter.Message));
        var actor = Stasher();
        actor.Tell("s1");
        actor.Tell("s2");
        _world.Simulation.RunUntilIdle();
        _world.System.Stop(actor);
        _world.Simulation.RunUntilIdle();
        Assert.Equal(["s1", "s2"], dead);
    }

    [Fact]
    public void The_same_message_cannot_be_stashed_twice()
    {
        _world.Spawn(() => new ScriptedActor
        {
            OnMessage = (self, _) =>
            {
                self.Context.Stash.Stash();
                var e = Assert.Throws<InvalidOperationException>(self.Context.Stash.Stash);
                _world.Probe.Ref.Tell(e.Message);
            },
        }).Tell("x");
        _world.Probe.ExpectMsg<string>();
    }

    private IActorRef Stasher(int? capacity = null, Action<ScriptedActor>? onRestarted = null, bool openAfterRestart = false)
    {
        bool open = false;
        var props = Props.Create(() => new ScriptedActor
        {
            OnRestarted = self =>
            {
                onRestarted?.Invoke(self);
                open = openAfterRestart;
            },
            OnMessage = (self, m) =>
            {
                if (m is "open")
                {
                    open = true;
                    self.Context.Stash.UnstashAll();
                    Assert.Equal(0, self.Context.Stash.Count);
                }
                else if (open)
                {
                    self.Sender.Tell(m, self.Self);
                }
                else
                {
                    self.Context.Stash.Stash();
                }
            },
        });
        return _world.System.ActorOf(capacity is { } size ? props.WithStashCapacity(size) : props);
    }

    private void Expect(params string[] messages)
    {
        Array.ForEach(messages, message => _world.Probe.ExpectMsg(message));
        _world.Probe.ExpectNoMsg();
    }
}
