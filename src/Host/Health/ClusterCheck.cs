using Microsoft.Extensions.Diagnostics.HealthChecks;
using Runner.Messages.Nodes;

namespace Runner.Host.Health;

/// <summary>Whether the node is a member of its cluster, of which it may be the only one: what Akka.NET's own checks say.</summary>
internal sealed class ClusterCheck(HealthCheckService checks) : Runner.Actors.Nodes.Health.IHealthCheck
{
    public const string Name = "cluster";

    public async Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        var report = await checks.CheckHealthAsync(cancel).ConfigureAwait(false);
        if (report.Status == HealthStatus.Healthy)
        {
            return new HealthCheck(Name, true, "The node is a member of its cluster.");
        }

        var reason = string.Join(
            " ", report.Entries.Values.Where(e => e.Status != HealthStatus.Healthy).Select(e => e.Description?.TrimEnd('.') + "."));
        return new HealthCheck(
            Name, false,
            $"The node is no member of its cluster, and does no work until it is ({reason.TrimEnd('.')}). "
            + "If this lasts longer than a minute, its log says why; start it again.");
    }
}
