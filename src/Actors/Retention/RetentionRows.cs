using Runner.Entities.Store;
using Runner.Messages.Deployments;

namespace Runner.Actors.Retention;

/// <summary>The rules of deployments that have one of their own, as rows: whoever sweeps reads these and no other deployment.</summary>
internal static class RetentionRows
{
    /// <summary>What changes when a deployment's rule becomes another one; null if it has none.</summary>
    public static RowChange Change(string deployment, RetentionSpec? rule) => rule is null
        ? RowChange.Delete(Tables.Retention.Name, deployment)
        : RowChange.Put(Tables.Retention.Name, deployment, rule.KeepFor?.Ticks, rule.KeepRuns);

    public static RetentionRule Rule(Row row) =>
        new(row.Values[0] is long ticks ? TimeSpan.FromTicks(ticks) : null, (long?)row.Values[1]);
}
