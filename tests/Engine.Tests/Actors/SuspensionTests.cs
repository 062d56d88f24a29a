using Runner.Engine.Actors;
using Runner.Engine.Simulation;

namespace Runner.Engine.Tests.Actors;

/// <summary>Suspensions and resumptions have to balance, whatever fails when, and no held message may be lost.</summary>
public sealed class SuspensionTests
{
    [Fact]
    public void Messages_that_come_during_one_suspension_after_another_are_all_kept_in_order()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var world = new World(seed);
            var log = new List<int>();
            int sent = 0;
            var actor = world.Spawn(() => new ScriptedActor
            {
                OnMessage = (self, m) =>
                {
                    log.Add((int)m);
                    if (sent < 200)
                    {
                        self.Self.Tell(sent++);
                        self.Self.Tell(sent++);
                        throw new InvalidOperationException("boom");
                    }
                },
            });
            for (int i = 0; i < 5; i++)
            {
                actor.Tell(sent++);
                world.Simulation.Schedule(TimeSpan.Zero, () => actor.Tell(sent++));
            }

            world.Simulation.RunUntilIdle();
            Assert.Equal(Enumerable.Range(0, sent), log);
        }
    }

    [Fact]
    public void Any_storm_of_failures_leaves_every_survivor_answering()
    {
        for (ulong seed = 1; seed <= 300; seed++)
        {
            var world = new World(seed);
            var random = world.Simulation.Random;
            world.System.ActorOf(Node(random, 0), "root");
            for (int i = 0; i < 60; i++)
            {
                var all = world.System.Hierarchy();
                var victim = all[random.Next(all.Count)];
                world.Simulation.Schedule(TimeSpan.FromMilliseconds(random.Next(10)), () => Hit(world, random, victim));
                world.Simulation.RunFor(TimeSpan.FromMilliseconds(random.Next(3)));
            }

            world.Simulation.RunUntilIdle();
            foreach (var actor in world.System.Hierarchy().Where(actor => actor.Path.Contains("root", StringComparison.Ordinal)))
            {
                Assert.True(world.Ask<int>(actor, "count") > 0, $"seed {seed}: {actor.Path}");
            }
        }
    }

    private static void Hit(World world, SimulatedRandom random, IActorRef victim)
    {
        if (victim.Path.StartsWith("/user/root", StringComparison.Ordinal))
        {
            victim.Tell(new InvalidOperationException("boom"));
            if (random.Next(15) == 0)
            {
                world.System.Stop(victim);
            }
        }
    }

    private static Props Node(SimulatedRandom random, int depth)
    {
        bool keep = random.Next(2) == 0;
        Func<Exception, Directive> decider = _ => (Directive)random.Next(4);
        SupervisorStrategy strategy = random.Next(2) == 0 ? new OneForOneStrategy(decider: decider) : new AllForOneStrategy(decider: decider);
        return Props.Create(() => new ScriptedActor
        {
            Strategy = strategy,
            KeepChildren = keep,
            OnStart = self =>
            {
                for (int i = 0; depth < 3 && i < 2; i++)
                {
                    if (self.Context.Child($"c{i}") is null)
                    {
                        self.Context.ActorOf(Node(random, depth + 1), $"c{i}");
                    }
                }

                if (random.Next(20) == 0)
                {
                    throw new InvalidOperationException("start");
                }
            },
        });
    }
}
