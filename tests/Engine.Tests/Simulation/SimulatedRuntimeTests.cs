using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Simulation;
using Runner.Engine.Tests.Actors;

namespace Runner.Engine.Tests.Simulation;

public sealed class SimulatedRuntimeTests
{
    private static readonly DateTimeOffset Start = World.Start;

    private readonly SimulatedRuntime _simulation = new(1, Start);

    [Fact]
    public void The_same_seed_gives_the_same_history_and_another_seed_another_one()
    {
        Assert.Equal(History(7), History(7));
        Assert.True(Enumerable.Range(1, 20).Select(seed => History((ulong)seed)).Distinct().Count() > 15);
    }

    [Fact]
    public void Time_moves_only_when_nothing_is_ready_and_then_to_the_next_timer()
    {
        var log = new List<string>();
        _simulation.Runtime.Timers.ScheduleOnce(TimeSpan.FromHours(1), () => log.Add($"{_simulation.Now - Start}"));
        _simulation.Runtime.Timers.ScheduleOnce(TimeSpan.FromMinutes(1), () => log.Add($"{_simulation.Now - Start}"));
        _simulation.Runtime.Dispatcher.Execute(new Work(() => log.Add($"{_simulation.Now - Start}")));
        Assert.True(_simulation.Step());
        Assert.True(_simulation.Step());
        Assert.True(_simulation.Step());
        Assert.False(_simulation.Step());
        Assert.Equal(["00:00:00", "00:01:00", "01:00:00"], log);
        Assert.Equal(3, _simulation.Steps);
    }

    [Fact]
    public void RunUntil_ends_exactly_there_and_leaves_later_timers()
    {
        int fired = 0;
        _simulation.Schedule(TimeSpan.FromSeconds(10), () => fired++);
        _simulation.Schedule(TimeSpan.FromSeconds(10.0000001), () => fired++);
        _simulation.RunUntil(Start.AddSeconds(10));
        Assert.Equal((1, Start.AddSeconds(10)), (fired, _simulation.Now));
    }

    [Fact]
    public void Cancelled_timers_never_fire_and_are_not_kept()
    {
        int fired = 0;
        for (int i = 0; i < 100_000; i++)
        {
            _simulation.Runtime.Timers.ScheduleOnce(TimeSpan.FromDays(1), () => fired++).Cancel();
        }

        var last = _simulation.Runtime.Timers.ScheduleOnce(TimeSpan.FromDays(1), () => fired++);
        _simulation.RunUntilIdle();
        last.Cancel();
        last.Cancel();
        Assert.Equal((1, 1L), (fired, _simulation.Steps));
    }

    [Fact]
    public void A_killed_node_never_acts_again_and_the_others_go_on()
    {
        var log = new List<string>();
        var node = _simulation.CreateNode();
        var other = _simulation.CreateNode();
        foreach (var (runtime, name) in new[] { (node, "dead"), (other, "alive") })
        {
            runtime.Dispatcher.Execute(new Work(() => log.Add($"{name} work")));
            runtime.Timers.ScheduleOnce(TimeSpan.FromSeconds(1), () => log.Add($"{name} timer"));
        }

        _simulation.Kill(node);
        _simulation.Kill(node);
        node.Dispatcher.Execute(new Work(() => log.Add("dead late work")));
        node.Timers.ScheduleOnce(TimeSpan.Zero, () => log.Add("dead late timer")).Cancel();
        _simulation.RunUntilIdle();
        Assert.Equal(["alive work", "alive timer"], log);
        Assert.Equal((false, true), (_simulation.IsAlive(node), _simulation.IsAlive(other)));
    }

    [Fact]
    public void A_kill_strikes_between_two_messages()
    {
        var node = _simulation.CreateNode();
        var system = ActorSystem.Create("node", node, World.Log);
        int handled = 0;
        var actor = system.ActorOf(Props.Create(() => new ScriptedActor
        {
            OnMessage = (_, _) =>
            {
                if (++handled == 3)
                {
                    _simulation.Kill(node);
                }
            },
        }));
        for (int i = 0; i < 10; i++)
        {
            actor.Tell(i);
        }

        _simulation.RunUntilIdle();
        Assert.Equal(3, handled);
    }

