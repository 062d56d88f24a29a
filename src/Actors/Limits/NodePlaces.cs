using System.Collections.Immutable;

namespace Runner.Actors.Limits;

/// <summary>A node as the limiter places programs on it.</summary>
/// <param name="Room">How many programs it may run at once now; 0 while it takes none.</param>
internal sealed record NodePlace(string Name, int Room, ImmutableSortedDictionary<string, string> Labels)
{
    /// <summary>The node's own limit: whoever runs there holds one of its slots.</summary>
    public string Limit { get; } = LimitNames.Node(Name);
}

/// <summary>
/// Which node a run is to be executed on, and in which queue it waits while there is none. On a node on its own it waits for that node's limit; in a
/// cluster for any node, or for any with the labels that it requires.
/// </summary>
/// <param name="isShared">Whether there may be others: then no queue is a single node's.</param>
internal sealed class NodePlaces(ImmutableArray<NodePlace> nodes, bool isShared)
{
    public ImmutableArray<NodePlace> Nodes => nodes;

    /// <summary>Where a run waits that fits on no node now.</summary>
    public string QueueOf(WaitingRun run) =>
        !isShared && nodes is [var alone] && Fits(run, alone) ? alone.Limit
        : LimitNames.AnyNode(run.Requires?.ToString());

    /// <summary>Why it fits on none, as a sentence; null where the name of the queue says it.</summary>
    public string? WhyNone(WaitingRun run)
    {
        if (run.Requires is { } requires && !nodes.Any(node => Fits(run, node)))
        {
            return requires.Rules.Any(rule => rule.Absent) ? $"No node is as it requires: {requires}." : $"No node has {requires}.";
        }

        return isShared || run.Requires is not null ? "Every node that it may run on is full." : null;
    }

    /// <summary>
    /// The node that gets it: its own if there is room, for that is nearest, else the one with the most room in proportion to its size; null for
    /// none.
    /// </summary>
    /// <param name="held">How many slots of a limit are held.</param>
    public NodePlace? Choose(WaitingRun run, Func<string, int> held)
    {
        NodePlace? best = null;
        var most = 0.0;
        foreach (var node in nodes)
        {
            var free = node.Room - held(node.Limit);
            if (free <= 0 || !Fits(run, node))
            {
                continue;
            }

            if (node.Name == run.Home)
            {
                return node;
            }

            var share = (double)free / node.Room;
            if (share > most)
            {
                (best, most) = (node, share);
            }
        }

        return best;
    }

    /// <summary>Whether a run may be executed on a node, which is here.</summary>
    public bool Accepts(string? node, WaitingRun run) => nodes.FirstOrDefault(place => place.Name == node) is { } place && Fits(run, place);

    private static bool Fits(WaitingRun run, NodePlace node) => run.Requires?.AcceptedBy(node.Labels) ?? true;
}
