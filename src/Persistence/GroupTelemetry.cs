using System.Diagnostics;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>Tells the measurements of a group of commits that became one transaction.</summary>
internal static class GroupTelemetry
{
    /// <param name="began">As <see cref="Stopwatch.GetTimestamp"/> said before it was written.</param>
    /// <param name="failure">Why none of it was written; null if it was.</param>
    public static void Written(this EntityTelemetry telemetry, List<PendingCommit> group, long began, StoreException? failure)
    {
        // A commit without a write is only somebody's question how the store is.
        var size = 0;
        foreach (var pending in group)
        {
            if (!pending.Commit.Writes.IsEmpty)
            {
                size++;
                telemetry.Answered(pending.Commit, failure is null ? pending.Decided : null);
            }
        }

        telemetry.Transaction(size, Stopwatch.GetElapsedTime(began), failure);
    }
}
