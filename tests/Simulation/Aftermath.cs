using System.Text.Json;
using Runner.Actors;
using Runner.Actors.FlowRuns;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>The faults have ceased: everything has to come to its end, and to add up.</summary>
internal static class Aftermath
{
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan PeaceOfClusters = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(2);

    public static void Run(World world)
    {
        world.Note("world: faults cease");
        world.Store.Heal();
        world.Regions.Rates = RegionFaultRates.None;
        world.Recover();
        Until(world, () => world.IsServed, "the node is up again");
        var settled = world.Elapsed + (world.Cluster is null ? Peace : PeaceOfClusters);
        Until(world, () => world.Elapsed >= settled, "time passes");
        foreach (var name in world.Ledger.Deployments.Where(d => d.Value.State.Exists).Select(d => d.Key).ToArray())
        {
            Await(world, () => world.AnyNode()!.AskAsync(new PauseDeployment(name), default));
        }

        Until(
            world, () => world.Ledger.OpenRuns.Count == 0 && !world.Ledger.Deployments.Values.Any(d => d.State.CancelsRuns),
            "every run ends once its faults do");
        CheckStore(world);
        CheckNode(world);
    }

    private static void CheckStore(World world)
    {
        if (world.Violation is not null)
        {
            return;
        }

        foreach (var process in world.Machines.SelectMany(machine => machine.Alive))
        {
            world.Fail("no process outlives its run", process.Key.ToString());
        }

        var store = world.Store.Memory;
        foreach (var slot in store.SlotsAsync().GetAwaiter().GetResult())
        {
            world.Fail("no slot without a holder", slot.ToString());
        }

        foreach (var wakeUp in store.WakeUpsAsync(DateTimeOffset.MaxValue, null, int.MaxValue).GetAwaiter().GetResult())
        {
            world.Fail("nothing wakes what has nothing to do", wakeUp.ToString());
        }

        foreach (var table in new[] { Tables.Waiters, Tables.OpenRuns })
        {
            foreach (var row in store.RowsAsync(new(table.Name, [], [], 1000)).GetAwaiter().GetResult())
            {
                world.Fail($"no row is left in {table.Name}", row.Key);
            }
        }
    }

    /// <summary>What the node says of its runs and limits is what the journal says.</summary>
    private static void CheckNode(World world)
    {
        foreach (var record in world.Ledger.Runs.Values.ToArray())
        {
            var view = Await(world, () => world.AnyNode()!.AskAsync(new GetRun(record.Id), default));
            if (world.Violation is not null)
            {
                return;
            }

            if (!world.Ledger.Runs.ContainsKey(record.Id))
            {
                // Deleted by now; whether the answer is from before or after does not matter.
                continue;
            }

            var expected = JsonSerializer.Serialize(FlowRunViews.View(record.State), MessagesJson.Default.RunView);
            var actual = view.Value is null ? view.Refusal!.Message : JsonSerializer.Serialize(view.Value, MessagesJson.Default.RunView);
            if (actual != expected)
            {
                world.Fail("the journal gives the state that the node answers with", $"expected {expected}, got {actual}");
            }
        }

        foreach (var id in world.Ledger.ErasedRuns.ToArray())
        {
            if (Await(world, () => world.AnyNode()!.AskAsync(new GetRun(id), default)) is { Value: not null } view && world.Violation is null)
            {
                world.Fail("nobody answers for a run that was deleted", $"{view.Value}");
            }
        }

        var limits = Await(world, () => world.AnyNode()!.AskAsync(new ListLimits(), default));
        foreach (var limit in limits.Value?.Items ?? [])
        {
            if (limit.Held > 0 || !limit.Waiters.IsEmpty || limit.MoreWaiting)
            {
                world.Fail("the limiter knows that nothing is held", limit.ToString());
            }
        }
    }

    private static void Until(World world, Func<bool> reached, string what)
    {
        var limit = world.Elapsed + Longest;
        while (!reached())
        {
            if (!world.Step())
            {
                return;
            }

            if (world.Elapsed > limit)
            {
                var open = world.Ledger.OpenRuns.Values.FirstOrDefault();
                world.Fail(
                    what, $"it did not within {Longest}: {open?.Id} is {open?.State.Phase} for {open?.State.WaitingFor}, commit {open?.Sequence}");
                return;
            }
        }
    }

    private static Reply<T> Await<T>(World world, Func<Task<Reply<T>>> ask)
    {
        Until(world, () => world.AnyNode() is not null, "a node is up");
        if (world.Violation is not null)
        {
            return default;
        }

        var answer = ask();
        var limit = world.Elapsed + Longest;
        while (!answer.IsCompleted && world.Step())
        {
            if (world.Elapsed > limit)
            {
                world.Fail("every question is answered once the faults cease", $"a question of {world.Elapsed - Longest} is not after {Longest}");
                return default;
            }
        }

        return answer.IsCompleted ? answer.GetAwaiter().GetResult() : default;
    }
}
