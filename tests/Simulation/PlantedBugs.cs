using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Runner.Simulation.Cluster;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>Bugs put between the node and its surroundings, to see that the invariants find them.</summary>
internal static class PlantedBugs
{
    private const int OneIn = 50;

    public static void Plant(World world, PlantedBug bug)
    {
        switch (bug)
        {
            case PlantedBug.DroppedWakeUp:
                world.Store.Tamper = commit => world.Random.Next(OneIn) > 0 ? commit : commit with
                {
                    Writes = [.. commit.Writes.Select(w => w with { WakeUp = null })],
                };
                break;
            case PlantedBug.SlotFreedBeforeCommit:
                world.Store.OnSent = commit => FreeSlots(world, commit);
                break;
            case PlantedBug.StartBeforeCommit:
                world.Store.OnSent = commit => StartProcesses(world, commit);
                break;
            case PlantedBug.SkippedFence:
                world.Store.Tamper = commit => commit with { Writes = [.. commit.Writes.Select(w => MadeToFit(world, w))] };
                if (world.Cluster is { } several)
                {
                    several.LeasesProtect = false;
                    StandStillAgainAndAgain(world, several);
                }
                else
                {
                    SplitAgainAndAgain(world);
                }

                break;
            case PlantedBug.IsolatedProgramsGoOn when world.Cluster is { } cluster:
                world.IsolatedProgramsGoOn = true;
                CutAgainAndAgain(world, cluster);
                break;
            case PlantedBug.NodeLostAtOnce when world.Cluster is { } cluster:
                cluster.OnGone = (member, gone) => TellLost(world, member, gone);
                CutAgainAndAgain(world, cluster);
                break;
            case PlantedBug.LostMessage:
                world.Regions.Swallows = (to, message) => message is (WakeUpNow or SlotsGranted) && to.EndsWith('7');
                break;
            case PlantedBug.ForgottenOutcome:
                world.Processes.ForgetsOutcomes = true;
                // Nor does what came too late for one life of the run reach the next.
                world.Regions.Swallows = (_, message) => message is ProcessEnded;
                SplitAgainAndAgain(world);
                break;
            default:
                break;
        }
    }

    private static EntityWrite MadeToFit(World world, EntityWrite write)
    {
        var last = world.Store.Memory.LoadAsync(write.Entity).GetAwaiter().GetResult().LastSequence;
        return write.Precondition != WritePrecondition.MustMatch || last == write.ExpectedSequence ? write : write with
        {
            ExpectedSequence = last,
            Events = [.. write.Events.Select((e, i) => e with { Sequence = last + i + 1 })],
        };
    }

    private static void SplitAgainAndAgain(World world) => world.Schedule(TimeSpan.FromMinutes(10), () =>
    {
        world.Split(TimeSpan.FromMinutes(5), new RegionFaultRates { Twins = 0.6 });
        SplitAgainAndAgain(world);
    });

    private static void StandStillAgainAndAgain(World world, SimulatedCluster cluster) => world.Schedule(TimeSpan.FromSeconds(30), () =>
    {
        Any(world, cluster).Program?.Pause(TimeSpan.FromSeconds(12));
        StandStillAgainAndAgain(world, cluster);
    });

    private static void CutAgainAndAgain(World world, SimulatedCluster cluster) => world.Schedule(TimeSpan.FromSeconds(150), () =>
    {
        var (machine, duration) = (Any(world, cluster), TimeSpan.FromSeconds(120));
        world.Store.Disturb($"network: {machine.Name} is cut off", duration);
        foreach (var other in cluster.Machines.Where(other => other != machine))
        {
            cluster.Network.Close(machine, other, duration);
        }

        CutAgainAndAgain(world, cluster);
    });

    private static Machine Any(World world, SimulatedCluster cluster) => cluster.Machines[world.Random.Next(cluster.Machines.Count)];

    private static void TellLost(World world, ClusterLife member, ClusterLife gone)
    {
        foreach (var run in world.Ledger.OpenRuns.Values.Where(run => run.State.HasProcess && run.State.Node == gone.Machine.Name
            && run.State.Recipe.OnNodeLoss is { Action: not NodeLossAction.Wait }))
        {
            member.Router.Tell(new EntityKey(EntityKinds.FlowRun, run.Id.ToString("D")), new NodeLost(run.State.Attempt), null);
        }
    }

    private static void FreeSlots(World world, EntityCommit commit)
    {
        foreach (var write in commit.Writes.Where(w => w.Slots.Any(s => !s.Take)))
        {
            var early = new EntityWrite(write.Entity, write.ExpectedSequence, []) { Slots = [.. write.Slots.Where(s => !s.Take)] };
            world.Schedule(TimeSpan.Zero, () => world.Store.Commit(new EntityCommit([early])));
        }
    }

    private static void StartProcesses(World world, EntityCommit commit)
    {
        foreach (var write in commit.Writes.Where(w => w.Entity.Kind == EntityKinds.FlowRun))
        {
            foreach (var stored in write.Events.Where(e => e.Type == "run.attempt-starting"))
            {
                var starting = (AttemptStarting)EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span);
                var spec = new ProcessSpec(new AttemptKey(Guid.Parse(write.Entity.Id), starting.Attempt), ["work"], "/", [], "{}");
                world.Node?.FlowRunner.Start(spec, new Nobody());
            }
        }
    }

    /// <summary>The run's own actor takes its place as soon as it starts the same attempt.</summary>
    private sealed class Nobody : IProcessObserver
    {
        public void Started(ProcessHandle handle)
        {
        }

        public void StartFailed(StartFailureKind kind, string message)
        {
        }

        public void NeverStarted()
        {
        }

        public void Ended(ProcessOutcome outcome)
        {
        }
    }
}
