using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Actors.Deployments;

/// <summary>A deployment in the rows that lists and the limiter read.</summary>
internal static class DeploymentRows
{
    public static ImmutableArray<RowChange> Project(DeploymentState before, DeploymentState after)
    {
        if (ReferenceEquals(before, after))
        {
            return [];
        }

        var rows = ImmutableArray.CreateBuilder<RowChange>(3);
        if (after.Limit != before.Limit)
        {
            rows.Add(LimitRow.Change(LimitNames.Deployment(after.Name), after.Limit));
        }

        if (after.Retention != before.Retention)
        {
            rows.Add(RetentionRow.Change(after.Name, after.Retention));
        }

        rows.Add(!after.Exists
            ? DeploymentRow.Delete(after.Name)
            : new DeploymentRow(
                after.Name, after.Spec!.Description, after.Spec.Version, after.Paused, after.NextRun, after.UpdatedAt, after.Spec.Tags).Put());
        return rows.DrainToImmutable();
    }
}
