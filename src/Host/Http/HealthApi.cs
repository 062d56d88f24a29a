using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Actors.Nodes.Health;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Nodes;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Health, without a token: whether the program is alive, and whether the node does its work and what keeps it from it.</summary>
/// <param name="checks">What can be wrong with the node's surroundings; what can be wrong with the node it says itself.</param>
internal sealed class HealthApi(NodeSlot slot, ImmutableArray<IHealthCheck> checks)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", LiveAsync).Describe(() => new("getLiveness", Tags.Node, "Whether the program answers.")
        {
            Answers = [new(200, "It does.", MessagesJson.Default.HealthReport)],
        });
        routes.MapGet("/health/ready", ReadyAsync).Describe(() => new("getReadiness", Tags.Node, "Whether the node does its work, and what keeps it from it.")
        {
            Answers =
            [
                new(200, "It does its work; `degraded` if not all of it, and the checks say what is left out.", MessagesJson.Default.HealthReport),
                new(503, "It does not; the checks say why.", MessagesJson.Default.HealthReport),
            ],
        });
    }

    private static Task LiveAsync(HttpContext context) =>
        SendAsync(context, HealthReport.Of([new HealthCheck("process", true, "The node program answers.")]));

    private async Task ReadyAsync(HttpContext context) => await SendAsync(context, await ReportAsync(context.RequestAborted));

    private async Task<HealthReport> ReportAsync(CancellationToken cancel)
    {
        if (slot.Info is null)
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

    private static Task SendAsync(HttpContext context, HealthReport report) => context.SendJsonAsync(
        report, MessagesJson.Default.HealthReport, report.Status == HealthReport.NotReady ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
}
