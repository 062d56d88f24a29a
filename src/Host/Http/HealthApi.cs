using System.Collections.Immutable;
using Runner.Actors.Nodes.Health;
using Runner.Messages.Http;
using Runner.Messages.Nodes;

namespace Runner.Host.Http;

/// <summary>Health, without a token: whether the program is alive, and whether the node does its work and what keeps it from it.</summary>
/// <param name="checks">What can be wrong with the node's surroundings; what can be wrong with the node it says itself.</param>
internal sealed class HealthApi(NodeSlot slot, ImmutableArray<IHealthCheck> checks)
{
    public void Map(ApiRoutes routes)
    {
        routes.Map(Api.GetLiveness, http => SendAsync(http, HealthReport.Of([new HealthCheck("process", true, "The node program answers.")])));
        routes.Map(Api.GetReadiness, async http => await SendAsync(http, await ReportAsync(http.Aborted)));
    }

    private async Task<HealthReport> ReportAsync(CancellationToken cancel)
    {
        if (!slot.IsFilled)
        {
            return HealthReport.Of([new HealthCheck("node", false, "The node is starting.")]);
        }

        var found = new List<HealthCheck>();
        if (slot.IsStopping)
        {
            found.Add(new HealthCheck("node", false, "The node is being stopped and takes no new work."));
        }

        // The node says of itself that it takes work until it has begun to stop.
        found.AddRange((await slot.Node.HealthAsync(cancel)).Checks.Where(c => !slot.IsStopping || c.Name != "node"));
        foreach (var check in checks.Concat(slot.Checks))
        {
            found.Add(await check.CheckAsync(cancel));
        }

        return HealthReport.Of([.. found]);
    }

    private static Task SendAsync(ApiRequest http, HealthReport report) => http.Context.SendJsonAsync(
        report, Api.GetReadiness.Answer, report.Status == HealthReport.NotReady ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
}