    [Fact]
    public void Stepping_the_wall_clock_moves_no_timer()
    {
        var at = new List<long>();
        var node = _simulation.CreateNode();
        node.Timers.ScheduleOnce(TimeSpan.FromSeconds(10), () => at.Add(node.Clock.Timestamp));
        _simulation.StepWallClock(TimeSpan.FromHours(-1));
        _simulation.StepWallClock(node, TimeSpan.FromMinutes(5));
        Assert.Equal(Start.AddMinutes(-55), node.Clock.UtcNow);
        Assert.Equal(Start.AddMinutes(-60), _simulation.Runtime.Clock.UtcNow);
        _simulation.RunUntilIdle();
        Assert.Equal([TimeSpan.FromSeconds(10).Ticks], at);
    }

    [Fact]
    public void Asynchronous_work_stays_on_this_thread_even_under_a_synchronization_context()
    {
        var threads = new HashSet<int>();
        async Task<int> Work()
        {
            for (int i = 0; i < 5; i++)
            {
                var source = new TaskCompletionSource();
                _simulation.Runtime.Timers.ScheduleOnce(TimeSpan.FromSeconds(1), source.SetResult);
                await source.Task;
                threads.Add(Environment.CurrentManagedThreadId);
            }

            return 5;
        }

        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new ElsewhereContext());
        try
        {
            Assert.Equal(5, _simulation.Run(Work, TimeSpan.FromMinutes(1)));
            Assert.IsType<ElsewhereContext>(SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        Assert.Throws<TimeoutException>(() => _simulation.Run(() => new TaskCompletionSource().Task, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void What_work_throws_reaches_the_test() =>
        Assert.Equal("broken", Assert.Throws<InvalidOperationException>(() =>
        {
            _simulation.Schedule(TimeSpan.Zero, () => throw new InvalidOperationException("broken"));
            _simulation.RunUntilIdle();
        }).Message);

    [Fact]
    public void A_world_that_never_rests_is_reported_instead_of_hanging()
    {
        void Again() => _simulation.Schedule(TimeSpan.FromSeconds(1), Again);
        Again();
        Assert.Throws<InvalidOperationException>(() => _simulation.RunUntilIdle(maxSteps: 1000));
    }

    [Fact]
    public void A_runtime_of_another_world_is_refused() =>
        Assert.Throws<ArgumentException>(() => _simulation.Kill(EngineRuntime.CreateReal()));

    [Fact]
    public void An_endless_delay_never_fires_and_does_not_end_the_calendar()
    {
        _simulation.Schedule(TimeSpan.MaxValue, () => throw new InvalidOperationException("the end of time"));
        _simulation.RunUntilIdle();
        Assert.Equal(Start, _simulation.Now);
    }

    // Ten actors pass a random walk of messages, with timers; the history is who saw what, when.
    private static string History(ulong seed)
    {
        var world = new World(seed);
        var log = new List<string>();
        var actors = new List<IActorRef>();
        for (int i = 0; i < 10; i++)
        {
            int me = i;
            actors.Add(world.Spawn(() => new ScriptedActor
            {
                OnMessage = (self, m) =>
                {
                    int hops = (int)m;
                    log.Add($"{me}:{hops}@{world.Simulation.Now:HH:mm:ss.fff}");
                    if (hops > 0)
                    {
                        int next = world.System.Runtime.Random.Next(actors.Count);
                        self.Context.Timers.StartSingleTimer(hops, hops / 2, TimeSpan.FromMilliseconds(next));
                        actors[next].Tell(hops - 1);
                    }
                },
            }));
        }

        actors.ForEach(actor => actor.Tell(6));
        world.Simulation.RunUntilIdle();
        return string.Join(' ', log) + world.System.Runtime.Random.NewGuid(world.Simulation.Now);
    }

    private sealed class ElsewhereContext : SynchronizationContext;

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
