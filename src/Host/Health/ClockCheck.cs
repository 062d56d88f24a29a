using Runner.Actors.Nodes.Health;
using Runner.Messages.Nodes;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Health;

/// <summary>Whether this machine's clock is that of the cluster's database.</summary>
internal sealed class ClockCheck(DatabaseClock clock) : IHealthCheck
{
    public Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        var wrong = clock.IsWrong;
        return Task.FromResult(new HealthCheck("clock", !wrong, clock.Trouble ?? "The clock of this machine is that of the cluster's database."));
    }
}
