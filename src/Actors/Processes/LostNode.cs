using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Processes;

/// <summary>
/// The times by which nobody starts a program again while it may be alive on a node that is cut off: that node ends it before the others take it for
/// ended. Both count from when the node is no member any more, which each side notices by itself.
/// </summary>
internal static class LostNode
{
    /// <summary>
    /// How much later the node that is cut off may notice it than the others: by hocon/cluster.conf 10 s, and on a machine with thirty times too
    /// much to do its actors ended 21 s after the cut (bench/CLUSTER.md), while the others part with it after 5 s at the soonest.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How old a word to start a program may be when it comes: who sends it has heard of the node, which says something every second, and sends none
    /// once they have parted. What waited before a node that stood still is older than that, and others may have the run by then. Well below
    /// <see cref="Margin"/>.
    /// </summary>
    public static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(10);

    /// <summary>For how long a node that is cut off leaves the program alone; null for ever.</summary>
    public static TimeSpan? EndsAfter(RunRecipe recipe) => recipe.OnNodeLoss is { Action: not NodeLossAction.Wait } loss ? loss.Grace : null;

    /// <summary>When the others may take it for ended; null for never.</summary>
    public static TimeSpan? IsEndedAfter(RunRecipe recipe) => EndsAfter(recipe) + recipe.StopGrace + Margin;
}
