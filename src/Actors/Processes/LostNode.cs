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
    /// How much later one side may notice it than the other: the failure detector, the resolver and a lease take 10 s at the very most
    /// (hocon/cluster.conf), and some for a machine that is slow.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    /// <summary>For how long a node that is cut off leaves the program alone; null for ever.</summary>
    public static TimeSpan? EndsAfter(RunRecipe recipe) => recipe.OnNodeLoss is { Action: not NodeLossAction.Wait } loss ? loss.Grace : null;

    /// <summary>When the others may take it for ended; null for never.</summary>
    public static TimeSpan? IsEndedAfter(RunRecipe recipe) => EndsAfter(recipe) + recipe.StopGrace + Margin;
}
