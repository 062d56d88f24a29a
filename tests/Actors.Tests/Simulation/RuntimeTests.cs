using System.Runtime.CompilerServices;
using Akka.Actor;
using Runner.Simulation.Runtime;

namespace Runner.Actors.Tests.Simulation;

/// <summary>What the simulated runtime promises to those who run actors on it.</summary>
public sealed class RuntimeTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SimulatedWorld _world = new(1, Begin);
    private readonly List<string> _seen = [];

    [Fact]
    public void An_actor_handles_one_message_a_step()
    {
        var (_, system) = Start();
        var actor = system.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.Zero);
        for (var i = 0; i < 5; i++)
        {
            actor.Tell($"{i}");
        }

        for (var i = 1; i <= 5; i++)
        {
            Assert.True(_world.Step());
            Assert.Equal(i, _seen.Count);
        }
    }

    [Fact]
    public void Timers_fire_at_their_virtual_time_and_cancelled_ones_take_no_step()
    {
        var (node, system) = Start();
        var actor = system.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.Zero);
        system.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(5), actor, "late", ActorRefs.NoSender);
        var cancelled = system.Scheduler.ScheduleTellOnceCancelable(TimeSpan.FromHours(1), actor, "never", ActorRefs.NoSender);
        var repeated = system.Scheduler.ScheduleTellRepeatedlyCancelable(
            TimeSpan.FromHours(2), TimeSpan.FromHours(1), actor, "again", ActorRefs.NoSender);
        cancelled.Cancel();
        var steps = _world.Steps;

        _world.RunFor(TimeSpan.FromHours(4.5));
        repeated.Cancel();
        _world.RunFor(TimeSpan.FromHours(1));

        Assert.Equal(["again", "again", "again", "late"], _seen);
        Assert.Equal(8, _world.Steps - steps);
        Assert.Equal(Begin.AddHours(5.5), node.Time.GetUtcNow());
    }

    [Fact]
    public void A_step_of_the_wall_clock_moves_no_timer()
    {
        var (node, _) = Start();
        var started = node.Time.GetTimestamp();
        using var timer = node.Time.CreateTimer(_ => _seen.Add("tick"), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

        _world.StepWallClock(TimeSpan.FromHours(-3));
        _world.RunFor(TimeSpan.FromMinutes(2));

        Assert.Equal(["tick", "tick"], _seen);
        Assert.Equal(Begin.AddHours(-3).AddMinutes(2), node.Time.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(2), node.Time.GetElapsedTime(started));
    }

    [Fact]
    public void What_waits_for_a_virtual_delay_goes_on_in_the_world()
    {
        var (node, _) = Start();
        var elapsed = _world.Run(
            async () =>
            {
                await Task.Delay(TimeSpan.FromDays(1), node.Time);
                return _world.Elapsed;
            },
            TimeSpan.FromDays(2));

        Assert.Equal(TimeSpan.FromDays(1), elapsed);
    }

    [Fact]
    public void A_node_that_is_killed_does_nothing_more_and_the_others_live_on()
    {
        var (dead, system) = Start();
        var (_, other) = Start();
        var actor = system.ActorOf(Props.Create(() => new Recording(_seen)));
        var living = other.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.Zero);
        system.Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(1), actor, "timer", ActorRefs.NoSender);
        dead.Schedule(TimeSpan.FromSeconds(1), () => _seen.Add("answer"));
        actor.Tell("ready");

        dead.Kill();
        actor.Tell("afterwards");
        living.Tell("living");
        _ = system.Terminate();
        _world.RunFor(TimeSpan.FromMinutes(1));

        Assert.Equal(["living"], _seen);
        Assert.False(dead.Alive);
    }

    [Fact]
    public void A_system_that_ends_in_order_ends_in_the_world()
    {
        var (node, system) = Start();
        system.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.Zero);

        _world.Run(
            async () =>
            {
                await node.TerminateAsync(system);
                _seen.Add("ended");
                return true;
            },
            TimeSpan.FromSeconds(10));

        Assert.Equal(["stopped", "ended"], _seen);
    }

    [Theory]
    [InlineData("tell")]
    [InlineData("timer")]
    [InlineData("clock")]
    public void What_comes_from_another_thread_fails_the_run(string what)
    {
        var (node, system) = Start();
        var actor = system.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.Zero);
        // A tell keeps its sender from hearing of the failure; the world hears of it.
        var thread = new Thread(() => Record.Exception(() =>
        {
            switch (what)
            {
                case "tell":
                    actor.Tell("foreign");
                    break;
                case "timer":
                    system.Scheduler.ScheduleTellOnce(TimeSpan.Zero, actor, "foreign", ActorRefs.NoSender);
                    break;
                default:
                    _ = node.Time.GetUtcNow();
                    break;
            }
        }));
        thread.Start();
        thread.Join();

        Assert.Throws<InvalidOperationException>(() => _world.Step());
        Assert.Empty(_seen);
    }

    [Fact]
    public void An_actor_system_that_was_killed_is_garbage_collected()
    {
        var dead = StartAndKill();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(dead.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference StartAndKill()
    {
        var (node, system) = Start();
        system.ActorOf(Props.Create(() => new Recording(_seen)));
        _world.RunFor(TimeSpan.FromSeconds(1));
        node.Kill();
        return new WeakReference(system);
    }

    private (SimulatedNode Node, ActorSystem System) Start()
    {
        var node = _world.CreateNode();
        return (node, node.StartSystem("test"));
    }

    private sealed class Recording : ReceiveActor
    {
        private readonly List<string> _seen;

        public Recording(List<string> seen)
        {
            _seen = seen;
            ReceiveAny(message => seen.Add((string)message));
        }

        protected override void PostStop() => _seen.Add("stopped");
    }
}
