using System.Collections.Immutable;
using Runner.Actors.Retention;
using Runner.Entities.Store;
using Runner.Messages.Deployments;

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

        var rows = ImmutableArray.CreateBuilder<RowChange>(2);
        if (after.Limit != before.Limit)
        {
            var name = LimitNames.Deployment(after.Name);
            rows.Add(after.Limit is { } size ? RowChange.Put(Tables.Limits.Name, name, (long)size) : RowChange.Delete(Tables.Limits.Name, name));
        }

        if (after.Retention != before.Retention)
        {
            rows.Add(RetentionRows.Change(after.Name, after.Retention));
        }

        if (!after.Exists)
        {
            rows.Add(RowChange.Delete(Tables.Deployments.Name, after.Name));
            return rows.DrainToImmutable();
        }

        var spec = after.Spec!;
        rows.Add(RowChange.Put(
            Tables.Deployments.Name, after.Name,
            spec.Description, spec.Version, after.Paused ? 1L : 0L, after.NextRun?.ToUnixTimeMilliseconds(),
            after.UpdatedAt.ToUnixTimeMilliseconds(), spec.Tags));
        return rows.DrainToImmutable();
    }

    /// <summary>A listed deployment from its row.</summary>
    public static DeploymentSummary Summary(Row row)
    {
        var v = row.Values;
        return new(
            row.Key, (string?)v[0], (string?)v[1], (ImmutableArray<string>)v[5]!, (long)v[2]! != 0,
            v[3] is long next ? DateTimeOffset.FromUnixTimeMilliseconds(next) : null, DateTimeOffset.FromUnixTimeMilliseconds((long)v[4]!));
    }
}
